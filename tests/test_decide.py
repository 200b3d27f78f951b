"The decision: every rule that it promises, on all combinations of the facts that matter or on cases drawn at random; and a case survives its file"
import json
from dataclasses import fields, replace
from itertools import product
import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st
from finetune_notes.decisions.use_case import (UseCase, assess, questionnaire, contradictions, case_problems, training_fit, training_route, fit_levels, example_cases, single_changes, smallest_changes,
    current_rung, rungs, next_step, ladder, place_rule, place_rules, workshop_grades, home_facts, alongside, attempt_gains, gain_verdict, hit_a_wall, must_move, news_case, query_case, open_assistant_case, fast_food_case)
from finetune_notes.core.settings import UserError
from finetune_notes.decisions.costs import HostedModel, OwnModel, Price, break_even, payback
from finetune_notes.decisions.memo import compare_cases, case_form, render_memo, memo_from_file, read_case_costs, read_case, write_case
from finetune_notes.course.cli import main

marks = {'examples': (0, 50, 200, 5000), 'seconds': (1., 60.), 'per_month': (400, 2_000_000)}
numbers = {'examples': st.integers(0, 10**7), 'seconds': st.floats(.01, 10**4), 'per_month': st.integers(0, 10**9)}
texts = st.text(min_size=1).filter(lambda t: t.strip() and not any(0xd800 <= ord(c) < 0xe000 for c in t))
facts = [f.name for f in fields(UseCase) if f.name not in ('name', 'task')]
training = ('fine-tune', 'preferences')

def answers(name):
    if questionnaire[name].options: return st.sampled_from(questionnaire[name].options)
    if name in numbers: return st.one_of(st.sampled_from(marks[name]), numbers[name])
    return {bool: st.booleans(), str: texts}[UseCase.__dataclass_fields__[name].type]

def options(name): return questionnaire[name].options or marks.get(name) or (False, True)

def consistent(case):
    if case.output != 'text' and case.tried == 'preferences': case = replace(case, tried='few-shot')
    if case.examples == 0: case = replace(case, quality='unknown', tried='few-shot' if case.tried == 'fine-tune' else case.tried)
    return replace(case, result='unmeasured') if case.judged_by == 'nobody' or case.tried == 'nothing' else case

cases = st.builds(UseCase, **{f.name: answers(f.name) for f in fields(UseCase)}).map(consistent)

def every(*names, of=query_case):
    "All cases that differ from one in these facts alone, and do not contradict themselves"
    for values in product(*map(options, names)):
        if not contradictions(case := replace(of, **dict(zip(names, values)))): yield case

def decided(case):
    "What an assessment decides: not the words that repeat a fact"
    found = assess(case)
    return found.rung, found.rule, found.fit, found.route, tuple(found.ladder), [sentence for fact,sentence in found.alongside]

@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow]) # The first use of Hypothesis's texts reads all of Unicode
@given(cases)
def test_the_cases_drawn_have_no_faults(case): assert not case_problems(case)

# What the decision promises

def test_a_measured_enough_never_ends_in_training():
    for start in example_cases:
        for case in every('tried', 'result', 'rules', 'privacy', 'seconds', 'must_own', 'quality', of=replace(start, judged_by='expert', examples=5000)):
            if case.result != 'enough': continue
            found = assess(case)
            assert (found.fit, found.route) == ('no', 'none') and not {*training} & {*found.ladder}
            assert found.rung == case.tried or found.rung == 'own model' and must_move(case)
            assert found.rung == 'own model' or found.step.startswith('Ship it')

@given(cases)
def test_enough_is_enough_whatever_else_is_so(case):
    assume(case.judged_by != 'nobody' and case.tried not in ('nothing', *training))
    assert current_rung(replace(case, result='enough')) not in training and training_fit(replace(case, result='enough')) == 0

@given(cases)
def test_nothing_tried_and_nothing_measured_never_is_a_strong_fit(case):
    if case.tried == 'nothing': assert current_rung(case) == 'prototype'
    if case.tried == 'nothing' or case.result == 'unmeasured': assert fit_levels[training_fit(case)] in ('no', 'weak', 'possible')

def test_answers_that_nobody_has_read_are_never_trained_on_next():
    for start in example_cases:
        for case in every('tried', 'result', 'judged_by', 'quality', 'scope', of=replace(start, examples=5000)):
            if case.quality == 'unknown' and current_rung(case) == 'fine-tune': assert case.tried == 'fine-tune'
            if place_rule(case) == 'read': assert case.result in ('stuck', 'costly') and current_rung(case) == case.tried and 'Read 50' in next_step(case)

def test_a_fast_or_a_busy_case_whose_hosted_prompt_is_good_enough_is_shipped():
    for case in every('seconds', 'per_month', of=replace(query_case, privacy='free', must_own=False, tried='prompt', result='enough')):
        assert place_rule(case) == 'ship' and len(alongside(case)) >= 1 + (case.seconds < 2) + (case.per_month >= 10**6)

def test_a_good_prompt_that_is_too_slow_or_too_expensive_leads_to_a_smaller_model_before_training():
    for start in example_cases:
        for case in every('tried', 'seconds', 'per_month', 'rules', of=replace(start, scope='one', judged_by='expert', examples=5000, quality='good', result='costly')):
            found = assess(case)
            assert found.rule.startswith('result = costly') == (case.tried in rungs[:4]) and not found.step.startswith('Ship it')
            if case.tried in rungs[:4]: assert found.rung == 'own model' and 'smaller models' in found.step
            assert found.reasons and any(r.because == 'Prompting is good, but too slow or too expensive.' for r in found.reasons)

def test_privacy_speed_volume_and_ownership_argue_for_an_own_model_and_not_for_training():
    plain = replace(query_case, rules='stated', privacy='free', seconds=60., per_month=400, must_own=False, tried='prompt', result='improving')
    for base in [replace(plain, tried=t, result=r) for t,r in product(rungs[:4], ('unmeasured', 'improving', 'stuck', 'enough'))]:
        for case in every('privacy', 'seconds', 'per_month', 'must_own', of=base):
            assert training_fit(case) == training_fit(base) and training_route(case) == training_route(base)
            assert ('own model' in ladder(case)) == bool(home_facts(case))
            if case.result == 'enough': assert current_rung(case) == ('own model' if case.privacy == 'inside' or case.must_own else case.tried)
    told = dict(rules='stated', result='unmeasured', tried='prompt')
    assert not {*training} & {*ladder(replace(query_case, **told, privacy='inside', must_own=True, seconds=1.))}

@given(cases)
def test_what_asks_for_an_own_model_never_changes_the_fit(case):
    for change in (dict(privacy='inside'), dict(seconds=.5), dict(per_month=10**8), dict(must_own=True)):
        other = replace(case, **change)
        assert training_fit(other) == training_fit(case) and 'own model' in ladder(other)

@given(cases)
def test_facts_that_change_call_for_retrieval(case):
    found = assess(replace(case, facts_change=True))
    assert found.ladder['retrieval'] == 'facts_change = true' and any('Retrieve' in sentence for fact,sentence in found.alongside)
    assert 'retrieval' not in assess(replace(case, facts_change=False)).ladder

@pytest.mark.parametrize('fact', facts)
def test_every_answer_to_every_question_decides_something(fact):
    "Any two answers to one question (or any two sides of a mark) lead to different decisions in some case"
    asked = [a for a in options(fact)]
    starts = [*example_cases, replace(news_case, rules='shown', tried='few-shot', result='stuck'), replace(query_case, examples=0, quality='unknown', output='text', judged_by='readers'), replace(query_case, scope='several')]
    starts += [replace(c, result=r, tried=t, judged_by='expert' if c.judged_by == 'nobody' else c.judged_by) for c in example_cases for r in ('enough', 'improving') for t in ('prompt', 'own model')]
    starts += [replace(query_case, tried=t) for t in rungs if t != 'preferences'] + [replace(query_case, tried='nothing', result='unmeasured')]
    starts = [replace(c, privacy='free', seconds=60., per_month=400, must_own=False) for c in starts]
    def differ(a, b):
        for c in starts:
            pair = [replace(c, **{fact: v}) for v in (a, b)]
            if not any(map(contradictions, pair)) and decided(pair[0]) != decided(pair[1]): return True
    pairs = [(a, b) for i,a in enumerate(asked) for b in asked[i + 1:]]
    assert [p for p in pairs if not differ(*p)] == []

def test_the_four_that_the_workshop_graded_come_out_as_it_graded_them():
    assert {c.name: fit_levels[training_fit(c)] for c in example_cases if c.name in workshop_grades} == {k: level for k,(words, level) in workshop_grades.items()}
    assert len(workshop_grades) == 4 and [c.name for c in example_cases[:4]] == [*workshop_grades]

def test_a_chatbot_for_everything_is_narrowed_down_and_never_trained():
    for case in every('tried', 'result', 'rules', 'quality', 'value', 'judged_by', of=replace(open_assistant_case, examples=5000)):
        assert training_fit(case) == 0 and not {*training} & {*ladder(case)}
        if case.tried != 'nothing' and case.result != 'enough': assert place_rule(case) == 'narrow'

def test_every_rule_of_the_table_decides_some_case():
    seen = {place_rule(c) for c in every('tried', 'result', 'scope', 'judged_by', 'quality', 'must_own')}
    assert seen | {place_rule(replace(news_case, tried='few-shot', result='stuck', value='low'))} == {*place_rules}

@given(cases)
def test_one_climbs_from_a_wall_only_and_never_skips_a_rung_of_the_own_ladder(case):
    now, on = current_rung(case), [*ladder(case)]
    if rungs.index(now) > (rungs.index(case.tried) if case.tried in rungs else 0):
        assert case.result == 'stuck' or case.result == 'costly' or place_rule(case) == 'move'
        assert now in on and (place_rule(case) in ('move', 'lighter') or not [r for r in on if case.tried in rungs and rungs.index(case.tried) < rungs.index(r) < rungs.index(now)])
    if now in training and now != case.tried: assert training_fit(case) >= 2

@given(cases, st.integers(0, 10**6))
def test_more_good_examples_never_argue_against_training(case, more):
    assume(case.examples > 0)
    case = replace(case, quality='good')
    assert training_fit(replace(case, examples=case.examples + more)) >= training_fit(case)

@given(cases, st.data())
def test_a_better_fact_never_lowers_the_fit(case, data):
    name = data.draw(st.sampled_from(['scope', 'rules', 'value', 'team', 'quality']))
    other = replace(case, **{name: data.draw(answers(name))})
    assume(not contradictions(other) and 'unknown' not in (case.quality, other.quality))
    low, high = sorted((case, other), key=lambda c: questionnaire[name].options.index(getattr(c, name)))
    assert training_fit(low) <= training_fit(high)

@given(cases)
def test_poor_answers_are_never_trained_on_and_a_missing_judge_stops_everything(case):
    if case.quality == 'poor' or not case.examples: assert 'fine-tune' not in training_route(case)
    if case.judged_by == 'nobody' or case.scope == 'open': assert training_fit(case) == 0 and 'train' not in next_step(case).lower()
    if case.output != 'text': assert 'preferences' not in training_route(case)

@settings(max_examples=40, deadline=None)
@given(cases)
def test_changes_turn_the_answer_and_none_is_shorter(case):
    for up in (True, False):
        found = smallest_changes(case, up)
        for change in found: assert (training_fit(replace(case, **change)) > training_fit(case) if up else training_fit(replace(case, **change)) < training_fit(case)) and not case_problems(replace(case, **change))
        singles = [c for c in single_changes(case) if not contradictions(replace(case, **c))]
        turning = [c for c in singles if (training_fit(replace(case, **c)) > training_fit(case) if up else training_fit(replace(case, **c)) < training_fit(case))]
        if turning: assert found == turning

@settings(max_examples=100, deadline=None)
@given(cases)
def test_every_case_has_a_memo_whose_reasons_name_their_facts(case):
    found = assess(case)
    assert found.fit == found.reasons[0].allows and [r.allows for r in found.reasons] == sorted((r.allows for r in found.reasons), key=fit_levels.index)
    assert all(r.because.endswith('.') and r.evidence and any(f'{k} = ' in r.facts for k in facts) for r in found.reasons) and found.step.endswith('.') and found.leave.endswith('.')
    assert ' = ' in found.facts and '{' not in found.step
    page = render_memo(found)
    assert page.count('\n## ') == 3 + bool(alongside(case)) and '<script' not in page and len([l for l in page.splitlines() if l.startswith('|')]) == 2 + len(found.reasons)

# Walls

@given(st.lists(st.lists(st.booleans(), min_size=40, max_size=40), min_size=2, max_size=4))
@settings(max_examples=20, deadline=None)
def test_gains_are_those_on_the_best_attempt_before(attempts):
    gains, means = attempt_gains(attempts), [sum(a)/40 for a in attempts]
    assert [round(g.estimate, 6) for g in gains] == [round(m - max(means[:i + 1]), 6) for i,m in enumerate(means[1:])]
    assert hit_a_wall(attempts) == (len(gains) >= 2 and all(g.lo <= 0 and g.hi < .1 for g in gains[-2:]))

@given(st.integers(0, 90), st.lists(st.integers(-3, 8), min_size=2, max_size=4), st.integers(1, 3), st.sampled_from([.05, .1, .3, 1.]))
@settings(max_examples=40, deadline=None)
def test_an_attempt_that_gained_ends_every_wall(first, steps, last, worth):
    "Nested answers: an attempt is right where the one before it was, and on some questions more, or fewer"
    rights = [first]
    for step in steps: rights.append(min(max(rights[-1] + step, 0), 100))
    attempts = [[1]*r + [0]*(100 - r) for r in rights]
    gains = attempt_gains(attempts)
    if any(gain_verdict(g, worth) == 'gained' for g in gains[-last:]): assert not hit_a_wall(attempts, worth, last)
    for g in gains: assert (gain_verdict(g, worth) == 'gained') == (g.lo > 0) and (g.lo > 0 or (gain_verdict(g, worth) == 'cannot say') == (g.hi >= worth))

def test_small_gains_are_no_wall_and_two_bad_ideas_look_like_one():
    nested = lambda *rights: [[1]*r + [0]*(100 - r) for r in rights]
    small = nested(50, 54, 58)
    assert all(0 < g.lo and g.hi < .1 for g in attempt_gains(small)) and not hit_a_wall(small)
    assert hit_a_wall(nested(66, 0, 0)) # What the test cannot know: whether the attempts were any good

def test_a_few_questions_show_no_wall():
    few, many = [[1, 0, 1, 0, 0], [0, 1, 1, 0, 0], [1, 0, 0, 1, 0]], [[1, 0]*200, [1, 0]*199 + [0, 1], [1, 0]*199 + [1, 1]]
    assert not hit_a_wall(few) and hit_a_wall(many) and not hit_a_wall(many[:2])
    with pytest.raises(UserError, match='at least two'): attempt_gains([[1, 0]])

# Files and pages

@pytest.mark.parametrize('text, shown', [('a | b\n<b>', r'a \| b &lt;b>'), (r'a \| b', r'a \\\| b'), ('\\', r'\\'), ('![x](http://a.example)', r'!\[x\](http://a.example)'),
                                         ('`a', r'\`a'), ('R&D &lt; &#60;', 'R&D &amp;lt; &amp;#60;'), ('plain_text, 5 * 3', 'plain_text, 5 * 3')])
def test_a_text_of_others_is_escaped_whole_in_a_memo(text, shown):
    page = render_memo(assess(replace(example_cases[0], name=text, task=text)))
    assert page.startswith(f'# {shown}\n\n{shown}\n\n')

@settings(deadline=None)
@given(cases)
def test_a_case_survives_its_file(tmp_path_factory, case):
    file = tmp_path_factory.mktemp('case')/'case.toml'
    write_case(case, file)
    assert read_case(file) == case

@pytest.mark.parametrize('name', list(questionnaire))
def test_a_missing_fact_is_asked_for(tmp_path, name):
    write_case(example_cases[0], tmp_path/'case.toml')
    lines = (tmp_path/'case.toml').read_text().splitlines()
    (tmp_path/'case.toml').write_text('\n'.join(l for l in lines if not l.startswith(f'{name} =')))
    with pytest.raises(UserError) as e: read_case(tmp_path/'case.toml')
    assert f'- {name} is not answered. {questionnaire[name].question}' in str(e.value) and str(e.value).count('\n') == 1

@pytest.mark.parametrize('name,value', [*product(questionnaire, ([], {}, None, '', float('nan'))), ('examples', 2.5), ('examples', True), ('examples', -1), ('seconds', 0.), ('seconds', float('inf')), ('must_own', 1), ('must_own', 'yes'), ('scope', 'One')])
def test_a_wrong_fact_is_one_sentence_and_no_verdict(name, value):
    case = replace(example_cases[0], **{name: value})
    said = case_problems(case)
    assert len(said) == 1 and said[0].startswith(name) and '\n' not in said[0]
    with pytest.raises(UserError, match=name): assess(case)

def test_all_faults_are_named_at_once():
    assert len(case_problems(replace(example_cases[0], scope='wide', examples=-1, team=''))) == 3

@pytest.mark.parametrize('text', ['', 'name = ', '[[', 'name = "x"\nname = "y"', 'scope = 3', '\x00', 'name = "a"\nscpoe = "one"'])
def test_a_file_that_is_no_case_is_said_to_be_none(tmp_path, text):
    (tmp_path/'x.toml').write_text(text)
    with pytest.raises(UserError, match='x.toml'): read_case(tmp_path/'x.toml')

def test_a_folder_is_compared_whole(tmp_path):
    for i,case in enumerate(example_cases): write_case(case, tmp_path/f'{i}.toml')
    (tmp_path/'z.toml').write_text('nothing')
    table = compare_cases(tmp_path)
    assert list(table.fit[:2]) == ['excellent', 'excellent'] and table.fit.iloc[-1] == 'not judged' and len(table) == len(example_cases) + 1
    assert compare_cases(tmp_path/'none').empty

def test_a_case_from_the_command_line(tmp_path, capsys):
    file = tmp_path/'case.toml'
    main(['decide', str(file), '--new'])
    assert capsys.readouterr().out == '' and 'scope = ""' in file.read_text()
    for arguments,part in ((['decide', str(file)], 'scope is not answered. How many kinds'), (['decide', str(file), '--new'], 'is there already'), (['decide', str(tmp_path)], 'cannot be read'), (['decide', str(tmp_path/'a'/'b.toml'), '--new'], 'cannot be written')):
        with pytest.raises(SystemExit) as e: main(arguments)
        out, err = capsys.readouterr()
        assert (e.value.code, out) == (2, '') and part in err and 'Traceback' not in err
    write_case(example_cases[3], file)
    main(['decide', str(file)])
    assert capsys.readouterr().out.startswith('# News for employees\n')
    main(['decide', str(file), '--json'])
    said = json.loads(capsys.readouterr().out)
    assert (said['fit'], said['rung'], said['raises'][0], said['case']['name']) == ('weak', 'prompt', {'rules': 'partly'}, example_cases[3].name)

# What it costs, in the same file

def price(amount, measure): return Price(amount, f'EUR per {measure}', '2026-11-02', 'invented for this test')

hosted = HostedModel(price(1, 'million tokens'), price(4, 'million tokens'), prompt_tokens=1000, answer_tokens=100)
own = OwnModel(price(1, 'hour'), price(100, 'hour'), price(30, 'hour'), price(2, 'hour'), seconds_per_answer=1, peak=2, upkeep_hours=2, rows=100, seconds_per_row=36,
          training_hours=15, engineering_hours=8, horizon=12)

def test_costs_stand_below_the_memo_and_in_its_record(tmp_path, capsys):
    file = tmp_path/'case.toml'
    write_case(example_cases[0], file)
    bare = memo_from_file(file)
    write_case(example_cases[0], file, (hosted, own))
    main(['decide', str(file)])
    printed = capsys.readouterr().out
    assert printed.startswith(bare.rstrip()) and f'## Cost\n\nAt {example_cases[0].per_month:,} requests a month' in printed
    main(['decide', str(file), '--json'])
    costs = json.loads(capsys.readouterr().out)['costs']
    assert costs == dict(hosted=hosted.monthly(example_cases[0].per_month), own=own.monthly(example_cases[0].per_month), break_even=break_even(hosted, own), payback=payback(hosted, own, example_cases[0].per_month))

def test_half_a_bill_is_named_and_no_page_is_printed(tmp_path, capsys):
    file = tmp_path/'case.toml'
    write_case(example_cases[0], file, (hosted, own))
    file.write_text(file.read_text().partition('[own]')[0])
    with pytest.raises(SystemExit): main(['decide', str(file)])
    out, err = capsys.readouterr()
    assert out == '' and 'own.machine' in err and 'Traceback' not in err

def test_a_form_keeps_the_costs_of_its_file(tmp_path):
    file = tmp_path/'case.toml'
    write_case(example_cases[0], file, (hosted, own))
    panel = case_form(example_cases[0], file)
    panel.children[list(questionnaire).index('value')].value = 'high'
    panel.children[len(questionnaire)].click()
    assert read_case(file) == replace(example_cases[0], value='high') and read_case_costs(file) == (hosted, own)
