"The validator refuses what the specification refuses, for the right reason, and never raises"
import json

import pytest
from hypothesis import given, settings, strategies as st

from dialect_cases import ACCEPTED, COUNT, MAX, NAMED, REFUSED, anything, deep, filtered, near

from finetune_notes.cases.queries.schema import parse_query, printable_value, validate
from finetune_notes.core.settings import UserError

@pytest.mark.parametrize('query,code,path', REFUSED)
def test_refused(query, code, path):
    found = validate(query)
    assert (code, path) in [(o.code, o.path) for o in found]
    assert len(found) == 1, found
    assert all(o.message.endswith('.') for o in found)
    str(found[0]).encode('utf-8')

@pytest.mark.parametrize('query', ACCEPTED + NAMED)
def test_accepted(query): assert validate(query) == []

@pytest.mark.parametrize('query', [filtered('ends-with', 'x'), filtered('does-not-end-with', 'x'), dict(limit=5), dict(granularity=0),
    dict(calculated_fields=[]), dict(calculations=[dict(op='P20', column='d')]), dict(calculations=[dict(op='P80', column='d')])])
def test_older_dialect(query):
    assert validate(query) == []
    assert {o.code for o in validate(query, dialect='course-2024')} <= {'unknown-op', 'unknown-key'} and validate(query, dialect='course-2024')

def test_unknown_dialect():
    with pytest.raises(UserError, match='course-2024'): validate({}, dialect='x')

def test_all_at_once():
    bad = dict(limit=0, breakdowns='a', calculations=[dict(op='AVG'), dict(op='MEDIAN', column='x')], orders=[dict(op='HEATMAP', column='d')],
               filters=[dict(column='a', op='in'), dict(op='=')], time_range=-1, start_time=9, end_time=3, huh=1)
    assert {o.code for o in validate(bad)} == {'out-of-range', 'wrong-type', 'column-required', 'unknown-op', 'order-heatmap', 'value-required',
                                             'missing-key', 'start-after-end', 'unknown-key'}
    assert len(validate(bad)) == 10

def test_nested_filter_leaves_its_calculation_sound():
    bad = dict(calculations=[dict(op='AVG', name='n', filters=[dict(op='=', value=1), dict(column='a', op='in')])])
    assert {(o.code, o.path) for o in validate(bad)} == {('missing-key', 'calculations[0].filters[0].column'), ('value-required', 'calculations[0].filters[1].value'),
                                              ('column-required', 'calculations[0].column')}

def test_columns():
    known = ['a', 'd']
    query = dict(calculations=[dict(op='MAX', column='fast'), dict(op='AVG', column='root.d')], breakdowns=['parent.a', 'child.d', 'any.a'],
                 calculated_fields=[dict(name='fast', expression='LT($d, 5)')])
    assert validate(query, columns=known) == []
    query = dict(calculations=[MAX, dict(COUNT, name='n', filters=[dict(column='x', op='exists')])], filters=[dict(column='root.y', op='exists')],
                 breakdowns=['z', 'D', 'none.d'], orders=[dict(column='z')])
    found = validate(query, columns=known)
    assert {o.code for o in found} == {'unknown-column'}
    assert {o.path for o in found} == {'calculations[1].filters[0].column', 'filters[0].column', 'orders[0].column', *(f'breakdowns[{i}]' for i in range(3))}
    assert validate(dict(breakdowns=['a']), columns=[])[0].code == 'unknown-column'

def test_a_name_of_a_calculation_is_no_column():
    query = dict(calculations=[dict(COUNT, name='n')], orders=[dict(column='n')])
    assert validate(query, columns=['a']) == []
    assert [o.code for o in validate(dict(query, breakdowns=['n']), columns=['a'])] == ['unknown-column']*2

class Odd:
    def __eq__(self, other): raise RuntimeError
    __hash__ = None
    def __repr__(self): raise RuntimeError

@pytest.mark.parametrize('query', [deep(100_000), dict(limit=deep(100_000)), {'x': deep(100_000)}, filtered('=', deep(100_000)), dict(filters=deep(100_000)),
    {'\ud800': 1}, {'limit': 0, '\ud800': 1}, {'a\x1b[31m': 1}, {'x'*100_000: 1}, dict(breakdowns=['x'*10**6]*200), dict(limit=-10**6000),
    dict(havings=[dict(calculate_op='COUNT', op='>', value=10**400)]), ])
def test_never_raises(query):
    found = validate(query)
    assert found
    for o in found: assert len(str(o).encode('utf-8')) < 1000 and str(o).isprintable()

@pytest.mark.parametrize('query', [{1: 2}, {None: 1}, dict(filters={1, 2}), dict(breakdowns=('a',)), dict(limit=Odd()), Odd(), filtered('=', Odd()), dict(filters=[Odd()]), b'{}'])
def test_not_json(query): assert {o.code for o in validate(query)} <= {'not-json', 'not-an-object'} and validate(query)

def test_where_it_is_not_json():
    assert [o.path for o in validate(dict(filters=[dict(column='a', op='=', value={1})]))] == ['filters[0].value']

def test_cycle():
    loop = []; loop.append(loop)
    assert validate(dict(filters=loop)) and validate(filtered('=', loop))

def test_huge_value_is_a_value(): assert validate(filtered('=', 10**6000)) == []

@settings(max_examples=600, deadline=None, database=None)
@given(anything | near)
def test_any_json(query):
    for dialect in ('api-2026', 'course-2024'):
        found = validate(query, columns=['a', 'd'], dialect=dialect)
        for o in found: assert str(o).isprintable() and str(o).encode('utf-8')
    printable_value(query)

@settings(max_examples=500, deadline=None, database=None)
@given(st.text(st.characters(codec=None)) | anything.map(lambda o: json.dumps(o)))
def test_any_text(text):
    query, found = parse_query(text)
    assert (query is None) == bool(found) and (query is None or isinstance(query, dict))
    for o in found: assert str(o).encode('utf-8')

@pytest.mark.parametrize('text', ['', ' ', '{"a":1,"a":1}', '{"filters":[{"op":"=","op":"="}]}', '{"limit":NaN}', '{"limit":-Infinity}', '{} done', '```\n{}\n```',
    "{'limit': 5}", '[' * 100_000, '{"limit":' + '9'*5000 + '}', '\ufeff{}', None, b'{}', '{"limit":5,}', r'{"filters":[{"value":"\ud83d"}]}'])
def test_unparsable(text):
    query, found = parse_query(text)
    assert query is None and [o.code for o in found] == ['not-json']

def test_what_cannot_be_parsed_is_said_in_one_sentence():
    said, = parse_query('{"limit": 1, "limit": 2}')[1]
    assert said.message == """the answer: expected JSON, found '{"limit": 1, "limit": 2}' (the name 'limit' stands twice in one object)."""

@pytest.mark.parametrize('text', ['[]', '3', 'null', '"x"'])
def test_not_an_object(text): assert [o.code for o in parse_query(text)[1]] == ['not-an-object']
