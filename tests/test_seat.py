"The case of customer service and the manager's seat: what comparisons, rewards, reports and choices must keep"
from dataclasses import replace
import pandas as pd
import pytest
from finetune_notes.cases.support import houses, pair_counts as pairs, seat, service
from finetune_notes.cases.support.agents import generate_answer_pairs, typical_agents
from finetune_notes.cases.support.manager import Manager, label_preferences
from finetune_notes.cases.support.policies import right_answer
from finetune_notes.training.preferences import log_ratio_margins
from finetune_notes.cases.support.service import compare
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError

@pytest.fixture(scope='module')
def mails(): return generate_answer_pairs(84, 'test')

@pytest.fixture(scope='module')
def clean(mails): return [right_answer(m) for m in mails.to_dict('records')]

@pytest.fixture(scope='module')
def choices():
    return service.choices_to_pairs(label_preferences(generate_answer_pairs(12), Manager()))

@pytest.fixture(scope='module')
def run(choices, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path_factory.mktemp('seat')))
        yield service.train_service_dpo(choices, load_checkpoint('tiny'), replace(service.service_dpo_recipe, learning_rate=5e-3))

def test_a_comparison_is_the_other_way_round_when_its_sides_are(mails):
    one, other = compare(mails, mails['first'], mails['second']), compare(mails, mails['second'], mails['first'])
    assert (one.won, one.lost, one.tied) == (other.lost, other.won, other.tied) and one.p == other.p
    assert one.won + one.lost + one.tied == len(mails)
    assert one.share.estimate == pytest.approx(1 - other.share.estimate) and one.share.lo < one.share.estimate < one.share.hi
    assert one.share.estimate == pytest.approx((one.won + one.tied/2)/len(mails))

def test_equal_answers_are_ties_and_the_clean_answer_wins(mails, clean):
    same, better = compare(mails, clean, clean), compare(mails, clean, mails['first'])
    assert (same.tied, same.share.estimate, same.p) == (len(mails), .5, 1.)
    assert better.share.lo > .5 and better.p < .01 and better.decided.estimate == better.won/(better.won + better.lost)

def test_mails_of_one_wording_count_as_one(mails):
    once, thrice = mails.drop_duplicates('wording'), pd.concat([mails.drop_duplicates('wording')]*3, ignore_index=True)
    one, three = compare(once, once['first'], once['second']), compare(thrice, thrice['first'], thrice['second'])
    assert (three.share.n, three.p) == (one.share.n, one.p)
    assert three.share.hi - three.share.lo == pytest.approx(one.share.hi - one.share.lo, rel=.1)
    apart = compare(thrice.drop(columns='wording'), thrice['first'], thrice['second'])
    assert apart.share.n == len(thrice) and apart.share.hi - apart.share.lo < .75*(one.share.hi - one.share.lo)

def test_rewards_are_what_training_moved(run, choices, mails):
    frame, answers = pd.DataFrame(dict(text=[p.prompt for p in choices])), [(p.chosen, p.rejected) for p in choices]
    found, weighed = service.implicit_rewards(frame, answers, run), log_ratio_margins(choices, service.service_template, run)
    beta = run.facts['recipe']['beta']
    assert found[:, 0] == pytest.approx(beta*(weighed.chosen - weighed.chosen_start), abs=1e-3)
    assert found[:, 1] == pytest.approx(beta*(weighed.rejected - weighed.rejected_start), abs=1e-3)
    assert abs(found).max() > .01

def test_best_of_n_takes_the_highest_reward(run, mails, monkeypatch):
    few, writer = mails.head(3), type('Writer', (), dict(base=load_checkpoint('tiny'), model=load_checkpoint('tiny').model))
    drawn = service.sample_replies(few, writer, 4, seed=1)
    assert drawn.shape == (3, 4) and len(set(drawn.ravel())) > 1
    assert (drawn == service.sample_replies(few, writer, 4, seed=1)).all() and (drawn != service.sample_replies(few, writer, 4, seed=2)).any()
    answers = mails.head(12)['first'].to_numpy().reshape(3, 4)
    found = service.implicit_rewards(few, answers, run)
    assert list(service.best_of_k(few, answers, run)) == [row[max(range(4), key=lambda k: r[k])] for row,r in zip(answers, found)]
    monkeypatch.setattr(service, 'implicit_rewards', lambda *args: -found)
    assert list(service.best_of_k(few, answers, run)) == [row[min(range(4), key=lambda k: r[k])] for row,r in zip(answers, found)]

def test_what_cannot_be_learned_from_is_left_out(mails):
    judged = mails.head(3).assign(choice=['first', 'tie', 'second'])
    assert [(p.chosen, p.rejected) for p in service.choices_to_pairs(judged)] == [(judged['first'].iloc[0], judged['second'].iloc[0]), (judged['second'].iloc[2], judged['first'].iloc[2])]
    assert len(service.choices_to_pairs(judged.assign(first=['', 'a', 'b']))) == 1

def test_the_screen_gets_what_can_be_told_apart(mails, clean):
    half = [m if i % 2 else c for i,(m,c) in enumerate(zip(mails['first'], clean))]
    rows = seat.blind_pairs(mails, dict(a=clean, b=half), n=1000)
    assert all(r['first'] != r['second'] for r in rows) and len(rows) == sum(c != h for c,h in zip(clean, half))
    assert {(r['first_by'], r['second_by']) for r in rows} == {('a', 'b')} and {r['order'] for r in rows} <= set(mails.order)
    assert rows == seat.blind_pairs(mails, dict(a=clean, b=half), n=1000) != seat.blind_pairs(mails, dict(a=clean, b=half), n=1000, seed=1)
    assert len(seat.blind_pairs(mails, dict(a=clean, b=half), n=5)) == 5

def test_votes_become_a_report_and_choices(mails, clean, tmp_path):
    rows = seat.blind_pairs(mails, dict(clean=clean, agents=mails['first']), n=20)
    screen = seat.annotate_blind(rows, tmp_path/'seat.jsonl', 'ann')
    for i,value in enumerate(['first']*6 + ['second']*2 + ['tie']*2): screen.store.vote(i + 1, 'ann', value)
    screen.store.vote(1, 'ben', 'second')
    report, choices = seat.seat_report(screen.store, 'ann'), seat.votes_to_pairs(screen.store, 'ann')
    assert (report['votes'], report['ties'], report['won'].n, report['won'].estimate) == (10, 2, 8, .75)
    assert len(choices) == 8 and {p.annotator for p in choices} == {'ann'} and all(p.time for p in choices)
    assert [(p.prompt, p.chosen, p.rejected) for p in choices[:6]] == [(r['prompt'], r['first'], r['second']) for r in rows[:6]]
    assert [(p.chosen, p.rejected) for p in choices[6:]] == [(r['second'], r['first']) for r in rows[6:8]]
    again = seat.annotate_blind([], tmp_path/'seat.jsonl', 'ann')
    assert again.view['progress'] == '10 of 20 saved'

def test_an_empty_answer_is_judged_like_any_other(mails, clean, tmp_path):
    rows = seat.blind_pairs(mails[:3], dict(silent=['']*3, clean=clean[:3]))
    assert [r['first'] for r in rows] == ['(no answer)']*3
    assert seat.annotate_blind(rows, tmp_path/'seat.jsonl', 'ann').store.next('ann').content['first'] == '(no answer)'

def test_who_follows_the_rubric_agrees_with_it(mails, clean, tmp_path):
    store = seat.annotate_blind(seat.blind_pairs(mails, dict(clean=clean, agents=mails['first']), n=30), tmp_path/'seat.jsonl', 'ann').store
    for who,value in (('rubric', 'first'), ('other', 'second')):
        while item := store.next(who): store.vote(item.id, who, value)
    follows, opposes = seat.seat_report(store, 'rubric')['agree'], seat.seat_report(store, 'other')['agree']
    assert follows.estimate > .95 and opposes.estimate == pytest.approx(1 - follows.estimate)

def test_own_choices_turned_round_rank_the_other_way(choices, monkeypatch, tmp_path):
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path))
    with pytest.raises(UserError, match='finetune-notes train service'): seat.latest_pair_run()
    made = seat.train_pairs(choices, replace(service.service_dpo_recipe, learning_rate=5e-3, epochs=2))
    run, turned = seat.latest_pair_run(), [replace(p, chosen=p.rejected, rejected=p.chosen) for p in choices]
    assert run.folder == made.folder
    found, other = seat.evaluate_pairs(choices, run), seat.evaluate_pairs(turned, run)
    assert found['n'] == len(choices) and found['right'] == pytest.approx(1 - other['right']) and found['right'] > .5
    assert found['shorter'] == pytest.approx(1 - other['shorter']) and found['chosen'] == pytest.approx(other['rejected'], abs=1e-3)

def test_contrast_tells_chosen_from_rejected(mails, clean):
    few, filler = mails[:3], 'We value every reader.'
    judged = few.assign(first=clean[:3], second=[filler]*3, choice=['first', 'second', 'tie'])
    found = service.chosen_rejected_features(judged)
    assert found.loc['chosen', 'rule'] == found.loc['rejected', 'rule'] == found.loc['chosen', 'stock'] == .5
    found = service.chosen_rejected_features(judged.assign(choice=['first', 'first', 'tie']))
    assert (found.loc['chosen', ['rule', 'stock']].tolist(), found.loc['rejected', ['rule', 'stock']].tolist()) == ([1, 0], [0, 1])

def test_a_point_of_the_curve_says_what_it_was_compared_with(run, choices, mails, clean, monkeypatch):
    monkeypatch.setattr(pairs, 'greedy_replies', lambda *args: clean)
    found = pairs.learning_curve_point('some', run, choices, mails, clean, ['']*len(mails), Manager())
    weighed = log_ratio_margins(choices, service.service_template, run)
    assert (found['against SFT'].estimate, found['right rule'], found['stock phrases']) == (.5, 1, 0)
    assert found['against agents'].estimate > .9
    assert found['ranked'].estimate == (weighed.margin > 0).mean() and found['ranked'].n == len(choices)
    assert found['words'] == sum(len(a.split()) for a in clean)/len(clean)

def test_a_world_names_its_systems(monkeypatch):
    answer = lambda mails: pd.Series([right_answer(m) for m in mails.to_dict('records')], mails.index)
    said = dict(SFT=lambda mails: mails['first'], DPO=answer, prompted=lambda mails: mails['first'].map(lambda a: ''))
    trained = []
    monkeypatch.setattr(houses, 'train_service_sft', lambda history, recipe: trained.append((len(history), recipe.seed)))
    monkeypatch.setattr(houses, 'train_service_dpo', lambda choices, run, recipe: trained.append((len(choices), recipe.seed)))
    monkeypatch.setattr(houses, 'greedy_replies', lambda name, mails, run=None: said[name](mails))
    monkeypatch.setattr(houses, 'sample_replies', lambda mails, run, k, seed: answer(mails).to_numpy().reshape(-1, 1))
    found = houses.evaluate_house(replace(typical_agents, history=2), 56, pairs=10, seed=7)
    assert trained[0] == (56, 7) and trained[1][1] == 7 and 5 <= trained[1][0] <= 10
    assert found.mails.to_dict() == {'prompted': 28, 'SFT, sampled': 56, 'SFT, greedy': 56, 'DPO, sampled': 56, 'DPO, greedy': 56}
    assert found.share['SFT, greedy'].estimate == .5 and found.share['prompted'].estimate < .2 < .8 < found.share['DPO, greedy'].estimate
    assert found.right['DPO, greedy'] == found.right['SFT, sampled'] == 1 and found.right['SFT, greedy'] == found.agents['DPO, greedy'] < 1
