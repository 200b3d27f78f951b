"The decision: it moves only the way it should, says all that is missing at once, and a case survives its file"
import json
from dataclasses import fields, replace
from itertools import product
import pytest
from hypothesis import assume, given, settings, strategies as st
from finetune_notes.decisions.use_case import UseCase, assess, questionnaire, route_by_preferences, route_by_examples, contradictions, case_problems, training_fit, fit_levels, example_cases, single_changes, smallest_changes, current_rung, rungs, next_step
from finetune_notes.core.settings import UserError
from finetune_notes.decisions.costs import HostedModel, OwnModel, Price, break_even, payback
from finetune_notes.decisions.memo import compare_cases, case_form, render_memo, memo_from_file, read_case_costs, read_case, write_case
from finetune_notes.course.cli import main

numbers = {'examples': st.integers(0, 10**7), 'choices': st.integers(0, 10**5), 'seconds': st.floats(.01, 10**4), 'per_month': st.integers(0, 10**9)}
texts = st.text(min_size=1).filter(lambda t: t.strip() and not any(0xd800 <= ord(c) < 0xe000 for c in t))

def answers(name):
    if questionnaire[name].options: return st.sampled_from(questionnaire[name].options)
    if name in numbers: return numbers[name]
    return {bool: st.booleans(), str: texts}[UseCase.__dataclass_fields__[name].type]

def consistent(case):
    case = replace(case, quality='none' if case.examples == 0 else 'mixed' if case.quality == 'none' else case.quality)
    if case.judged_by == 'nobody': case = replace(case, choices=0, result='unmeasured')
    return replace(case, result='unmeasured') if case.tried == 'nothing' else case

cases = st.builds(UseCase, **{f.name: answers(f.name) for f in fields(UseCase)}).map(consistent)

def index(name, value): return questionnaire[name].options.index(value)

@given(cases, st.integers(0, 10**6))
def test_more_good_examples_never_argue_against_training(case, more):
    case = replace(case, quality='good' if case.examples else 'none')
    better = replace(case, examples=case.examples + more, quality='good' if case.examples + more else 'none')
    assert training_fit(better) >= training_fit(case)
    assert min(route_by_examples(better).values()) >= min(route_by_examples(case).values())

@given(cases, st.data())
def test_a_better_fact_never_lowers_the_fit(case, data):
    name = data.draw(st.sampled_from(['scope', 'judged_by', 'rules', 'privacy', 'value', 'team']))
    other = replace(case, **{name: data.draw(answers(name))})
    assume(not contradictions(other))
    low, high = sorted((case, other), key=lambda c: index(name, getattr(c, name)))
    assert training_fit(low) <= training_fit(high)

@given(cases, st.data())
def test_need_of_speed_volume_and_ownership_never_argue_against_training(case, data):
    name, way = data.draw(st.sampled_from([('seconds', -1), ('per_month', 1), ('must_own', 1), ('choices', 1)]))
    other = replace(case, **{name: data.draw(answers(name))})
    assume(not contradictions(other))
    low, high = sorted((case, other), key=lambda c: way*getattr(c, name))
    assert training_fit(low) <= training_fit(high)

@given(cases)
def test_the_cases_drawn_have_no_faults(case): assert not case_problems(case)

@given(cases)
def test_poor_answers_and_a_missing_judge_are_never_trained_on(case):
    if case.quality == 'poor': assert min(route_by_examples(case).values()) == 0
    if case.judged_by == 'nobody' or case.scope == 'open': assert training_fit(case) == 0 and 'train' not in next_step(case).lower()
    if case.output != 'text': assert min(route_by_preferences(case).values()) == 0

@settings(max_examples=40, deadline=None)
@given(cases)
def test_changes_turn_the_answer_and_none_is_shorter(case):
    for up in (True, False):
        found = smallest_changes(case, up)
        for change in found: assert (training_fit(replace(case, **change)) > training_fit(case)) is up and not case_problems(replace(case, **change))
        if found and sum(k != 'quality' or len(found[0]) == 1 for k in found[0]) > 1:
            single = [replace(case, **m) for m in single_changes(case)]
            assert not any((training_fit(c) > training_fit(case) if up else training_fit(c) < training_fit(case)) for c in single if not contradictions(c))

@settings(max_examples=100, deadline=None)
@given(cases)
def test_every_case_has_a_memo_that_names_its_weakest_link_first(case):
    found = assess(case)
    assert fit_levels.index(found.fit) == found.reasons[0].allows == min(r.allows for r in found.reasons)
    assert [r.allows for r in found.reasons] == sorted(r.allows for r in found.reasons)
    assert all(r.because.endswith('.') and r.evidence for r in found.reasons) and found.step.endswith('.')
    page = render_memo(found)
    assert page.count('\n## ') == 3 and '<script' not in page and len([l for l in page.splitlines() if l.startswith('|')]) == 2 + len(found.reasons)

@pytest.mark.parametrize('text, shown', [('a | b\n<b>', r'a \| b &lt;b>'), (r'a \| b', r'a \\\| b'), ('\\', r'\\'), ('![x](http://a.example)', r'!\[x\](http://a.example)'),
                                         ('`a', r'\`a'), ('R&D &lt; &#60;', 'R&D &amp;lt; &amp;#60;'), ('plain_text, 5 * 3', 'plain_text, 5 * 3')])
def test_a_text_of_others_is_escaped_whole_in_a_memo(text, shown):
    page = render_memo(assess(replace(example_cases[0], name=text, task=text)))
    assert page.startswith(f'# {shown}\n\n{shown}\n\n')

@given(cases)
def test_the_ladder_is_climbed_only_from_a_wall(case):
    at = rungs.index(case.tried) if case.tried in rungs else -1
    now = current_rung(case)
    if now and case.result != 'stuck' and at >= 0: assert rungs.index(now) >= at
    if now and case.result == 'stuck': assert rungs.index(now) > at
    if now in ('fine-tune', 'preferences'): assert training_fit(case) >= 2

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
    assert f'- {name} is missing. {questionnaire[name].question}' in str(e.value) and str(e.value).count('\n') == 1

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
    for arguments,part in ((['decide', str(file)], 'scope = '), (['decide', str(file), '--new'], 'is there already'), (['decide', str(tmp_path)], 'cannot be read'), (['decide', str(tmp_path/'a'/'b.toml'), '--new'], 'cannot be written')):
        with pytest.raises(SystemExit) as e: main(arguments)
        out, err = capsys.readouterr()
        assert (e.value.code, out) == (2, '') and part in err and 'Traceback' not in err
    write_case(example_cases[3], file)
    main(['decide', str(file)])
    assert capsys.readouterr().out.startswith('# News for employees\n')
    main(['decide', str(file), '--json'])
    said = json.loads(capsys.readouterr().out)
    assert (said['fit'], said['raises'], said['case']['name']) == ('weak', [{'value': 'high'}], example_cases[3].name)

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
