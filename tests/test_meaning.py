"Queries that mean the same are found to, others are not, and the grammar takes what the validator takes"
import json
import math

import pytest
from hypothesis import given, settings
from llguidance import LLMatcher, LLTokenizer

from dialect_cases import ACCEPTED, COUNT, MAX, NAMED, REFUSED, anything, deep, filtered, near

from finetune_notes.cases.queries.schema import Query2026, parse_query, validate
from finetune_notes.cases.queries.equivalence import canonical_text, equivalent, order_keys, json_schema, key_order, canonical_form, time_window
from finetune_notes.core.settings import UserError

@pytest.mark.parametrize('query', ACCEPTED + NAMED)
def test_accepted(query):
    assert equivalent(query, query)
    assert equivalent(query, canonical_form(query)) and canonical_form(canonical_form(query)) == canonical_form(query)
    assert parse_query(canonical_text(query)) == (query, [])

@pytest.mark.parametrize('query', [o for o in ACCEPTED if not validate(o, dialect='course-2024')])
def test_a_meaning_is_a_query_of_its_dialect(query):
    assert equivalent(query, canonical_form(query, 'course-2024'), 'course-2024')

def test_every_key_has_its_place(): assert set(key_order['query']) == set(Query2026.model_fields)

@settings(max_examples=300, deadline=None, database=None)
@given(anything | near, anything | near)
def test_any_pair(a, b):
    for dialect in ('api-2026', 'course-2024'):
        assert equivalent(a, b, dialect) == equivalent(b, a, dialect)
        assert equivalent(a, a, dialect) == (not validate(a, dialect=dialect))

A, B = dict(column='a', op='=', value=1), dict(column='b', op='in', value=['y', 'x', 'x'])
HAS, HAD = dict(calculate_op='COUNT', op='>', value=1), dict(calculate_op='COUNT', op='<', value=9)
FAILED = dict(COUNT, name='n', filters=[A])
SAME = [
    ({}, dict(calculations=[COUNT])), ({}, dict(calculations=[], filters=[], breakdowns=[], orders=[], havings=[], filter_combination='OR')),
    ({}, dict(time_range=7200, limit=1000, granularity=0, filter_combination='AND')), (dict(filters=[A, B]), dict(filters=[B, A])),
    (dict(filters=[A, A, B]), dict(filters=[A, dict(B, value=['x', 'y'])])), (dict(filters=[A], filter_combination='OR'), dict(filters=[A])),
    (dict(filters=[A]), dict(filters=[dict(A, value=1.0)])), (dict(havings=[HAS, HAD]), dict(havings=[HAD, dict(HAS, value=1.0)])),
    (dict(orders=[COUNT]), dict(orders=[dict(op='COUNT', column=None, order='ascending')])), (filtered('exists'), filtered('exists', None)),
    (dict(calculations=[dict(COUNT, name='n', filters=[A, B])]), dict(calculations=[dict(COUNT, name='n', filters=[B, A], filter_combination='AND')])),
    (dict(start_time=10, time_range=5), dict(start_time=10, end_time=15)), (dict(end_time=8000), dict(end_time=8000, start_time=800)),
    (dict(end_time=10), dict(end_time=10, time_range=7200)),
    (dict(calculations=[FAILED], orders=[dict(column='n')]), dict(calculations=[FAILED], orders=[COUNT])),
]
DIFFERENT = [
    (dict(filters=[A, B]), dict(filters=[A, B], filter_combination='OR')), (dict(breakdowns=['a', 'b']), dict(breakdowns=['b', 'a'])),
    (dict(calculations=[COUNT, MAX]), dict(calculations=[MAX, COUNT])), (dict(filters=[A]), dict(filters=[dict(A, value=True)])),
    (dict(filters=[A]), dict(filters=[dict(A, value='1')])), (dict(filters=[A]), {}), (dict(limit=10), {}), (dict(time_range=3600), {}),
    (dict(granularity=60), {}), (dict(orders=[COUNT]), dict(orders=[dict(COUNT, order='descending')])), (dict(orders=[COUNT]), {}),
    (dict(breakdowns=['a', 'b'], orders=[dict(column='a'), dict(column='b')]), dict(breakdowns=['a', 'b'], orders=[dict(column='b'), dict(column='a')])),
    (dict(calculations=[dict(COUNT, name='n')]), dict(calculations=[dict(COUNT, name='m')])), (dict(limit=0), dict(limit=0)), (None, None),
    (dict(time_range=7200), dict(start_time=1, time_range=7200)), (filtered('in', [1]), filtered('in', [True])),
    (dict(calculations=[COUNT, FAILED], orders=[dict(column='n')]), dict(calculations=[COUNT, FAILED], orders=[COUNT])),
    (dict(calculations=[FAILED], breakdowns=['n'], orders=[dict(column='n')]), dict(calculations=[FAILED], breakdowns=['n'], orders=[COUNT])),
    (dict(calculations=[dict(op='COUNT', column='a')]), {}), (filtered('=', ''), filtered('exists')),
]
@pytest.mark.parametrize('a,b', SAME)
def test_same(a, b): assert equivalent(a, b) and equivalent(b, a)
@pytest.mark.parametrize('a,b', DIFFERENT)
def test_different(a, b): assert not equivalent(a, b) and not equivalent(b, a)

@pytest.mark.parametrize('query', [{}, dict(time_range=60), dict(end_time=10), dict(end_time=9000), dict(start_time=10), dict(start_time=10, time_range=5), dict(start_time=3, end_time=3)])
def test_a_window_is_its_own_window(query): assert time_window(time_window(query)) == time_window(query)

def test_normalise_refuses():
    with pytest.raises(UserError, match='limit'): canonical_form(dict(limit=0))
def test_compact():
    assert canonical_text(dict(zz=1, limit=1, filters=[dict(value='é', op='=', column='a')])) == '{"filters":[{"column":"a","op":"=","value":"é"}],"limit":1,"zz":1}'
    for o in (dict(limit=math.nan), dict(limit={1}), dict(filters=deep(100_000))):
        with pytest.raises(UserError): canonical_text(o)

ODD_NAMES = ['"', "'", ',', 'a,b', 'a"b', "a'b", '; DROP TABLE spans; --', 'größe', '列', '\n', 'a\nb', '\t', '\\', 'a\\"b', '{}', '[x]', '$ref', '%s', '{{x}}',
             '\u202e', '\x00', '\x1b', ' ', ' a ', '🙂', "' OR 1=1 --", '../../etc/passwd', 'NULL', 'true', '1', '*', '/*', '|', '<img src=x>', 'a'*200]
NAMES = (ODD_NAMES + [f'col{i}.{o}' for i,o in enumerate(ODD_NAMES * 2)])[:90]
BYTES = LLTokenizer('byte')

def matcher(columns, dialect='api-2026'):
    grammar = LLMatcher.grammar_from_json_schema(json_schema(columns, dialect), defaults={'whitespace_flexible': False})
    assert not LLMatcher.validate_grammar(grammar, BYTES)
    return LLMatcher(BYTES, grammar)

def takes(start, query):
    m, tokens = start.deep_copy(), BYTES.tokenize_str(canonical_text(query) if isinstance(query, dict) else query)
    return m.validate_tokens(tokens) == len(tokens) and m.consume_tokens(tokens) and m.is_accepting()

@pytest.mark.parametrize('dialect', ['api-2026', 'course-2024'])
def test_schema_of_odd_names(dialect):
    start = matcher(NAMES, dialect)
    for o in NAMES: assert takes(start, dict(breakdowns=[o])), o
    assert not takes(start, dict(breakdowns=['nobody']))

def test_schema_takes_and_refuses():
    start = matcher(['a', 'b', 'd'])
    for o in ACCEPTED:
        empty = any(v == [] for v in o.values()) or 'None' in repr(o) or o == dict(breakdowns=['a']*100) or o == filtered('in', [])
        if not empty and o != dict(calculations=[dict(op='COUNT', column='d')]): assert takes(start, o), o
    for q,code,_ in REFUSED:
        between = code.startswith(('order-not', 'having-not', 'granularity', 'offset', 'too-many-times', 'start-after', 'name-repeated'))
        if isinstance(q, dict) and not between and code != 'not-text' and q.get('limit') != 10**5000 and 'nan' not in repr(q) and 'inf' not in repr(q): assert not takes(start, json.dumps(order_keys(q), separators=(',', ':'), ensure_ascii=False)) , q

@pytest.mark.parametrize('columns', [[], [''], ['\ud800'], [1], [None]])
def test_schema_refuses(columns):
    with pytest.raises(UserError): json_schema(columns)

def test_schema_is_bounded():
    start = matcher(['a'])
    assert not takes(start, filtered('=', 'x'*81)) and takes(start, filtered('=', 'x'*80))
    assert not takes(start, '{"filters":[{"column":"a","op":"=","value":0.3333333333333}]}')
    assert not takes(start, '{"limit": 5}')
