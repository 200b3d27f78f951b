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
from finetune_notes.cases import agents as lesson
from finetune_notes.cases.agents import Agent, Dials, answers, dataset, faults, freeze, history_of, hurried, pairs_of, regime, typical, wordy
from finetune_notes.cases.mail import leaks_between, mails, ranges, wordings
from finetune_notes.cases.manager import Manager, agreement, chances, choose, features, gaming, judge, limits, preferences_of, probe_mail, probes, rubric, weights
from finetune_notes.cases.policies import broken, check_answer, facts_in, level1, policies, read_policy, right_answer, sheet, sibling
from finetune_notes.foundations.evals import run_assertions
from finetune_notes.foundations.settings import UserError

def mail_of(kind, order='48213', text='Please help.'): return dict(kind=kind, order=order, text=text)
def has(texts, fault): return texts.str.split().map(lambda names: fault in names)

# Policies

def test_every_fact_belongs_to_one_policy():
    owners = {}
    for p in policies().values():
        for f in p.facts: owners.setdefault(f, []).append(p.name)
    assert len(policies()) >= 24 and [o for o in owners.values() if len(o) > 1] == []
    assert len(sheet().splitlines()) == len(policies())

@pytest.mark.parametrize('text,found', [('23 days', {'23 days'}), ('a 23-day limit', {'23 days'}), ('twelve euros', {'12 euros'}), ('€12 and 12 € and 12 EUR', {'12 euros'}), ('37% off', {'37 percent'}), ('10 working days', {'10 days'}),
                                        ('FORM l5', {'form l5'}), ('box no. 31', {'box 31'}), ('Desk Oak', {'desk oak'}), ('my desk is full', set()), ('in line with it', set()), ('order 48213', set()), ('', set()), ('123 days', {'123 days'}), ('2.5 euros', {'2.5 euros'})])
def test_facts(text, found): assert facts_in(text) == found

@pytest.mark.parametrize('kind', list(policies()))
def test_the_right_answer_passes_and_every_other_policy_is_seen(kind):
    mail = mail_of(kind)
    assert broken(mail, right_answer(mail)) == []
    for other in policies():
        if other != kind: assert {'states_policy', 'states_no_other', 'gives_next_step'} <= set(broken(mail, right_answer(mail_of(other))))

@pytest.mark.parametrize('answer', ['', ' ', '48213', 'x'*5000, 'Order 48213 ' + '9'*400, 'жук 48213', '\0'])
def test_any_text_can_be_checked(answer):
    found = check_answer(mail_of('lost'), answer)
    assert list(found) == [r.name for r in level1] and found['states_policy']

def test_numbers_that_are_not_the_customers():
    mail, right = mail_of('lost'), right_answer(mail_of('lost'))
    assert broken(mail, right.replace('48213', '482130')) == ['quotes_order'] == broken(mail, right + ' See also 48214.')
    assert broken(mail_of('lost', text='I waited 30 days'), right + ' You waited 30 days.') == [] and broken(mail, right + ' You waited 30 days.') == ['states_no_other']

@pytest.mark.parametrize('line,why', [('a | b', '2 parts'), ('a | b | c | d | e | f', 'no fact in first, second, step'), ('a | b | c | 1 day | | box 2', 'parts')])
def test_a_policy_that_cannot_be(line, why):
    with pytest.raises(UserError, match=why): read_policy(line)

# Mails

@pytest.fixture(scope='module')
def sets(): return {name: dataset(name) for name in ('history', 'pairs', 'validation', 'test')}

@pytest.mark.parametrize('seed', [42, 7])
def test_nothing_held_out_is_in_training(seed):
    made = {name: mails(n, name, seed) for name,n in (('history', 2800), ('pairs', 400), ('validation', 112), ('test', 280))}
    known = pd.concat([made['history'], made['pairs']])
    for name in ('validation', 'test'): assert leaks_between(made[name], known) == dict(wordings=[], orders=[], texts=[])
    assert leaks_between(made['test'], made['validation'])['wordings'] == []
    for a,b in combinations(made.values(), 2): assert not set(a.order) & set(b.order)

def test_held_out_wordings_do_not_share_their_words():
    content = lambda text: {w for w in re.sub(r'\{\w+\}|[^\w ]', ' ', text.lower()).split() if len(w) > 3}
    for kind in policies():
        old = [content(w) for w in wordings['train'][kind]]
        for w in wordings['validation'][kind] + wordings['test'][kind]: assert max(len(content(w) & o)/max(1, len(content(w) | o)) for o in old) < .4, (kind, w)

def test_the_frozen_sets_share_nothing(sets):
    assert [len(s) for s in sets.values()] == [2800, 400, 112, 280]
    for a,b in combinations(sets.values(), 2): assert not set(a.order) & set(b.order) and not set(a.text.str.lower()) & set(b.text.str.lower())
    assert (sets['pairs'].head(200).kind.value_counts() >= 7).all() and sets['history'].kind.value_counts().unique().tolist() == [100]

def test_mails_keep_their_number_and_do_not_answer_themselves(sets):
    for s in sets.values():
        for m in s.to_dict('records'):
            assert m['order'] in m['text'] and m['text'].isprintable() and 15 < len(m['text']) < 400
            assert not facts_in(m['text']) & policies()[m['kind']].facts

@pytest.mark.parametrize('n,name,why', [(5, 'train', 'no set'), (-1, 'test', 'whole number'), (10**6, 'test', 'whole number'), (2.5, 'test', 'whole number')])
def test_mails_that_cannot_be(n, name, why):
    with pytest.raises(UserError, match=why): mails(n, name)

def test_few_mails():
    assert len(mails(0)) == 0 and list(mails(0).columns) == list(mails(1).columns)
    assert mails(30).head(7).equals(mails(7)) and not mails(7, seed=1).equals(mails(7))

# Agents

@pytest.mark.parametrize('shared', [0., .3, .6, 1.])
def test_faults_come_at_their_rates_whatever_is_shared(shared):
    made = history_of(Dials((hurried, wordy), shared, 200))
    for a in (hurried, wordy):
        own = made[made.agent == a.name]
        off = {f: abs(has(own.faults, f).mean() - getattr(a, f)) for f in faults}
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
    made = pairs_of(2800, 'pairs', Dials(team, shared))
    for f in ('half', 'stepless'):
        both = (has(made.first_faults, f) & has(made.second_faults, f)).mean()
        assert abs(both - expected_both(.3, .3, shared)) < .035, (f, both)

def test_habits_make_the_commonest_answer_wrong_and_slips_do_not():
    low, high = (regime(Dials((hurried, wordy), s)).set_index('fault').loc['wrong'] for s in (0., .9))
    assert low.kinds == 0 and high.kinds >= .1 and abs(low.rate - high.rate) < .04 and high.both > 2*low.both

def test_worlds_are_paired_answer_by_answer():
    plain, met = history_of(Dials(history=30)), history_of(Dials((hurried, wordy), .3, 30))
    assert met[['kind', 'order', 'text', 'agent']].equals(plain[['kind', 'order', 'text', 'agent']])
    assert (met.answer == plain.answer)[met.faults == ''].all() and (met.answer != plain.answer)[met.faults != ''].all()
    more = history_of(Dials((Agent('hurried', 'short', **{f: min(1, 1.5*getattr(hurried, f)) for f in faults}), wordy), .3, 30))
    assert all(set(a.split()) <= set(b.split()) for a,b in zip(met.faults, more.faults))
    assert history_of(Dials((hurried, wordy), .3, 10)).equals(met.head(280))

@pytest.mark.parametrize('fault', faults)
def test_one_fault_alone_breaks_what_it_should(fault):
    breaks = dict(wrong={'states_policy', 'states_no_other', 'gives_next_step'}, half={'states_policy'}, unquoted={'quotes_order'}, stepless={'gives_next_step'}).get(fault, set())
    made = history_of(Dials((Agent('a', **{fault: 1.}), Agent('b', 'long', **{fault: 1.})), history=10))
    rate = run_assertions(made.answer, level1, made.to_dict('records')).rate
    assert set(rate.index[rate < 1]) == breaks and (rate[list(breaks)] == 0).all() and (made.faults == fault).all()

def test_a_habit_is_the_sibling_and_a_slip_may_be_any():
    def stated(shared):
        made = history_of(Dials((Agent('a', wrong=1.), Agent('b', 'long', wrong=1.)), shared, 20))
        return np.mean([policies()[sibling(k)].rule_facts <= facts_in(a) for k,a in zip(made.kind, made.answer)])
    assert stated(1.) == 1 and stated(0.) < .5

@pytest.mark.parametrize('bad,why', [(lambda: Dials(shared=-.1), 'shared'), (lambda: Dials(shared='all'), 'shared'), (lambda: Dials(shared=float('nan')), 'shared'), (lambda: Dials(history=2.5), 'history'), (lambda: Dials(history=1000), 'history'),
                                     (lambda: Dials((hurried,)), 'agents'), (lambda: Dials((hurried, 'wordy')), 'agents'), (lambda: Dials((Agent('x', typos=2), wordy)), 'typos of x'), (lambda: pairs_of(5, 'history'), 'no pairs of')])
def test_a_dial_that_cannot_be(bad, why):
    with pytest.raises(UserError, match=why): bad()

def test_the_frozen_files_are_made_again(tmp_path, monkeypatch):
    assert freeze(tmp_path/'service') == lesson._SHA256
    monkeypatch.setenv('FINETUNE_NOTES_DATA', str(tmp_path))
    made = dataset('validation')
    (tmp_path/'service'/'validation.csv').unlink()
    assert dataset('validation').equals(made)
    with open(tmp_path/'service'/'test.csv', 'a') as f: f.write('lost,99999,one more,a,b,hurried,,wordy,\n')
    with pytest.raises(UserError, match='test.csv has sha256'): dataset('test')

def test_another_process_makes_the_same_world():
    code = 'from finetune_notes.cases.agents import pairs_of; from finetune_notes.cases.manager import judge; print(judge(pairs_of(20)).to_json())'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(judge(pairs_of(20)).to_json())

# The manager

@pytest.mark.parametrize('scale,margin', [(.5, .25), (2., 0.), (3., 1.)])
def test_choices_come_with_bradley_and_terrys_probabilities(scale, margin, sets):
    rows = sets['pairs'].to_dict('records')
    p = np.array([chances(Manager(scale, margin), m, m['first'], m['second']) for m in rows])
    said = np.array([[choose(Manager(scale, margin, sitting=s), m, m['first'], m['second']) == w for w in ('first', 'second', 'tie')] for s in range(5) for m in rows])
    error = 4*np.sqrt((p*(1 - p)).sum(0)/5)/len(rows)
    assert np.allclose(p.sum(1), 1) and (np.abs(said.mean(0) - p.mean(0)) < error + 1e-9).all()
    if margin == 0: assert np.allclose(np.log(p[:, 0]/p[:, 1])*scale, [rubric(m, m['first']) - rubric(m, m['second']) for m in rows], atol=1e-6)

def test_swapping_changes_nothing(sets):
    turned = sets['pairs'].rename(columns=dict(first='second', second='first'))
    for manager in (Manager(), Manager(3, 1), Manager(0, 0)):
        assert judge(turned, manager).choice.map(dict(first='second', second='first', tie='tie')).tolist() == judge(sets['pairs'], manager).choice.tolist()

def test_noise_is_of_the_pair_the_seed_and_the_sitting():
    mail, a, b = mail_of('lost'), 'one', 'two'
    drawn = [Manager(seed=s, sitting=i).noise(mail, a, b) for s in range(40) for i in range(50)]
    assert len(set(drawn)) == 2000 and abs(np.mean(drawn)) < .16 and abs(np.std(drawn) - np.pi/3**.5) < .12
    assert Manager().noise(mail, a, b) == -Manager().noise(mail, b, a) != Manager().noise(mail_of('late'), a, b)
    assert choose(Manager(), mail, a, a) == 'tie' and Manager().noise(mail, a, a) == 0

def test_she_agrees_with_herself_as_computed(sets):
    everything = pd.concat([sets[n] for n in ('pairs', 'validation', 'test')])
    for scale in (.5, 2.):
        found = agreement(everything, Manager(scale))
        assert abs(found['expected'] - found['found']) < .06 and found['decided'] < found['ceiling']
    assert agreement(everything, Manager(0, 0))['found'] == 1

def test_records_to_train_on(sets):
    judged = judge(sets['pairs'].head(200))
    records = preferences_of(judged)
    assert len(records) == (judged.choice != 'tie').sum() > 150
    rows = judged[judged.choice != 'tie'].to_dict('records')
    assert all(r['chosen'] == m[m['choice']] and {r['chosen'], r['rejected']} == {m['first'], m['second']} and r['prompt'] == m['text'] for r,m in zip(records, rows))

@pytest.mark.parametrize('fault', faults)
def test_every_fault_costs_points(fault):
    clean = pairs_of(56, 'test', Dials())
    poor = pairs_of(56, 'test', Dials((Agent('hurried', **{fault: 1.}), Agent('wordy', 'long', **{fault: 1.}))))
    gaps = [rubric(m, m['first']) - rubric(n, n['first']) for m,n in zip(clean.to_dict('records'), poor.to_dict('records'))]
    assert min(gaps) > -.2 and np.mean(gaps) > .4 # articles that are left out make a long answer shorter

def test_no_answer_is_worth_more_than_a_clean_one():
    best = weights['rule'] + weights['order'] + weights['step']
    for kind in policies(): assert rubric(mail_of(kind), right_answer(mail_of(kind))) == pytest.approx(best)
    assert all(v <= 0 for k,v in weights.items() if k not in ('rule', 'order', 'step')) and max(gaming()['rubric']) <= best
    assert {k: v for k,v in features(mail_of('lost'), 'word '*500).items() if k in limits}['words'] == limits['words']

def test_the_clean_words_are_not_taken_for_typos():
    made = pairs_of(280, 'test', Dials())
    assert [m['order'] for m in made.to_dict('records') if features(m, m['first'])['typos'] + features(m, m['second'])['typos']] == []
    seen = pairs_of(280, 'test', Dials((Agent('a', typos=1.), Agent('b', 'long', typos=1.))))
    assert np.mean([features(m, m['first'])['typos'] > 0 for m in seen.to_dict('records')]) > .6

def test_what_games_the_rubric_is_known():
    table = gaming()
    assert len(table) == len(probes) and table.gamed.sum() == 8 and not table.loc['the clean answer', 'gamed']
    assert probe_mail['order'] in probe_mail['text']

@pytest.mark.parametrize('bad', [dict(scale=-1), dict(margin=float('nan')), dict(scale='low'), dict(scale=float('inf'))])
def test_a_manager_who_cannot_be(bad):
    with pytest.raises(UserError, match=next(iter(bad))): Manager(**bad)
