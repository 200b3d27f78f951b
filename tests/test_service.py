"The customer-service world: rules, mails that do not leak, faults at their rates, a manager whose choices are Bradley-Terry"
import json
import re
import subprocess
import sys
from itertools import combinations
from statistics import NormalDist
import numpy as np
import pandas as pd
import pytest
from finetune_notes.cases.support import agents as lesson
from finetune_notes.cases.support.agents import Agent, AgentSettings, support_dataset, agent_fault_names, freeze_support_dataset, generate_sft_examples, hurried_agent, generate_answer_pairs, fault_table, wordy_agent
from finetune_notes.cases.support.emails import email_leaks, generate_emails, email_paraphrases
from finetune_notes.cases.support.manager import Manager, retest_agreement, choice_probabilities, choose_answer, rubric_features, rubric_gaming, label_preferences, rubric_limits, preference_records, probe_email, rubric_probes, rubric_score, rubric_weights
from finetune_notes.cases.support.policies import broken_assertions, check_answer, facts_in, level1_assertions, all_policies, read_policy, right_answer, policy_sheet, sibling_policy
from finetune_notes.evaluation.scoreboard import run_assertions
from finetune_notes.core.settings import UserError

def mail_of(kind, order='48213', text='Please help.'): return dict(kind=kind, order=order, text=text)
def has(texts, fault): return texts.str.split().map(lambda names: fault in names)

# Policies

def test_every_fact_belongs_to_one_policy():
    owners = {}
    for p in all_policies().values():
        for f in p.facts: owners.setdefault(f, []).append(p.name)
    assert len(all_policies()) >= 24 and [o for o in owners.values() if len(o) > 1] == []
    assert len(policy_sheet().splitlines()) == len(all_policies())

@pytest.mark.parametrize('text,found', [('23 days', {'23 days'}), ('a 23-day limit', {'23 days'}), ('twelve euros', {'12 euros'}), ('€12 and 12 € and 12 EUR', {'12 euros'}), ('37% off', {'37 percent'}), ('10 working days', {'10 days'}),
                                        ('FORM l5', {'form l5'}), ('box no. 31', {'box 31'}), ('Desk Oak', {'desk oak'}), ('my desk is full', set()), ('in line with it', set()), ('order 48213', set()), ('', set()), ('123 days', {'123 days'}), ('2.5 euros', {'2.5 euros'})])
def test_facts(text, found): assert facts_in(text) == found

@pytest.mark.parametrize('kind', list(all_policies()))
def test_the_right_answer_passes_and_every_other_policy_is_seen(kind):
    mail = mail_of(kind)
    assert broken_assertions(mail, right_answer(mail)) == []
    for other in all_policies():
        if other != kind: assert {'states_policy', 'states_no_other', 'gives_next_step'} <= set(broken_assertions(mail, right_answer(mail_of(other))))

@pytest.mark.parametrize('answer', ['', ' ', '48213', 'x'*5000, 'Order 48213 ' + '9'*400, 'жук 48213', '\0'])
def test_any_text_can_be_checked(answer):
    found = check_answer(mail_of('lost'), answer)
    assert list(found) == [r.name for r in level1_assertions] and found['states_policy']

def test_numbers_that_are_not_the_customers():
    mail, right = mail_of('lost'), right_answer(mail_of('lost'))
    assert broken_assertions(mail, right.replace('48213', '482130')) == ['quotes_order'] == broken_assertions(mail, right + ' See also 48214.')
    assert broken_assertions(mail_of('lost', text='I waited 30 days'), right + ' You waited 30 days.') == [] and broken_assertions(mail, right + ' You waited 30 days.') == ['states_no_other']

@pytest.mark.parametrize('parts,why', [(['b'], 'has noun; expected noun, about'), (['b', 'c', 'd', 'e', 'f'], 'no fact in first, second, step'), (['b', 'c', '1 day', '', 'box 2'], 'has noun, about, first, step; expected')])
def test_a_policy_that_cannot_be(parts, why):
    with pytest.raises(UserError, match=why): read_policy('a', dict(zip(('noun', 'about', 'first', 'second', 'step'), parts)))

# Mails

@pytest.fixture(scope='module')
def sets(): return {name: support_dataset(name) for name in ('history', 'pairs', 'validation', 'test')}

@pytest.mark.parametrize('seed', [42, 7])
def test_nothing_held_out_is_in_training(seed):
    made = {name: generate_emails(n, name, seed) for name,n in (('history', 2800), ('pairs', 400), ('validation', 112), ('test', 280))}
    known = pd.concat([made['history'], made['pairs']])
    for name in ('validation', 'test'): assert email_leaks(made[name], known) == dict(wordings=[], orders=[], texts=[])
    assert email_leaks(made['test'], made['validation'])['wordings'] == []
    for a,b in combinations(made.values(), 2): assert not set(a.order) & set(b.order)

def test_held_out_wordings_do_not_share_their_words():
    content = lambda text: {w for w in re.sub(r'\{\w+\}|[^\w ]', ' ', text.lower()).split() if len(w) > 3}
    for kind in all_policies():
        old = [content(w) for w in email_paraphrases['train'][kind]]
        for w in email_paraphrases['validation'][kind] + email_paraphrases['test'][kind]: assert max(len(content(w) & o)/max(1, len(content(w) | o)) for o in old) < .4, (kind, w)

def test_the_frozen_sets_share_nothing(sets):
    assert [len(s) for s in sets.values()] == [2800, 400, 112, 280]
    for a,b in combinations(sets.values(), 2): assert not set(a.order) & set(b.order) and not set(a.text.str.lower()) & set(b.text.str.lower())
    assert (sets['pairs'].head(200).kind.value_counts() >= 7).all() and sets['history'].kind.value_counts().unique().tolist() == [100]

def test_mails_keep_their_number_and_do_not_answer_themselves(sets):
    for s in sets.values():
        for m in s.to_dict('records'):
            assert m['order'] in m['text'] and m['text'].isprintable() and 15 < len(m['text']) < 400
            assert not facts_in(m['text']) & all_policies()[m['kind']].facts

@pytest.mark.parametrize('n,name,why', [(5, 'train', 'no set'), (-1, 'test', 'whole number'), (10**6, 'test', 'whole number'), (2.5, 'test', 'whole number')])
def test_mails_that_cannot_be(n, name, why):
    with pytest.raises(UserError, match=why): generate_emails(n, name)

def test_few_mails():
    assert len(generate_emails(0)) == 0 and list(generate_emails(0).columns) == list(generate_emails(1).columns)
    assert generate_emails(30).head(7).equals(generate_emails(7)) and not generate_emails(7, seed=1).equals(generate_emails(7))

# Agents

@pytest.mark.parametrize('shared', [0., .3, .6, 1.])
def test_faults_come_at_their_rates_whatever_is_shared(shared):
    made = generate_sft_examples(AgentSettings((hurried_agent, wordy_agent), shared, 200))
    for a in (hurried_agent, wordy_agent):
        own = made[made.agent == a.name]
        off = {f: abs(has(own.faults, f).mean() - getattr(a, f)) for f in agent_fault_names}
        assert max(off.values()) < .025 + .03*shared, off

def expected_both(rate_a, rate_b, shared):
    "Probability that both of two answers to one kind have a fault, in the one-factor model"
    z = NormalDist()
    x = np.array([z.inv_cdf((i + .5)/2000) for i in range(2000)])
    p = lambda r: np.array([z.cdf((shared**.5*v - z.inv_cdf(1 - r))/(1 - shared)**.5) for v in x])
    return float((p(rate_a)*p(rate_b)).mean())

@pytest.mark.parametrize('shared', [0., .3, .8])
def test_shared_faults_meet_in_a_pair_as_often_as_the_model_says(shared):
    team = Agent('a', half=.3, stepless=.3), Agent('b', 'long', half=.3, stepless=.3)
    made = generate_answer_pairs(2800, 'pairs', AgentSettings(team, shared))
    for f in ('half', 'stepless'):
        both = (has(made.first_faults, f) & has(made.second_faults, f)).mean()
        assert abs(both - expected_both(.3, .3, shared)) < .035, (f, both)

def test_habits_make_the_commonest_answer_wrong_and_slips_do_not():
    low, high = (fault_table(AgentSettings((hurried_agent, wordy_agent), s)).set_index('fault').loc['wrong'] for s in (0., .9))
    assert low.kinds == 0 and high.kinds >= .1 and abs(low.rate - high.rate) < .04 and high.both > 2*low.both

def test_worlds_are_paired_answer_by_answer():
    plain, met = generate_sft_examples(AgentSettings(history=30)), generate_sft_examples(AgentSettings((hurried_agent, wordy_agent), .3, 30))
    assert met[['kind', 'order', 'text', 'agent']].equals(plain[['kind', 'order', 'text', 'agent']])
    assert (met.answer == plain.answer)[met.faults == ''].all() and (met.answer != plain.answer)[met.faults != ''].all()
    more = generate_sft_examples(AgentSettings((Agent('hurried', 'short', **{f: min(1, 1.5*getattr(hurried_agent, f)) for f in agent_fault_names}), wordy_agent), .3, 30))
    assert all(set(a.split()) <= set(b.split()) for a,b in zip(met.faults, more.faults))
    assert generate_sft_examples(AgentSettings((hurried_agent, wordy_agent), .3, 10)).equals(met.head(280))

@pytest.mark.parametrize('fault', agent_fault_names)
def test_one_fault_alone_breaks_what_it_should(fault):
    breaks = dict(wrong={'states_policy', 'states_no_other', 'gives_next_step'}, half={'states_policy'}, unquoted={'quotes_order'}, stepless={'gives_next_step'}).get(fault, set())
    made = generate_sft_examples(AgentSettings((Agent('a', **{fault: 1.}), Agent('b', 'long', **{fault: 1.})), history=10))
    rate = run_assertions(made.answer, level1_assertions, made.to_dict('records')).rate
    assert set(rate.index[rate < 1]) == breaks and (rate[list(breaks)] == 0).all() and (made.faults == fault).all()

def test_a_habit_is_the_sibling_and_a_slip_may_be_any():
    def stated(shared):
        made = generate_sft_examples(AgentSettings((Agent('a', wrong=1.), Agent('b', 'long', wrong=1.)), shared, 20))
        return np.mean([all_policies()[sibling_policy(k)].rule_facts <= facts_in(a) for k,a in zip(made.kind, made.answer)])
    assert stated(1.) == 1 and stated(0.) < .5

@pytest.mark.parametrize('bad,why', [(lambda: AgentSettings(shared=-.1), 'shared'), (lambda: AgentSettings(shared='all'), 'shared'), (lambda: AgentSettings(shared=float('nan')), 'shared'), (lambda: AgentSettings(history=2.5), 'history'), (lambda: AgentSettings(history=1000), 'history'),
                                     (lambda: AgentSettings((hurried_agent,)), 'agents'), (lambda: AgentSettings((hurried_agent, 'wordy')), 'agents'), (lambda: AgentSettings((Agent('x', typos=2), wordy_agent)), 'typos of x'), (lambda: generate_answer_pairs(5, 'history'), 'no pairs of')])
def test_a_dial_that_cannot_be(bad, why):
    with pytest.raises(UserError, match=why): bad()

def test_the_frozen_files_are_made_again(tmp_path, monkeypatch):
    assert freeze_support_dataset(tmp_path/'service') == lesson._SHA256
    monkeypatch.setenv('FINETUNE_NOTES_DATA', str(tmp_path))
    made = support_dataset('validation')
    (tmp_path/'service'/'validation.csv').unlink()
    assert support_dataset('validation').equals(made)
    with open(tmp_path/'service'/'test.csv', 'a') as f: f.write('lost,99999,one more,a,b,hurried,,wordy,\n')
    with pytest.raises(UserError, match='test.csv has sha256'): support_dataset('test')

def test_another_process_makes_the_same_world():
    code = 'from finetune_notes.cases.support.agents import generate_answer_pairs; from finetune_notes.cases.support.manager import label_preferences; print(label_preferences(generate_answer_pairs(20)).to_json())'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(label_preferences(generate_answer_pairs(20)).to_json())

# The manager

@pytest.mark.parametrize('scale,margin', [(.5, .25), (2., 0.), (3., 1.)])
def test_choices_come_with_bradley_and_terrys_probabilities(scale, margin, sets):
    rows = sets['pairs'].to_dict('records')
    p = np.array([choice_probabilities(Manager(scale, margin), m, m['first'], m['second']) for m in rows])
    said = np.array([[choose_answer(Manager(scale, margin, sitting=s), m, m['first'], m['second']) == w for w in ('first', 'second', 'tie')] for s in range(5) for m in rows])
    error = 4*np.sqrt((p*(1 - p)).sum(0)/5)/len(rows)
    assert np.allclose(p.sum(1), 1) and (np.abs(said.mean(0) - p.mean(0)) < error + 1e-9).all()
    if margin == 0: assert np.allclose(np.log(p[:, 0]/p[:, 1])*scale, [rubric_score(m, m['first']) - rubric_score(m, m['second']) for m in rows], atol=1e-6)

def test_swapping_changes_nothing(sets):
    turned = sets['pairs'].rename(columns=dict(first='second', second='first'))
    for manager in (Manager(), Manager(3, 1), Manager(0, 0)):
        assert label_preferences(turned, manager).choice.map(dict(first='second', second='first', tie='tie')).tolist() == label_preferences(sets['pairs'], manager).choice.tolist()

def test_noise_is_of_the_pair_the_seed_and_the_sitting():
    mail, a, b = mail_of('lost'), 'one', 'two'
    drawn = [Manager(seed=s, sitting=i).noise(mail, a, b) for s in range(40) for i in range(50)]
    assert len(set(drawn)) == 2000 and abs(np.mean(drawn)) < .16 and abs(np.std(drawn) - np.pi/3**.5) < .12
    assert Manager().noise(mail, a, b) == -Manager().noise(mail, b, a) != Manager().noise(mail_of('late'), a, b)
    assert choose_answer(Manager(), mail, a, a) == 'tie' and Manager().noise(mail, a, a) == 0

def test_she_agrees_with_herself_as_computed(sets):
    everything = pd.concat([sets[n] for n in ('pairs', 'validation', 'test')])
    for scale in (.5, 2.):
        found = retest_agreement(everything, Manager(scale))
        assert abs(found['expected'] - found['found']) < .06 and found['decided'] < found['ceiling']
    assert retest_agreement(everything, Manager(0, 0))['found'] == 1

def test_records_to_train_on(sets):
    judged = label_preferences(sets['pairs'].head(200))
    records = preference_records(judged)
    assert len(records) == (judged.choice != 'tie').sum() > 150
    rows = judged[judged.choice != 'tie'].to_dict('records')
    assert all(r['chosen'] == m[m['choice']] and {r['chosen'], r['rejected']} == {m['first'], m['second']} and r['prompt'] == m['text'] for r,m in zip(records, rows))

@pytest.mark.parametrize('fault', agent_fault_names)
def test_every_fault_costs_points(fault):
    clean = generate_answer_pairs(56, 'test', AgentSettings())
    poor = generate_answer_pairs(56, 'test', AgentSettings((Agent('hurried', **{fault: 1.}), Agent('wordy', 'long', **{fault: 1.}))))
    gaps = [rubric_score(m, m['first']) - rubric_score(n, n['first']) for m,n in zip(clean.to_dict('records'), poor.to_dict('records'))]
    assert min(gaps) > -.2 and np.mean(gaps) > .4 # articles that are left out make a long answer shorter

def test_no_answer_is_worth_more_than_a_clean_one():
    best = rubric_weights['rule'] + rubric_weights['order'] + rubric_weights['step']
    for kind in all_policies(): assert rubric_score(mail_of(kind), right_answer(mail_of(kind))) == pytest.approx(best)
    assert all(v <= 0 for k,v in rubric_weights.items() if k not in ('rule', 'order', 'step')) and max(rubric_gaming()['rubric']) <= best
    assert {k: v for k,v in rubric_features(mail_of('lost'), 'word '*500).items() if k in rubric_limits}['words'] == rubric_limits['words']

def test_the_clean_words_are_not_taken_for_typos():
    made = generate_answer_pairs(280, 'test', AgentSettings())
    assert [m['order'] for m in made.to_dict('records') if rubric_features(m, m['first'])['typos'] + rubric_features(m, m['second'])['typos']] == []
    seen = generate_answer_pairs(280, 'test', AgentSettings((Agent('a', typos=1.), Agent('b', 'long', typos=1.))))
    assert np.mean([rubric_features(m, m['first'])['typos'] > 0 for m in seen.to_dict('records')]) > .6

def test_what_games_the_rubric_is_known():
    table = rubric_gaming()
    assert len(table) == len(rubric_probes) and table.gamed.sum() == 8 and not table.loc['the clean answer', 'gamed']
    assert probe_email['order'] in probe_email['text']

@pytest.mark.parametrize('bad', [dict(scale=-1), dict(margin=float('nan')), dict(scale='low'), dict(scale=float('inf'))])
def test_a_manager_who_cannot_be(bad):
    with pytest.raises(UserError, match=next(iter(bad))): Manager(**bad)
