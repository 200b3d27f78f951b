"A query in the short form means what it meant in JSON, any text is read or refused, and the decoder's grammar takes what the reader takes"
import json

import pytest
from hypothesis import given, settings, strategies as st
from llguidance import LLMatcher, LLTokenizer

from dialect_cases import ACCEPTED, NAMED, anything, near

from finetune_notes.cases.queries.schema import validate
from finetune_notes.cases.queries.equivalence import canonical_text, equivalent
from finetune_notes.cases.queries.dsl import parse_dsl, dsl_grammar, to_dsl
from finetune_notes.generation.decoding import compile_grammar

names = st.text(min_size=1, max_size=12) | st.sampled_from(['COUNT', 'MAX', 'MAXIMUM', 'by', 'a b', 'limit', 'true', 'k8s.pod', '"', 'é'])
values = st.text(max_size=12) | st.integers(-10**9, 10**9) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)

@pytest.mark.parametrize('query', ACCEPTED + NAMED)
def test_no_meaning_is_lost(query):
    back, problems = parse_dsl(to_dsl(query))
    assert problems == [] and equivalent(back, query)

@settings(max_examples=100, deadline=None, database=None)
@given(names, values, st.sampled_from(['=', '!=', 'contains', 'ends-with', '>=']))
def test_any_name_and_value_comes_back(name, value, op):
    query = dict(filters=[dict(column=name, op=op, value=value)], breakdowns=[name])
    if not validate(query): assert equivalent(parse_dsl(to_dsl(query))[0], query)

@settings(max_examples=100, deadline=None, database=None)
@given(anything | near)
def test_any_object_is_written(query):
    if not isinstance(query, dict): return
    if not validate(query): assert equivalent(parse_dsl(to_dsl(query))[0], query)

@settings(max_examples=150, deadline=None, database=None)
@given(st.text(st.characters(codec=None)) | st.text('COUNTwherby lmi5"[]{},=.()P9', max_size=40))
def test_any_text_is_read_or_refused(text):
    query, problems = parse_dsl(text)
    assert bool(problems) == (query is None)

@pytest.mark.parametrize('text', [
    'COUNT where', 'COUNT by', 'P95', 'CONCURRENCY(a)', 'COUNT where a = ', 'COUNT where a in 3', 'COUNT where a exists 3', 'COUNT where a = 1 and b = 2 or c = 3 ',
    'COUNT limit -1', 'COUNT last 1.5', 'COUNT order COUNT', 'COUNT having COUNT contains 3', 'COUNT  by a', 'count', 'COUNT by a limit 5 by b', 'COUNT where a = "x'])
def test_refused(text): assert [p.code for p in parse_dsl(text)[1]] == ['not-a-query']

def test_all_that_is_joined_by_or(): assert parse_dsl('COUNT where a = 1 or b = 2')[0]['filter_combination'] == 'OR'

@pytest.mark.parametrize(('text', 'taken'), [
    ('MAX(duration_ms) where duration_ms > 5 by "a b" order MAX(duration_ms) desc limit 3', True), ('COUNT by other', False), ('COUNT where "a b" in ["x"] last 60', True),
    ('CONCURRENCY', True), ('MAX', False), ('COUNT having COUNT > 3', True), ('COUNT where duration_ms contains', False)])
def test_decoder_writes_what_can_be_read(text, taken):
    matcher = LLMatcher(LLTokenizer('byte'), compile_grammar(dsl_grammar(['duration_ms', 'a b'])))
    data = list(text.encode())
    assert not matcher.is_error() and (matcher.try_consume_tokens(data) == len(data) and matcher.is_accepting()) == taken
    if taken: assert parse_dsl(text)[1] == []

def test_what_has_no_words_stays_json():
    query = dict(calculated_fields=[dict(name='a', expression='b')], breakdowns=['a'])
    assert to_dsl(query) == canonical_text(query) and json.loads(to_dsl(query)) == query
