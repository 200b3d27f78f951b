"What the lessons on tools and function calls do not show: hostile calls and files, brute force, leaks over seeds, calls that must run"
import ast
import gzip
import inspect
import json
import posixpath
import random
from itertools import permutations
import pytest
from hypothesis import given, settings, strategies as st
from finetune_notes.generation.decoding import grammar_accepts
from finetune_notes.data.explore import leaks
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.cases.tools import function_calls as functions, world as tools
from finetune_notes.cases.tools.function_calls import (UnreadableCall, accepted_calls, parse_calls, expand_calls, calls_grammar, holds_accepted, call_mismatch, has_perfect_matching, read_answers, parse_json_calls, read_questions, score_calls,
                                                compact_calls, tool_signature, write_jsonl, calls_json)
from finetune_notes.cases.tools.world import (ToolFailed, SandboxViolation, Sandbox, Tool, end_state, argument_faults, calculate, request_categories, check_tool, load_domains, generate_tools, reaches_same_state, tool_domains, generate_call_log, sandbox_path,
                                            generate_call_requests, equivalent_calls, call_error_kinds, corrupt_calls, toy_tools, verb_synonyms, world_for_request)

quick = settings(max_examples=80, deadline=None)
splits = pytest.mark.parametrize('split', list(tool_domains))

# The sandbox

def test_nothing_evaluates_text():
    for module in (tools, functions):
        used = {n.func.id for n in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not used & {'eval', 'exec', 'compile', '__import__', 'open', 'getattr', 'globals'}

@quick
@given(st.one_of(st.text(max_size=90), st.text('0123456789+-*/(). e', max_size=90)))
def test_a_sum_is_a_finite_number_or_refused(text):
    try: assert abs(calculate(text)) < float('inf')
    except (SandboxViolation, ToolFailed): pass

@quick
@given(st.recursive(st.integers(0, 99).map(str), lambda inner: st.tuples(inner, st.sampled_from('+-*'), inner).map(lambda t: f'({t[0]}{t[1]}{t[2]})'), max_leaves=8))
def test_sums_are_those_of_python(text):
    def value(n): return n.value if isinstance(n, ast.Constant) else {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a*b}[type(n.op)](value(n.left), value(n.right))
    if len(text) <= 80: assert calculate(text) == pytest.approx(value(ast.parse(text, mode='eval').body))

@pytest.mark.parametrize('text', ["__import__('os')", 'open(1)', '().__class__', 'lambda: 1', '[1][0]', '1 if 1 else 2', 'import os', 'True', '1;2', 'x', '1e9', '０+１', '1'*81])
def test_what_is_more_than_a_sum_is_refused(text):
    with pytest.raises(SandboxViolation): calculate(text)

@quick
@given(st.one_of(st.text(max_size=30), st.text('a./\\~:%\n\0 ', max_size=12)))
def test_a_path_that_passes_stays_below(path):
    try: sandbox_path(path)
    except SandboxViolation: return
    full = posixpath.normpath(posixpath.join('/world', path))
    assert full.startswith('/world/') and not any(p.startswith('.') for p in path.split('/')) and not set(path) & set('\\~:%\n\0')

hostile = [('read_file', dict(path=p)) for p in ('../../etc/passwd', '/etc/passwd', 'notes/../../x', '~/x', 'C:\\x', 'file:///etc/passwd', 'notes/%2e%2e/x', 'a\n/etc', '')] + [
    ('open_page', dict(address=a)) for a in ('http://127.0.0.1/', 'https://example.com', 'ftp://x', '//x', 'page:../x', 'data:text/html,x', 'page:home\n')] + [
    ('write_file', dict(path='../x', text='t')), ('calculate', dict(sum="__import__('os').system('ls')")), ('calculate', dict(sum='import os'))]

def test_hostile_calls_are_refused_counted_and_shown():
    world = dict(files={'notes': 'x'}, pages={'page:home': 'x'})
    box = Sandbox(toy_tools, world)
    ends = [box.call(dict(name=n, arguments=a)) for n,a in hostile]
    assert {e.kind for e in ends} == {'refused'} and box.counts == {'refused': len(hostile)}
    assert box.world == world and len(box.refused.rows) == len(hostile) and '../../etc/passwd' in repr(box.refused)

@pytest.mark.parametrize('call', [None, 1, 'x', [], {}, dict(name=1, arguments={}), dict(name='calculate'), dict(name='calculate', arguments=None), dict(name='calculate', arguments=[]), dict(name=['calculate'], arguments={}),
                                  dict(name='calculate', arguments=dict(sum=1)), dict(name='calculate', arguments=dict(sum='1', more=2)), dict(name='Calculate', arguments=dict(sum='1'))])
def test_a_call_of_any_form_has_an_end(call): assert Sandbox(toy_tools, dict(files={}, pages={})).call(call).kind == 'wrong'

def test_only_what_is_done_changes_the_world():
    def spoil_and_fail(world, given): world['a'].append(1); raise ToolFailed('no')
    tool = lambda run: Tool('t', '', dict(type='object'), run)
    start = dict(a=[])
    failing, working = Sandbox([tool(spoil_and_fail)], start), Sandbox([tool(lambda world, given: world['a'].append(1))], start)
    assert failing.call(dict(name='t', arguments={})).kind == 'failed' and failing.world == start
    assert working.call(dict(name='t', arguments={})).kind == 'done' and working.world == dict(a=[1]) and start == dict(a=[])

# Schemas

@pytest.mark.parametrize('schema,place,part', [
    (dict(type='object', properties=dict(a=dict(type='whole'))), 'parameters.properties.a.type', 'whole'), (dict(type='object', required='a'), 'parameters.required', 'array'), (dict(type='object', properties=[]), 'parameters.properties', 'object'),
    (dict(type='object', required=['b'], properties=dict(a={})), 'parameters.required', "'b'"), (dict(type='array'), 'parameters', 'object'), (None, 'parameters', 'object'), (True, 'parameters', 'object'), ([], 'parameters', 'object'),
    (dict(type='object', properties=dict(a=dict(minimum='3'))), 'parameters.properties.a.minimum', 'number'), (dict(type='object', properties=dict(a=dict(type='object', properties=dict(b=dict(type=7))))), 'parameters.properties.a.properties.b.type', '7')])
def test_a_schema_that_is_none_is_named(schema, place, part):
    with pytest.raises(UserError) as e: check_tool(Tool('bake', '', schema))
    assert f"tool 'bake', {place}: " in str(e.value) and part in str(e.value) and '\n' not in str(e.value)

@pytest.mark.parametrize('inner', [{'$ref': 'http://example.com/x.json'}, dict(type='string', pattern='(a+)+$'), dict(anyOf=[{'$ref': '#/x'}]), dict(type='array', items=dict(patternProperties={'a': {}}))])
def test_a_schema_that_reaches_out_does_not_run(inner):
    tool = Tool('bake', '', dict(type='object', properties=dict(a=inner)), lambda world, given: None)
    check_tool(tool)
    with pytest.raises(UserError, match='is not taken here'): Sandbox([tool], {})

def test_a_parameter_may_be_called_as_a_keyword(): check_tool(Tool('bake', '', dict(type='object', properties={'pattern': dict(type='string'), '$ref': dict(type='string')})), safe=True)

@pytest.mark.parametrize('name', ['', 'a b', 'a\n', 'x'*101, 'a;b', 7, None])
def test_a_name_that_cannot_be_called(name):
    with pytest.raises(UserError, match='name'): check_tool(Tool(name, '', dict(type='object')))

def test_deep_nesting_is_a_sentence():
    schema = {}
    for _ in range(3000): schema = dict(properties=dict(a=schema))
    with pytest.raises(UserError, match='nested too deeply'): check_tool(Tool('bake', '', dict(type='object', properties=dict(a=schema))))

# What is generated

def test_splits_share_no_word_that_could_be_learned():
    pool = {s: {'tools': {t.name for t in generate_tools(s)}, 'parameters': {p for _,params in load_domains(s).values() for p in params}, 'things': {t for things,_ in load_domains(s).values() for t in things}, 'domains': set(load_domains(s)),
                'verbs': {w for op in tools.tool_verbs[s] for v,o in verb_synonyms(s, op).items() for w in (v, *o)}, 'descriptions': {t.description for t in generate_tools(s)}, 'frames': set(tools.request_frames[s]), 'joints': set(tools.request_joints[s]),
                'talk': set(tools.small_talk[s]), 'titles': {w for words in tools.example_names[s]['title'] for w in words}, 'people': {n.split()[0] for n in tools.example_names[s]['person']}, 'places': set(tools.example_names[s]['place'])} for s in tool_domains}
    for a,b in permutations(tool_domains, 2):
        for k in pool[a]: assert not pool[a][k] & pool[b][k], (a, b, k)

@pytest.mark.parametrize('seed', [1, 2])
def test_requests_do_not_leak(seed):
    train, test = generate_call_requests('train', 600, seed), generate_call_requests('test', 200, seed)
    assert not {t.name for r in train for t in r.tools} & {t.name for r in test for t in r.tools}
    assert not {r.wording for r in train} & {r.wording for r in test}
    assert len(leaks([r.text for r in test], [r.text for r in train])) == 0

def test_there_are_hundreds_of_tools_and_many_wordings():
    assert len(generate_tools('train')) >= 400 and len({json.dumps(t.parameters) for t in generate_tools('train')}) >= 300
    made = generate_call_requests('train', 500)
    assert len({r.wording for r in made}) >= 450 and len({r.text for r in made}) >= 480

@splits
def test_right_calls_run_and_are_right(split):
    tokenizer = load_checkpoint('tiny').tokenizer()
    for i,r in enumerate(generate_call_requests(split, 100, 7)):
        offered = {t.name: t for t in r.tools}
        assert len({(t.op, t.thing) for t in r.tools}) == len(r.tools)
        assert not any(argument_faults(offered[c['name']], c['arguments']) for c in r.calls)
        assert call_mismatch(parse_json_calls(calls_json(r.calls)), accepted_calls(r), r.tools) == ''
        ends = [json.loads(e)[0] for e in end_state(r, r.calls, world_for_request(r))[0]]
        assert set(ends) <= ({'asks'} if r.category == 'missing' else {'done'}) and (len(ends) == 0) == (r.category == 'irrelevance')
        assert expand_calls(calls_json(compact_calls(r.calls, r.tools)), r.tools) == r.calls
        if i % 4 == 0: assert grammar_accepts(tokenizer, calls_grammar(r.tools), calls_json(r.calls)) and grammar_accepts(tokenizer, calls_grammar(r.tools, short=True), calls_json(compact_calls(r.calls, r.tools)))

@splits
def test_what_is_to_be_copied_is_said(split):
    for r in generate_call_requests(split, 150, 3):
        for c in r.calls:
            for v in c['arguments'].values():
                if isinstance(v, str): assert v.lower() in r.text.lower(), (r.text, v)
                if isinstance(v, list): assert all(o.lower() in r.text.lower() for o in v)

@pytest.mark.parametrize('text', ['', '[', '{}', 'null', '1', '["A"]', '[[]]', '[[1]]', '[["B",{"s":"x"}]]', '[["A"]]', '[["A","x"]]', '[["A",{"s":"x"},2]]', '[["A",{"s":"x"}],[]]', '[[["A"],{}]]', '['*5000, '[["A",{"s":' + '['*900 + ']'*900 + '}]]'])
def test_a_short_form_that_is_none(text):
    two = Tool('f', '', dict(type='object', properties=dict(s=dict(type='string'), n=dict(type='integer')), required=['s']))
    assert expand_calls(text, [two]) is None and expand_calls('[["A",{"s":null,"n":null}]]', [two]) == [dict(name='f', arguments=dict(s=None))] and expand_calls('[]', [two]) == []
    if len(text) < 100: assert not grammar_accepts(load_checkpoint('tiny').tokenizer(), calls_grammar([two], short=True), text)

def test_there_is_a_letter_for_each_of_many_tools():
    many = [Tool(f'f{i}', '', dict(type='object')) for i in range(60)]
    calls = [dict(name=t.name, arguments={}) for t in many]
    assert expand_calls(calls_json(compact_calls(calls, many)), many) == calls

def test_what_is_missing_was_not_said():
    for r in generate_call_requests('train', 100, 5, ('missing',)):
        assert any(v is None for c in r.calls for v in c['arguments'].values())
    assert all(v is not None for r in generate_call_requests('train', 100, 5, ('simple', 'multiple', 'parallel')) for c in r.calls for v in c['arguments'].values())

# Slips and the filter

@pytest.mark.parametrize('slip', call_error_kinds)
def test_a_slip_is_wrong_by_comparison_and_nearly_always_by_outcome(slip):
    rng, found = random.Random(0), 0
    rows = [(r, c) for r in generate_call_requests('train', 400, 9, request_categories if slip == 'invented' else request_categories[:4]) if (c := corrupt_calls(r, slip, rng)) is not None]
    assert len(rows) > 20
    for r,c in rows:
        assert call_mismatch(c, accepted_calls(r), r.tools)
        found += not reaches_same_state(tools.LoggedCalls(r, c, slip))
    assert found/len(rows) > .95 # A call that asks is not run, so its other arguments are not tried

def order_is_free(request):
    "Does no call read what another one changes?"
    used = [t for c in request.calls for t in request.tools if t.name == c['name']]
    return not {t.thing for t in used if t.op == 'find'} & {t.thing for t in used if t.op != 'find'}

def test_another_spelling_is_right_and_kept():
    rng, differ, bound = random.Random(0), 0, 0
    for r in generate_call_requests('train', 200, 11):
        calls, free = equivalent_calls(r, rng), order_is_free(r)
        differ += json.dumps(calls) != json.dumps(r.calls)
        bound += not free
        assert call_mismatch(calls, accepted_calls(r), r.tools) == '' and (reaches_same_state(tools.LoggedCalls(r, calls, '')) or not free)
    assert differ > 80 and bound < 10

def test_the_share_of_slips_is_as_asked():
    assert all(not l.slip for l in generate_call_log(generate_call_requests('train', 100), 0))
    assert .12 < sum(bool(l.slip) for l in generate_call_log(generate_call_requests('train', 500)))/500 < .28

# Scoring

@quick
@given(st.integers(0, 5).flatmap(lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=n, max_size=n)))
def test_pairing_agrees_with_all_orders(fit): assert has_perfect_matching(fit) == any(all(fit[i][j] for i,j in enumerate(order)) for order in permutations(range(len(fit))))

spec = Tool('f', '', dict(type='object', properties=dict(s=dict(type='string'), i=dict(type='integer'), x=dict(type='number'), b=dict(type='boolean'), l=dict(type='array'), d=dict(type='object')), required=['s']))

@pytest.mark.parametrize('given_,accepted,right', [
    (dict(s='New York'), dict(s=['new york']), True), (dict(s='N.Y.'), dict(s=['New York', 'NY']), True), (dict(s='Boston'), dict(s=['New York']), False), (dict(s="it's"), dict(s=['it"s']), True),
    (dict(s='a', i=1), dict(s=['a'], i=[1]), True), (dict(s='a', i=True), dict(s=['a'], i=[1]), False), (dict(s='a', i='1'), dict(s=['a'], i=[1]), False), (dict(s='a', x=5), dict(s=['a'], x=[5.0]), True),
    (dict(s='a', i=5.0), dict(s=['a'], i=[5]), False), (dict(s='a', i='n'), dict(s=['a'], i=['n']), True), (dict(s='a', i=5.5), dict(s=['a'], i=[5.5, 5]), True), (dict(s='a', b=True), dict(s=['a'], b=[True]), True), (dict(s='a', b=1), dict(s=['a'], b=[True]), False), (dict(s='a', l=['X ', 'y']), dict(s=['a'], l=[['x', 'Y']]), True),
    (dict(s='a', l=['y', 'x']), dict(s=['a'], l=[['x', 'y']]), False), (dict(s='a', d=dict(k='v')), dict(s=['a'], d=[dict(k=['v', 'w'], o=['', 1])]), True), (dict(s='a', d=dict(o=1)), dict(s=['a'], d=[dict(k=['v'], o=['', 1])]), False),
    (dict(s='a'), dict(s=['a'], i=['', 3]), True), (dict(s='a'), dict(s=['a'], i=[3]), False), (dict(s='a', z=1), dict(s=['a']), False), (dict(), dict(s=['a']), False), (dict(s=None), dict(s=['a']), False), (dict(s=None), dict(s=[None]), True),
    (dict(s=''), dict(s=['a'], i=['']), False), (dict(s='a', l=[dict(k='V')]), dict(s=['a'], l=[[dict(k=['v'])]]), True)])
def test_a_call_is_compared_as_the_leaderboard_does(given_, accepted, right): assert (call_mismatch([dict(name='f', arguments=given_)], [dict(f=accepted)], [spec]) == '') == right

def test_parallel_calls_may_come_in_any_order_but_each_once():
    one, two = dict(f=dict(s=['a', 'b'])), dict(f=dict(s=['a']))
    call = lambda s: dict(name='f', arguments=dict(s=s))
    assert call_mismatch([call('a'), call('b')], [one, two], [spec]) == call_mismatch([call('b'), call('a')], [one, two], [spec]) == ''
    assert call_mismatch([call('b'), call('b')], [one, two], [spec]) and call_mismatch([call('a')], [one, two], [spec]) and call_mismatch([call('a')]*3, [one, two], [spec])

def read(answer, offered=()):
    "The calls of an answer, or None where it is unreadable"
    try: return parse_calls(answer, offered)
    except UnreadableCall: return None

@quick
@given(st.one_of(st.text(max_size=60), st.text('<>/think_al[]{}()"\'=:,.fa1` \n\\', max_size=60)))
def test_any_answer_is_read_or_not(text):
    calls = read(text)
    assert calls is None or all(isinstance(c['name'], str) and isinstance(c['arguments'], dict) for c in calls)

def f(**arguments): return dict(name='f', arguments=arguments)

@pytest.mark.parametrize('text,calls', [
    ('[f(a=1, b=[1, "x"], c=-2.5, d={"k": None})]', [f(a=1, b=[1, 'x'], c=-2.5, d=dict(k=None))]), ('a.b.c()', [dict(name='a.b.c', arguments={})]), ('[]', []), ('f(**x)', None), ('f(g())', None), ('f(1)', None),
    ('f(a=b)', None), ('[{"f": {"a": 1}}, {"g": "{}"}]', [f(a=1), dict(name='g', arguments={})]), ('{"name": "f", "parameters": {"a": 1}}', [f(a=1)]), ('[1]', []), ('null', []), ('', []),
    ('['*5000, None), ('f()()', None), ('f(a=true, b=[false, null])', [f(a=True, b=[False, None])]), ('f(a=True)\nf(a=2)', [f(a=True), f(a=2)]), ('x = f(a=1)', [f(a=1)]), ('f(a="```py\\nx```")', [f(a='```py\nx```')])])
def test_forms_of_answers(text, calls): assert read(text) == calls

body, python = '{"name": "f", "arguments": {"a": 1}}', '[f(a=1)]'

@pytest.mark.parametrize('text', [
    body, python, f'<tool_call>\n{body}\n</tool_call>', f'<tool_call>{body}', f'{body}\n</tool_call>', f'<tool_call>\n```json\n{body}\n```\n</tool_call>', '<tool_call>{"name": "f", "arguments": "{\\"a\\": 1}"}</tool_call>',
    "<tool_call>\n{'arguments': {'a': 1}, 'name': 'f'}\n</tool_call>", f'<think>\nf(a=2)?\n</think>\n\n{python}', f'Perhaps f(a=2).\n</think>\n{body}', f'<think>\nOne, so this:\n{python}', f'<think>\nHm.\n<tool_call>\n{body}\n</tool_call>',
    f'```json\n[{body}]\n```', f'```\n{python}\n```', f'Here is the call:\n```python\n{python}\n```\nIt takes 1.', f'Sure: {python}', f'I will call `f(a=1)` now.', f'I call f(a=1).\n\n{python}', f'[TOOL_CALLS] [{body}]', f'<|python_tag|>{body}',
    f'The call is {body}, as asked (see above).'])
def test_a_call_as_engines_write_it(text): assert parse_calls(text) == [f(a=1)]

@pytest.mark.parametrize('text', [f'<tool_call>\n{body}\n</tool_call>\n<tool_call>\n{body.replace("1", "2")}\n</tool_call>', f'<tool_call>{body}<tool_call>{body.replace("1", "2")}', 'f(a=1)\nf(a=2)', '[f(a=1), f(a=2)]', f'{body}\n{body.replace("1", "2")}', '```\nf(a=1)\n```\n```python\nf(a=2)\n```',
                                  'These are needed:\n[f(a=1), f(a=2)]\nBoth run.'])
def test_several_calls_as_engines_write_them(text): assert parse_calls(text) == [f(a=1), f(a=2)]

@pytest.mark.parametrize('answer', [
    [{'f': '{"a": 1}'}], {'f': {'a': 1}}, [dict(type='function', id='1', function=dict(name='f', arguments='{"a": 1}'))], dict(role='assistant', content=None, tool_calls=[dict(type='function', function=dict(name='f', arguments='{"a": 1}'))]),
    dict(role='assistant', content='<think>One.</think>f(a=1)', tool_calls=None), dict(role='assistant', content='', function_call=dict(name='f', arguments='{"a": 1}')), ['f(a=1)'],
    [dict(type='text', text='I look it up.'), dict(type='tool_use', id='1', name='f', input=dict(a=1))]])
def test_calls_as_chat_apis_return_them(answer): assert parse_calls(answer) == [f(a=1)]

gemini = dict(functionCall=dict(name='f', args=dict(a=1)))
bedrock = dict(toolUse=dict(toolUseId='1', name='f', input=dict(a=1)))
responses = dict(type='function_call', id='1', call_id='2', name='f', arguments='{"a": 1}', status='completed')
envelopes = [gemini, dict(role='model', parts=[gemini]), dict(role='model', parts=[dict(text='Let me see: f(a=2)?', thought=True), gemini | dict(thoughtSignature='x')]), dict(candidates=[dict(content=dict(role='model', parts=[gemini]))]),
    bedrock, dict(role='assistant', content=[dict(text='I look it up.'), bedrock]), dict(output=dict(message=dict(role='assistant', content=[dict(reasoningContent=dict(reasoningText=dict(text='f(a=2)'))), bedrock])), stopReason='tool_use'),
    [dict(type='thinking', thinking='f(a=2)?', signature='x'), dict(type='redacted_thinking', data='x'), dict(type='tool_use', id='1', name='f', input=dict(a=1))],
    dict(output=[dict(type='reasoning', summary=[]), responses]), [responses], dict(choices=[dict(message=dict(role='assistant', content=None, tool_calls=[dict(type='function', function=dict(name='f', arguments='{"a": 1}'))]))]),
    dict(tool_name='f', parameters=dict(a=1)), dict(text='I look it up.', tool_calls=[dict(name='f', parameters=dict(a=1))]), dict(name='f', args=dict(a=1)), dict(tool='f', args=dict(a=1)), dict(action='f', action_input=dict(a=1)), dict(type='function', function='f', parameters=dict(a=1))]
in_text = [e for e in envelopes if 'I look' not in str(e)]

@pytest.mark.parametrize('answer', [*envelopes, *map(json.dumps, in_text), *(f'As asked:\n```json\n{json.dumps(e)}\n```' for e in in_text)], ids=str)
def test_calls_in_the_envelopes_of_providers(answer): assert parse_calls(answer) == [f(a=1)]

@pytest.mark.parametrize('text', [
    'Thought: I need f.\nAction: f\nAction Input: {"a": 1}', '**Action:** `f`\n**Action Input:** {"a": 1}\nObservation: 5', 'Action: f\nAction Input:\n```json\n{"a": 1}\n```', 'Action:\n```json\n{"action": "f", "action_input": {"a": 1}}\n```',
    '<|channel|>analysis<|message|>So f.<|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": 1}<|call|>', '<|start|>assistant to=functions.f<|channel|>commentary json<|message|>{"a": 1}',
    'f {"a": 1}', 'f\n{"a": 1}', '[TOOL_CALLS]f[ARGS]{"a": 1}', 'f({"a": 1})', '`f`: {"a": 1}', 'functions.f:0 {"a": 1}', 'Tool: f\nArguments: {"a": 1}', 'f\n\nParameters:\n{"a": 1}', '<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{"a": 1}\n```', '<tool_call>f\n{"a": 1}</tool_call>', 'I use f\n{"name": "f", "arguments": {"a": 1}}'])
def test_a_name_before_its_arguments(text): assert parse_calls(text, [Tool('f', '', dict(type='object'))]) == [f(a=1)]

def test_arguments_behind_a_name_may_be_none_or_objects_and_several_calls_stand_together():
    one = [Tool('f', '', dict(type='object'))]
    assert parse_calls('Action: f\nAction Input: {}') == parse_calls('f {}', one) == [f()]
    assert parse_calls('f {"a": {"b": 1}}', one) == [f(a=dict(b=1))]
    assert parse_calls('Action: f\nAction Input: {"a": 1}\nAction: f\nAction Input: {"a": 2}') == [f(a=1), f(a=2)]
    assert parse_calls('f({"a": 1})\nf({"a": 2})', one) == [f(a=1), f(a=2)] and parse_calls('f returns {"a": 1}, and so does (f, see {"a": 2})', one) == []
    assert read('Action: f\nAction Input: {"a": 1}\nObservation: 3\nAction: f\nAction Input: {"a": 2}') is None

def test_a_tool_called_as_an_envelope_is_a_tool():
    for name in ('message', 'content', 'output'): assert parse_calls([{name: dict(text='hi')}], [Tool(name, '', dict(type='object'))]) == [dict(name=name, arguments=dict(text='hi'))]

@pytest.mark.parametrize('text', ['{"name": "f", "arguments": {"a": 1, "a": 2}}', '[{"f": {"a": 1, "a": 2}}]', '```json\n[{"f": {"a": 1, "a": 2}}]\n```', '{"name": "f", "arguments": "{\\"a\\": 1, \\"a\\": 2}"}', 'f(a=1, a=2)', 'So: f(a=1, a=2)', 'f(a={"b": 1, "b": 2})', "<tool_call>{'name': 'f', 'arguments': {'a': 1, 'a': 2}}</tool_call>",
                                  'Action: f\nAction Input: {"a": 1, "a": 2}', [{'f': '{"a": 1, "a": 2}'}]])
def test_an_argument_that_stands_twice_is_not_read(text):
    assert read(text) is None
    if isinstance(text, str): assert parse_json_calls(text) is None

def test_an_argument_twice_in_the_short_form(): assert expand_calls('[["A",{"a":1,"a":2}]]', offered) is None

def test_a_call_without_arguments_may_say_so_in_several_ways():
    for given in ({}, '', '{}', None): assert parse_calls([dict(function=dict(name='f', arguments=given))]) == [f()]

offered = [Tool('math.f', '', dict(type='object', properties=dict(a=dict(type='integer')), required=['a']))]
prose = ['I cannot help with that.', 'Thought: nothing fits.\nFinal Answer: I cannot.', 'Action: None\nAction Input: {}', dict(role='model', parts=[dict(text='No.')]), dict(role='model', parts=[]), [dict(type='thinking', thinking='math.f(a=1)?'), dict(type='text', text='No.')],
         dict(output=[dict(type='reasoning', summary=[]), dict(type='message', role='assistant', content=[dict(type='output_text', text='No.', annotations=[])])]), '{"role": "assistant", "content": "No."}', 'Our action: none.', 'None of these fits; math.f() only counts.', 'Let y = f (x) and x = [1, 2].', '[Note] Nothing fits (sorry).', '{"error": "no function fits"}', '{"name": "Bob", "age": 5}', '<think>math.f(a=1)?</think>No, nothing fits.', 'It costs {about} 5.',
         'a == b, so f(a == b) holds', dict(role='assistant', content='No.'), dict(role='assistant', content=None, tool_calls=[]), [], [dict(type='text', text='No.')]]
broken = ['math.f({"a": 1', 'math.f: {"a": ', "math.f {'a': 1}", '<invoke name="math.f"><parameter name="a">1</parameter></invoke>', 'Action: math.f\nAction Input: a is 1', 'Action: math.f', 'Action: unheard_of\nAction Input: {a: 1}', 'to=functions.math.f <|message|>a', 'math.f {"a": ', 'math.f\n[{"a": 1}]', '{"functionCall": {"name": "unheard_of", "args": {a: 1}}}', dict(functionCall=dict(name='math.f', args='a is 1')), 
          '{"unheard_of": {a: 1}}', '<tool_call>\n{"name": "math.f", "argu', '<tool_call>none</tool_call>', 'math.f(1)', 'math.f(a=b)', 'Sure: [math.f(a=', 'x = math_f(1)', '[{"name": "math.f", "arguments": {"a": 1}', '{"name": "math.f", "arguments": {a: 1}}', '{"name": "math.f", "arguments": "a is 1"}', '{"name": "math.f", "a": 1}',
          '[{"name": "math.f", "arguments": {"a": 1}}, {"name": "ma', 'math.f(a=1) or perhaps math.f(a=2)', '<function=math.f><parameter=a>1</parameter></function>', '<think>\nLet me see', '{"math.f": {a: 1}}', 'Error during inference: no valid JSON', '[{"math.f": {"a": 1}}, 3]',
          [{'math_f': '{"a": '}], [{'unheard_of': 'a'}], dict(role='assistant', tool_calls=[dict(function=dict(name='math.f', arguments='{"a"'))]), [3]]

@pytest.mark.parametrize('answer', prose, ids=str)
def test_prose_is_no_call(answer): assert parse_calls(answer, offered) == []

@pytest.mark.parametrize('accepted', [[{'math.f': dict(a=[1])}], [], None], ids=['due', 'nothing due', 'any due'])
@pytest.mark.parametrize('answer', broken, ids=str)
def test_what_looks_like_a_call_and_cannot_be_read_is_wrong_whatever_was_due(answer, accepted):
    found = score_calls([functions.FunctionQuestion('q', 'simple', 'x', tuple(offered), accepted)], dict(q=answer))
    assert found.faults['q'].startswith('unreadable: ') and [(r['right'], r['unreadable']) for r in found.rows()] == [(0, 1)]*2

@pytest.mark.parametrize('answer', prose, ids=str)
def test_prose_is_right_only_where_nothing_is_due(answer):
    questions = [functions.FunctionQuestion(name, name, 'x', tuple(offered), accepted) for name,accepted in (('simple', [{'math.f': dict(a=[1])}]), ('irrelevance', []), ('live_relevance', None))]
    found = score_calls(questions, {q.id: answer for q in questions})
    assert [(r['right'], r['unreadable']) for r in found.rows()] == [(0, 0), (1, 0), (0, 0), (1, 0)]

def nested(depth, inner='1'): return '['*depth + inner + ']'*depth

@pytest.mark.parametrize('text', ['['*9999, '('*9999, '-'*19_990 + '1', 'not '*4000 + '1', 'f'+'.a'*9000 + '()', 'f' + '()'*9000, 'f(a=' + '1+'*9000 + '1)', f'f(a={nested(9000)})', f'f(a={nested(90)})',
                                  'f(a=' + '{1:'*4990 + '1' + '}'*4990 + ')', f'[{{"name": "f", "arguments": {{"a": {nested(9000)}}}}}]', f'[{{"name": "f", "arguments": {{"a": {nested(400)}}}}}]',
                                  json.dumps(dict(name='f', arguments='{"a": 1}' + ' '*19_000)), 'f(a=0x' + 'f'*19_000 + ')', '[' + '9'*19_000 + ']'], ids=lambda text: text[:9])
def test_a_deep_or_long_answer_is_read_or_not_and_never_an_error(text):
    assert len(text) <= 20_000
    calls = read(text)
    assert not calls or [c['name'] for c in calls] == ['f']
    assert expand_calls(text, []) in (None, []) and (calls or not parse_json_calls(text))
    if calls: assert isinstance(call_mismatch(calls, [dict(f=dict(a=[2], b=['']))], [Tool('f', '', dict(type='object', properties=dict(a=dict(type='integer'))))]), str)

long = json.dumps([dict(name='f', arguments=dict(a=' '*20_000))])

def test_an_answer_longer_than_any_that_is_due_is_not_read():
    assert read(long) is None and parse_json_calls(long) is None and expand_calls(json.dumps([['A', dict(a=' '*20_000)]]), [Tool('f', '', dict(type='object', properties=dict(a={})))]) is None
    assert read([dict(name='f', arguments=json.dumps(dict(a=' '*20_000)))]) is None
    assert parse_calls('<think>' + 'hm '*20_000 + '</think>f(a=1)') == [f(a=1)]

@pytest.mark.parametrize('accepted', [[dict(f=dict(a=[1]))], [], None])
@pytest.mark.parametrize('answer', [long, json.loads(long)], ids=['text', 'calls'])
def test_a_huge_answer_is_wrong_whatever_was_due(answer, accepted):
    found = score_calls([functions.FunctionQuestion('q', 'simple', 'x', (Tool('f', '', {}),), accepted)], dict(q=answer))
    assert found.faults['q'].startswith('unreadable: longer than 20,000 characters')

@pytest.mark.parametrize('accepted', [1, json.loads(nested(900))], ids=['number', 'deep'])
@pytest.mark.parametrize('text', [f'[{{"name": "f", "arguments": {{"a": {nested(900)}}}}}]', 'f(a=0x' + 'f'*19_000 + ')'], ids=['deep', 'number'])
def test_what_cannot_be_compared_is_wrong(text, accepted):
    calls = parse_calls(text)
    assert [c['name'] for c in calls] == ['f']
    assert call_mismatch(calls, [dict(f=dict(a=[accepted]))])

# Files

row = dict(id='simple_python_0', question=[[dict(role='user', content='How large is it?')]], function=[dict(name='area.of', description='The area.', parameters=dict(type='dict', properties=dict(base=dict(type='float'), kind=dict(type='any'), pair=dict(type='tuple', items=dict(type='integer'))), required=['base']))])
truth = dict(id='simple_python_0', ground_truth=[{'area.of': dict(base=[10], kind=['', 'x'])}])

def files(place, questions, truths=(), answers=()):
    (place/'possible_answer').mkdir(exist_ok=True)
    write_jsonl(place/'q.json', questions)
    if truths: write_jsonl(place/'possible_answer'/'q.json', truths)
    if answers: write_jsonl(place/'a.jsonl', answers)
    return place/'q.json'

def test_the_leaderboards_files(tmp_path):
    loaded = read_questions(files(tmp_path, [row, row | dict(id='irrelevance_4'), row | dict(id='live_relevance_2-1-0'), row | dict(id='live_simple_0-0-0', ground_truth=truth['ground_truth'])], [truth]))
    questions = loaded.items
    assert loaded.problems == [] and [q.category for q in questions] == ['simple_python', 'irrelevance', 'live_relevance', 'live_simple'] and [q.accepted for q in questions] == [truth['ground_truth'], [], None, truth['ground_truth']]
    assert questions[0].tools[0].parameters['properties'] == dict(base=dict(type='number'), kind={}, pair=dict(type='array', items=dict(type='integer'))) and tool_signature(questions[0].tools[0]) == 'area.of(base:num,kind?:any,pair?:[int]) The area.'
    said = {'simple_python_0': '[area.of(base=10.0)]', 'irrelevance_4': 'I cannot help with that.', 'live_relevance_2-1-0': [{'area.of': '{}'}]}
    found = score_calls(questions, said | dict(other='x'))
    assert [r['right'] for r in found.rows()] == [1, 1, 1, 0, 3] and found.unanswered == 1 and found.unmatched == ['other'] and "answers to no question that was scored: 1, the first to 'other'" in repr(found)
    assert 'all 4 questions were scored' in repr(found) and found.to_json()['faults'] == {'live_simple_0-0-0': 'no answer'} and json.dumps(found.to_json())

factorial = dict(question=[[dict(role='user', content='What is five factorial?')]], function=[dict(name='math.factorial', description='Own example.', parameters=dict(type='dict', properties=dict(number=dict(type='integer', description='n')), required=['number']))])
call_text = '{"name": "math.factorial", "arguments": {"number": %d}}'
engine_answers = [dict(id='simple_0', result=[dict(math_factorial='{"number": 5}')]), dict(id='simple_1', result=f'<tool_call>\n{call_text % 5}\n</tool_call>'), dict(id='simple_2', result='<think>\nFive, so the factorial.\n</think>\n\n[math.factorial(number=5)]'),
                  dict(id='irrelevance_0', result=f'<tool_call>\n{call_text % 1}\n</tool_call>')]

@pytest.mark.parametrize('write', [lambda rows: '\n'.join(map(json.dumps, rows)).encode(), lambda rows: json.dumps(rows, indent=2).encode(), lambda rows: gzip.compress('\n'.join(map(json.dumps, rows)).encode())], ids=['lines', 'array', 'gzip'])
def test_answers_as_engines_write_them_are_scored(tmp_path, write):
    contents = dict(questions=[factorial | dict(id=r['id']) for r in engine_answers], truths=[dict(id=f'simple_{i}', ground_truth=[{'math.factorial': dict(number=[5])}]) for i in range(3)], answers=engine_answers)
    for name,rows in contents.items(): (tmp_path/name).write_bytes(write(rows))
    found = score_calls(read_questions(tmp_path/'questions', tmp_path/'truths').items, dict(read_answers(tmp_path/'answers').items))
    assert found.faults == dict(simple_0='', simple_1='', simple_2='', irrelevance_0='math.factorial was called, and nothing was due')

def test_names_with_underscores_are_those_of_one_tool_or_of_none():
    def fault(names, said, due): return score_calls([functions.FunctionQuestion('q', 'simple', 'x', tuple(Tool(n, '', dict(type='object', properties={})) for n in names), [{due: {}}] if due else None)], dict(q=[{said: '{}'}])).faults['q']
    assert fault(['a.b_c'], 'a_b_c', 'a.b_c') == fault(['a.b_c', 'a_b_c'], 'a_b_c', 'a_b_c') == fault(['a.b_c'], 'a_b_c', None) == ''
    assert fault(['a.b_c', 'a_b.c'], 'a_b_c', 'a.b_c') == 'a_b_c was called, not a.b_c (a_b_c may be a.b_c or a_b.c, so it was not mapped)'
    assert 'not mapped' in fault(['a.b_c', 'a_b.c'], 'a_b_c', None) and fault(['a.b'], 'a_c', 'a.b') == 'a_c was called, not a.b'

turn = [dict(role='user', content='a')]

@pytest.mark.parametrize('change,why', [
    *((dict(id='simple_9', question=[[*turn, dict(role=role, content='b'), *turn]]), 'a turn of an assistant or a tool') for role in ('assistant', 'tool')),
    (dict(id='multi_turn_base_0', question=[turn]*2, function=None, involved_classes=['TwitterAPI']), 'several turns'), (dict(id='simple_9', question=[turn]*2), 'several turns'), (dict(id='web_search_0', function=None, involved_classes=['WebSearchAPI']), 'run'),
    (dict(id='memory_0-customer-0', function=None, involved_classes=['MemoryAPI']), 'run'), (dict(id='rest_0'), 'run'), (dict(id='exec_parallel_multiple_3'), 'run'), (dict(id='mine_3', execution_result_type=['exact_match'], ground_truth=['f(a=1)']), 'run'), (dict(id='java_1'), 'Java'), (dict(id='simple_java_1'), 'Java'),
    (dict(id='javascript_1'), 'Java'), (dict(id='simple_javascript_1'), 'Java'), (dict(id=None, question='Find it.', function=''), 'no function is offered')])
def test_questions_that_are_not_scored_are_counted_with_the_reason(tmp_path, change, why):
    place = files(tmp_path, [row | change, row], [truth, dict(id=change['id'] or 'x', ground_truth=[['f(a=1)']])])
    loaded = read_questions(place)
    assert loaded.problems == [] and [q.id for q in loaded.items] == ['simple_python_0']
    (reason, n), = loaded.left_out.items()
    assert why in reason and n == 1
    found = score_calls(loaded.items, {}, loaded.left_out)
    assert f'1 of 2 questions were scored; 1 not: {reason}' in repr(found) and found.to_json()['left_out'] == {reason: 1}

@pytest.mark.parametrize('kind', ['simple', 'simple_python', 'multiple', 'parallel', 'parallel_multiple', 'live_simple', 'live_multiple', 'live_parallel', 'live_parallel_multiple', 'irrelevance', 'live_irrelevance', 'live_relevance', 'executive'])
def test_categories_that_are_scored(tmp_path, kind):
    loaded = read_questions(files(tmp_path, [row | dict(id=f'{kind}_0-0-0')], [truth | dict(id=f'{kind}_0-0-0')]))
    assert [q.category for q in loaded.items] == [kind] and not loaded.left_out

def test_a_rate_over_a_remnant_says_so(tmp_path):
    loaded = read_questions(files(tmp_path, [row | dict(id=f'simple_{i}', ground_truth=[]) for i in range(3)] + [row | dict(id=f'multi_turn_{i}', question=[turn]*3) for i in range(4)] + [row | dict(id='java_0')]))
    assert score_calls(loaded.items, {}, loaded.left_out).coverage == '3 of 8 questions were scored; 5 not: several turns (4), values in Java or JavaScript (1)'
    with pytest.raises(UserError, match='holds no questions .*1 left out: several turns'): read_questions(files(tmp_path, [row | dict(question=[turn]*2)])).require(what='questions')

def test_bad_accepted_answers_are_named_where_they_stand(tmp_path):
    (tmp_path/'t.json').write_text(json.dumps(truth | dict(ground_truth='x')))
    problem, = read_questions(files(tmp_path, [row]), tmp_path/'t.json').problems
    assert problem.field == 'ground_truth' and problem.sentence.endswith(f"in {tmp_path/'t.json'}, row 1")
    (tmp_path/'t.json').write_text(json.dumps(truth | dict(ground_truth=[{'area.off': {}}])))
    problem, = read_questions(tmp_path/'q.json', tmp_path/'t.json').problems
    assert "'area.off' in " in problem.sentence and problem.sentence.endswith('row 1')
    (tmp_path/'t.json').write_text(json.dumps(truth) + '\n{"id": ')
    with pytest.raises(UserError, match='t.json: row 2, the line: expected JSON'): read_questions(tmp_path/'q.json', tmp_path/'t.json')

@pytest.mark.parametrize('change,field,part', [
    (dict(id=''), 'id', 'simple_0'), (dict(id=3), 'id', 'simple_0'), (dict(question=[]), 'question', 'expected'), (dict(question=None), 'question', 'expected'), (dict(function=None), 'function', 'list of functions'),
    (dict(function=[1]), 'function[0]', 'expected an object'), (dict(function=row['function'] + [dict(name='x y', parameters={})]), 'function[1]', 'name'), (dict(function=[dict(name='f', parameters=dict(type='dict', properties=dict(a=dict(type='HashMap'))))]), 'function[0]', 'HashMap'),
    (dict(ground_truth=[dict(f=1)]), 'ground_truth', 'accepted'), (dict(ground_truth='x'), 'ground_truth', 'accepted'), (dict(ground_truth=[{'area.off': {}}]), 'ground_truth', "functions offered, area.of, found 'area.off'"), (dict(function=[], ground_truth=truth['ground_truth']), 'ground_truth', "offered, none, found"), ({}, 'ground_truth', 'no accepted answer'), (dict(function=[dict(name='f', parameters='x')]), 'function[0]', 'object')])
def test_bad_questions_are_named_by_row_and_field(tmp_path, change, field, part):
    loaded = read_questions(files(tmp_path, [row | dict(id='ok_1', ground_truth=[]), row | change]))
    bad, = loaded.problems
    assert len(loaded.items) == 1 and (bad.row, bad.field) == (2, field) and part in bad.sentence

@pytest.mark.parametrize('content', [b'', b'\xff\xfe', b'\n\n', b'[1', None])
def test_files_that_cannot_be_read(tmp_path, content):
    if content is not None: (tmp_path/'q.json').write_bytes(content)
    with pytest.raises(UserError, match='q.json'): read_questions(tmp_path/'q.json')

def test_bad_lines_are_counted(tmp_path):
    (tmp_path/'q.json').write_text(json.dumps(row | dict(ground_truth=[])) + '\nnot json\n[1]\n"x"\n' + json.dumps(row | dict(ground_truth=[])))
    loaded = read_questions(tmp_path/'q.json')
    assert len(loaded.items) == 1 and [b.row for b in loaded.problems] == [2, 3, 4, 5] and 'twice' in loaded.problems[-1].sentence
    (tmp_path/'a.json').write_text('[{"id": "a", "result": "x"}, {"id": "b"}, {"id": "c", "answer": 3}, {"result": []}]')
    loaded = read_answers(tmp_path/'a.json')
    assert loaded.items == [('a', 'x')] and [(b.row, b.field) for b in loaded.problems] == [(2, 'result'), (3, 'answer'), (4, 'id')]
    with pytest.raises(UserError, match='no question to score'): score_calls([], {})

def test_accepted_answers_are_told_from_a_models(tmp_path):
    write_jsonl(tmp_path/'t.json', [truth]); write_jsonl(tmp_path/'a.json', [dict(id='x', result='[]')])
    assert holds_accepted(tmp_path/'t.json') and not holds_accepted(tmp_path/'a.json')

def test_a_grammar_for_the_leaderboards_tools(tmp_path):
    tokenizer, (q,) = load_checkpoint('tiny').tokenizer(), read_questions(files(tmp_path, [row], [truth])).items
    ok = lambda calls: grammar_accepts(tokenizer, calls_grammar(q.tools), calls_json(calls))
    call = lambda **a: dict(name='area.of', arguments=a)
    assert ok([]) and ok([call(base=1.5)]) and ok([call(base=1, kind='x', pair=[1, 2])]*2) and ok([call(base=None)]) and grammar_accepts(tokenizer, calls_grammar(()), '[]')
    assert not ok([call()]) and not ok([call(base='1')]) and not ok([call(base=1, z=1)]) and not ok([dict(name='area', arguments=dict(base=1))]) and not grammar_accepts(tokenizer, calls_grammar(()), '[{}]')
