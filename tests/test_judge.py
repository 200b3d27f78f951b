"What the lesson on judges does not show: generators and judges that misbehave, and every way two verdicts can meet"
import json
import os
import re
from itertools import product
from pathlib import Path
import numpy as np
import pytest
from own_case import own_case
from hypothesis import given, settings, strategies as st
from finetune_notes.evaluation.scoreboard import assertion
from finetune_notes.evaluation.judge import JudgeVerdict, combined_rate, corrected_rate, expected_rate, judge_agreement, judge_texts, audit_labels, both_orders, judge_pairs, generate_or_withhold, generate_with_repair, generate_with_retry, agreement_by_round
from finetune_notes.core.settings import UserError
from finetune_notes.evaluation.statistics import bradley_terry, proportion_estimate

question = '{prompt}|{first}|{second}'
nonsense = ['', ' ', 'good or bad', 'Good question!', 'not bad', 'goodbad', 'gооd', '{"label": "good"}', 'x'*100_000, '\x00', 'None', '\x1b[31mgood\x1b[0m', 7, b'good', ['good']]


# Rules at inference

def rule(answer, example): return answer == example or f'{answer} is not {example}'

def counting(answers):
    "A generator that gives `answers` in turn, and the prompts it saw"
    seen, answers = [], iter(answers)
    def generate(prompt):
        seen.append(prompt)
        answer = next(answers)
        if isinstance(answer, Exception): raise answer
        return answer
    return generate, seen


def test_the_first_answer_that_keeps_the_rules_is_returned():
    generate, seen = counting([3, ValueError('odd'), 5, 5])
    kept = generate_with_retry(generate, 'p', [rule], example=5, calls=4)
    assert (kept.answer, kept.calls, seen) == (5, 3, ['p']*3)
    assert [(f.row, f.answer, f.reason) for f in kept.failures] == [(0, 3, '3 is not 5'), (1, None, 'ValueError: odd')]
    assert 'in generate' in kept.failures[1].trace and kept.failures[0].trace == ''


def test_an_answer_that_breaks_a_rule_is_never_returned():
    for guard in (lambda g: generate_or_withhold(g, 'p', [rule], 5), lambda g: generate_with_retry(g, 'p', [rule], 5), lambda g: generate_with_repair(g, 'p', [rule], lambda *_: 4, 5, calls=3)):
        kept = guard(counting([1, 2, 3])[0])
        assert kept.answer is None and len(kept.failures) == kept.calls


def test_mending_sees_the_answer_and_what_is_wrong_with_it():
    told = []
    def mend(prompt, answer, failures):
        told.append((prompt, answer, [f.reason for f in failures]))
        return answer + 1
    generate, seen = counting([3])
    kept = generate_with_repair(generate, 'p', [rule], mend, example=5, calls=5)
    assert (kept.answer, kept.calls, seen) == (5, 3, ['p']) and told == [('p', 3, ['3 is not 5']), ('p', 4, ['4 is not 5'])]


def test_mending_that_raises_is_a_failure_and_a_stop_is_not():
    def broken(prompt, answer, failures): raise RuntimeError('no idea')
    kept = generate_with_repair(counting([1])[0], 'p', [rule], broken, example=5, calls=3)
    assert kept.answer is None and [f.reason for f in kept.failures] == ['1 is not 5'] + ['RuntimeError: no idea']*2
    def stopped(prompt): raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): generate_or_withhold(stopped, 'p', [rule])
    with pytest.raises(UserError, match='calls = 0'): generate_with_retry(counting([1])[0], 'p', [rule], calls=0)


def test_a_rule_that_raises_fails_the_answer_and_rules_may_be_decorated():
    @assertion
    def odd(answer, example): raise ZeroDivisionError('odd')
    kept = generate_or_withhold(counting([5])[0], 'p', [rule, odd], 5)
    assert kept.answer is None and 'in odd' in kept.failures[0].trace
    assert generate_or_withhold(counting([None])[0], 'p', []).calls == 1


# Verdicts

@pytest.mark.parametrize('said', nonsense + [None])
def test_nonsense_is_never_a_verdict(said):
    v = judge_texts(lambda text: said, ['x'])[0]
    assert (v.label, v.kind, v.said) == (None, 'nonsense', said) and repr(v)


@pytest.mark.parametrize('said', ['good', ' GOOD\n', '"Good."', '**good**', '[[good]]'])
def test_case_space_and_punctuation_do_not_matter(said):
    assert judge_texts(lambda text: said, ['x'])[0].label == 'good'


def test_the_run_goes_on_after_a_judge_that_raises():
    def judge(text):
        if text == '1': raise TimeoutError('too late')
        return 'bad'
    found = judge_texts(judge, '012')
    assert [v.kind for v in found] == ['verdict', 'raised', 'verdict'] and found[1].error.__traceback__ is not None
    def stopped(text): raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): judge_texts(stopped, 'x')


def test_a_reader_that_raises_keeps_what_was_said():
    read = lambda said: json.loads(said)['outcome']
    found = judge_texts(lambda text: text, ['{"outcome": "Bad"}', '{"outcome": null}', '{}', 'bad'], read=read)
    assert [v.label for v in found] == ['bad', None, None, None] and [v.kind for v in found[1:]] == ['nonsense']*3
    assert found[3].said == 'bad' and isinstance(found[3].error, json.JSONDecodeError)


@pytest.mark.parametrize('labels', ['good', ('good',), ('good', 'Good'), ()])
def test_labels_must_differ(labels):
    with pytest.raises(UserError, match='two or more'): judge_texts(len, ['x'], labels)


# Pairs

outcomes = {('A', 'B'): ('a', 'agreed'), ('B', 'A'): ('b', 'agreed'), ('tie', 'tie'): ('tie', 'agreed')}

@pytest.mark.parametrize('ab, ba', list(product(['A', 'B', 'tie', 'what?', OSError('down')], repeat=2)))
def test_every_way_two_verdicts_can_meet(ab, ba):
    def judge(text):
        said = ab if text == 'p|x|y' else ba
        if isinstance(said, Exception): raise said
        return said
    found = judge_pairs(judge, [('p', 'x', 'y')], question)
    why = 'raised' if OSError in (type(ab), type(ba)) else 'nonsense' if 'what?' in (ab, ba) else 'order'
    assert (found.rows.vote[0], found.rows.how[0]) == outcomes.get((ab, ba), (None, why))
    assert len(found.votes()) == ((ab, ba) in outcomes)
    line = found.summary().iloc[0]
    assert line[['a', 'b', 'tie', 'order', 'nonsense', 'raised']].sum() == line.pairs == 1


def test_each_pair_is_asked_in_both_orders_and_braces_are_text():
    assert both_orders([('{first}', '{second}', 'y'), ('q', 1, 2)], question) == ['{first}|{second}|y', '{first}|y|{second}', 'q|1|2', 'q|2|1']


@pytest.mark.parametrize('pairs, ask_for, match', [(['abc'], question, 'pair 0'), ([('p', 'x', 'y'), ('p', 'x')], question, 'pair 1'),
                                                   ([('p', 'x', 'y')], '{prompt} {first}', 'second'), ([('p', 'x', 'y')], question + '{third}', 'third')])
def test_pairs_and_questions_that_cannot_be_asked(pairs, ask_for, match):
    with pytest.raises(UserError, match=match): judge_pairs(lambda text: 'A', pairs, ask_for)


def test_a_leaning_judge_is_measured():
    rng, lean = np.random.default_rng(0), 0.4
    def judge(text):
        p, first, second = text.split('|')
        return 'A' if rng.random() < lean else 'AB'[int(second) > int(first)]
    found = judge_pairs(judge, [('p', 2, 1)]*3000, question)
    line = found.summary().iloc[0]
    assert line.a/3000 == pytest.approx(1 - lean, abs=0.03) and line.b == 0 and line.order/3000 == pytest.approx(lean, abs=0.03)
    assert found.preferred.estimate == 1 and found.first_place == proportion_estimate(line.order, line.order)


def test_votes_become_strengths():
    judge = lambda text: 'tie' if text[2] == text[4] else 'AB'[text[4] > text[2]]
    votes = judge_pairs(judge, [('p', 2, 1), ('p', 1, 1), ('p', 1, 2)], question).votes('old', 'new')
    assert votes == [('old', 'new', 1), ('old', 'new', 0.5), ('old', 'new', 0)]
    assert bradley_terry(votes).beats('old', 'new').estimate == pytest.approx(0.5)


def test_no_pairs_are_no_error():
    found = judge_pairs(lambda text: 'A', [], question)
    assert found.votes() == [] and found.summary().pairs.item() == 0 and '–' in repr(found) and '<table' in found._repr_html_()


# Agreement

def test_rows_without_a_verdict_are_counted_apart():
    said = [JudgeVerdict(0, 'bad', 'bad'), JudgeVerdict(1, 'hm', None), JudgeVerdict(2, 'good', 'good'), JudgeVerdict(3, None, None, OSError())]
    found = judge_agreement(['bad', 'bad', 'good', 'bad'], said)
    assert (found['n'], found['none'], found['agreement'], found['sensitivity'], found['specificity']) == (2, 2, proportion_estimate(2, 2), proportion_estimate(1, 1), proportion_estimate(1, 1))
    assert judge_agreement(['bad', 'bad', 'good', 'bad'], [v.label for v in said]) == found


def test_each_rate_counts_its_own_answers():
    truth, said = ['good']*5 + ['bad']*4, ['good']*4 + ['bad'] + ['good']*3 + ['bad']
    found = judge_agreement(truth, said)
    expected = dict(agreement=(5, 9), precision=(4, 7), sensitivity=(4, 5), specificity=(1, 4))
    assert {name: found[name] for name in expected} == {name: proportion_estimate(*counts) for name, counts in expected.items()}
    other = judge_agreement(truth, said, positive='bad')
    assert (other['sensitivity'], other['specificity'], other['precision']) == (found['specificity'], found['sensitivity'], proportion_estimate(1, 2))


def test_a_judge_that_never_answers_says_nothing():
    found = judge_agreement(['good', 'bad'], [None, None])
    assert (found['n'], found['none']) == (0, 2)
    for name in ('agreement', 'sensitivity', 'specificity'): assert (found[name].lo, found[name].hi) == (0, 1)
    assert (found['kappa'].lo, found['kappa'].hi) == (-1, 1)


def test_rounds_keep_their_order_and_their_estimates():
    table = agreement_by_round({'z': (['good', 'bad'], ['good', 'bad']), 'a': (['good', 'bad'], ['bad', None])})
    assert list(table.index) == ['z', 'a'] and list(table.columns) == ['n', 'none', 'agreement', 'precision', 'sensitivity', 'specificity', 'kappa']
    assert table.kappa['z'].estimate == 1 and table.none['a'] == 1
    with pytest.raises(UserError, match='0 labels'): agreement_by_round({'x': ([], [])})


# The audit

labelled = st.lists(st.tuples(st.sampled_from(['good', 'bad']), st.sampled_from(['good', 'bad', None]), st.sampled_from(['good', 'bad'])), min_size=1, max_size=40)

@settings(max_examples=80, deadline=None)
@given(labelled, st.integers(0, 50))
def test_an_audit_counts_what_it_saw(rows, n_sample):
    gold, said, true = (list(o) for o in zip(*rows))
    review = audit_labels(range(len(rows)), gold, said, n_sample)
    found, decided = review.share_wrong(dict(enumerate(true))), review.wrong(dict(enumerate(true)))
    wrong = sum(g != t for g, t in zip(gold, true))
    assert 0 <= found.lo <= found.estimate <= found.hi <= 1 and len(decided) <= wrong
    assert {i for i, (g, s) in enumerate(zip(gold, said)) if g != s} <= set(review.order)
    if len(review.order) == len(rows): assert found.lo == found.hi == pytest.approx(wrong/len(rows)) and len(decided) == wrong


def test_the_person_sees_no_label_and_no_order():
    gold = ['good', 'bad']*100
    said = ['good']*200
    review = audit_labels([f'text {i}' for i in range(200)], gold, said)
    assert list(review.work.columns) == ['text'] and len(review.work) == 150 and review.work.text[7] == 'text 7'
    kinds = [i % 2 for i in review.order]
    assert kinds != sorted(kinds) and review.order == audit_labels(range(200), gold, said).order != audit_labels(range(200), gold, said, seed=1).order


def test_nothing_is_concluded_from_half_a_work_list():
    review = audit_labels('abc', ['good']*3, ['bad', 'good', None])
    with pytest.raises(UserError, match='2 rows of the work list are not decided'): review.share_wrong({0: 'good'})


@pytest.mark.parametrize('args', [([], [], []), (['a'], ['good'], []), (['a', 'b'], ['good'], ['good'])])
def test_audit_refuses(args):
    with pytest.raises(UserError, match='as many of each'): audit_labels(*args)


@pytest.mark.parametrize('share, misses', [(0.05, 0.3), (0.2, 0.1)])
def test_the_estimate_covers_whatever_the_judge_is_like(share, misses):
    n, slack = (1000, 0) if os.environ.get('FINETUNE_NOTES_SLOW') else (200, 0.03)
    rng, kept = np.random.default_rng(0), []
    for seed in range(n):
        true = rng.random(300) < 0.6
        gold, said = true ^ (rng.random(300) < share), true ^ (rng.random(300) < misses)
        found = audit_labels(range(300), gold, said, seed=seed).share_wrong(dict(enumerate(true)))
        kept.append(found.lo - 1e-12 <= (gold != true).mean() <= found.hi + 1e-12)
    assert 0.93 - slack <= np.mean(kept) <= 0.985 + slack/2


# The rate behind a judge

@pytest.mark.parametrize('right', [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize('passing', [0.5, 0.9])
def test_labels_and_judge_together_cover_the_rate_and_are_no_wider_than_the_labels(passing, right):
    n, slack = (2000, 0) if os.environ.get('FINETUNE_NOTES_SLOW') else (400, 0.015)
    rng, kept, widths = np.random.default_rng(0), [], []
    for seed in range(n):
        good = rng.random(2200) < passing
        said = ['good' if s else 'bad' for s in good == (rng.random(2200) < right)]
        truth = ['good' if g else 'bad' for g in good[:200]]
        found, alone = combined_rate(said[200:], truth, said[:200], draws=2000, seed=seed), proportion_estimate(truth.count('good'), 200)
        kept.append(found.lo <= passing <= found.hi)
        widths.append((found.hi - found.lo, alone.hi - alone.lo))
    together, alone = np.mean(widths, 0)
    assert 0.93 - slack <= np.mean(kept) <= 0.97 + slack
    assert together < (1.02 if right == 0.5 else 1)*alone
    plan = expected_rate(200, 2000, passing, right, right, combined_rate)
    assert plan.hi - plan.lo == pytest.approx(together, rel=0.1)


def test_labels_and_judge_together_by_hand():
    truth, judged = ['good']*10 + ['bad']*10, ['good']*9 + ['bad'] + ['bad']*8 + ['good']*2
    found = combined_rate(['good']*60 + ['bad']*20, truth, judged)
    assert found.n == 100 and found.estimate == pytest.approx(0.71*9/11 + 0.29*1/9)
    assert combined_rate(['bad']*20 + ['good']*60, truth, [JudgeVerdict(i, v, v) for i, v in enumerate(judged)]) == found
    whole = combined_rate([], truth, judged)
    assert whole.estimate == pytest.approx(0.5) and whole.lo < 0.5 < whole.hi


def test_answers_without_a_verdict_are_a_kind_of_their_own():
    truth, judged = ['good', 'bad']*20, ['good', 'bad']*18 + [None]*4
    found = combined_rate(['good']*90 + ['bad']*90 + [None]*20, truth, judged)
    assert found.n == 240 and found.estimate == pytest.approx(0.5)
    some = combined_rate(['good']*50 + [None]*50, ['good', 'bad'], ['good', 'bad'])
    assert np.isnan(some.estimate) and 0 <= some.lo < 0.2 and some.hi > 0.8


def test_a_judge_without_errors_is_worth_as_much_as_labels():
    answers = ['good', 'bad']*200
    found, labels = combined_rate(answers, answers, answers), proportion_estimate(400, 800)
    assert (found.hi - found.lo)/(labels.hi - labels.lo) == pytest.approx(1, abs=0.05)


def test_without_labels_nothing_is_known():
    found = combined_rate(['good']*9, [], [])
    assert np.isnan(found.estimate) and (found.lo, found.hi, found.n) == (0, 1, 9)
    for rate in (combined_rate, corrected_rate):
        with pytest.raises(UserError, match='the same answers'): rate(['good'], ['good', 'bad'], ['good'])


def test_the_lines_for_your_own_case_run_as_they_stand(tmp_path, monkeypatch, capsys):
    row, code, file = own_case('24_judges')
    rule, asked = json.loads(row)['must_say'], []
    def server(url, body, key, timeout):
        "Says yes where the answer contains the sentence, and in one answer nothing that counts"
        text = body['messages'][-1]['content']
        asked.append((len(body['messages']), body['max_tokens'], text))
        answer, sentence = re.fullmatch(r'Answer: (.*)\nStatement: (.*)\nDoes the answer contain this statement\?', text).groups()
        said = 'Perhaps.' if answer == 'odd' else 'Yes' if sentence in answer else 'no.'
        return 200, json.dumps(dict(choices=[dict(message=dict(content=said), finish_reason='stop')])), None
    monkeypatch.setattr('finetune_notes.generation.recorder.post_json', server)
    monkeypatch.chdir(tmp_path)
    answers = [(' '.join(rule), 'good'), (rule[0], 'bad')]
    rows = [json.loads(row) | dict(text=text, label=label) for text, truth in answers for label in (truth, '', '')]*20
    rows.append(rows[0] | dict(text='odd', label=''))
    Path(file).write_text(''.join(json.dumps(r) + '\n' for r in rows), encoding='utf-8')
    exec(code, names := {})
    none, agreement, labels, combined, corrected = capsys.readouterr().out.splitlines()
    assert len(asked) == len(rule)*len(rows) and {a[:2] for a in asked} == {(10, 8)}
    assert names['verdicts'] == ['good']*3 + ['bad']*3 + names['verdicts'][6:120] + [None]
    assert none.startswith('1 ')
    assert "'sensitivity': 1.000" in agreement and "'specificity': 1.000" in agreement
    assert labels == str(proportion_estimate(20, 40))
    assert combined.endswith('n=121')
    assert corrected.startswith('0.500 [') and corrected.endswith('n=80')
    exec(code, {})
    assert len(asked) == len(rule)*len(rows) # The second run asks nothing again
