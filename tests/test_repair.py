"Repairs of queries: always valid, as small as they can be, and told"
from hypothesis import given, settings, strategies as st
from finetune_notes.cases.queries.dataset import Example
from finetune_notes.cases.queries.repair import copy_values, improve, repaired
from finetune_notes.cases.queries.schema import validate

columns = ['host', 'ms']
names = st.sampled_from(['host', 'ms', 'nope', ''])
ops = st.sampled_from(['COUNT', 'MAX', 'HEATMAP', 'CONCURRENCY', 'NOPE', None, 3])
scalars = st.one_of(st.none(), st.booleans(), st.integers(-5, 100_000), st.text(max_size=3))
parts = st.dictionaries(st.sampled_from(['op', 'calculate_op', 'column', 'order', 'value', 'name', 'odd key']),
                        st.one_of(names, ops, scalars), max_size=4)
keys = 'calculations filters breakdowns orders havings limit time_range granularity start_time end_time'.split()
queries = st.dictionaries(st.sampled_from([*keys, 'odd key', 'id']), st.one_of(scalars, st.lists(st.one_of(parts, names), max_size=3)), max_size=5)

@settings(max_examples=200, deadline=None)
@given(st.one_of(queries, scalars))
def test_what_comes_out_is_valid(query):
    made, said = repaired(query, columns)
    assert validate(made, columns) == []
    if isinstance(query, dict): assert bool(said) == bool(validate(query, columns))
    assert repaired(made, columns) == (made, [])

def test_an_order_is_calculated_and_an_impossible_step_left_out():
    query = dict(breakdowns=['host'], orders=[dict(op='MAX', column='ms')], granularity=86400)
    made, said = repaired(query, columns)
    assert made == dict(breakdowns=['host'], orders=[dict(op='MAX', column='ms')], calculations=[dict(op='COUNT'), dict(op='MAX', column='ms')])
    assert len(said) == 2 and query['granularity'] == 86400 # The query that came in stays as it was

def test_an_order_by_an_unknown_column_is_left_out():
    assert repaired(dict(orders=[dict(op='MAX', column='nope')]), columns)[0] == {}

def test_only_what_is_at_fault_goes():
    sound = [dict(column='host', op='=', value='a'), dict(column='ms', op='>', value=3)]
    made, _ = repaired(dict(filters=[sound[0], dict(column='nope', op='exists'), sound[1]]), columns)
    assert made == dict(filters=sound)

def test_values_are_spelled_as_in_the_question():
    wanted = 'c3a1f0de-77b2-4b1e-9c55-0d2f6a8e41bb'
    query = lambda v: dict(filters=[dict(column='user', op='=', value=v)])
    assert copy_values(query(wanted[:-3] + '1bb'), f'events for user "{wanted}"') == query(wanted)
    assert copy_values(query('Rome'), 'events in paris') == query('Rome')
    assert copy_values(query('paris'), 'events in Paris') == query('paris') # Not a fault: the same letters
    assert copy_values(query('prod-1'), 'now by host', query('prod-1')) == query('prod-1')
    assert copy_values(query(7), 'user 7') == query(7) and copy_values({}, 'x') == {}
    many = dict(filters=[dict(column='user', op='in', value=['alpha-one', 'beta-twoo'])])
    assert copy_values(many, 'user alpha-one or beta-two')['filters'][0]['value'] == ['alpha-one', 'beta-two']

def test_an_answer_becomes_a_query_however_broken():
    "Filters that are no list, or hold no objects, must not stop the repair; every change is told"
    asked = Example('events for user alpha-one', ('user', 'ms'))
    for text in ('{"filters": "user"}', '{"filters": [3]}', '{"filters": [{"value": ["a"]}]}', '{"filters": {"column": "user"}}'):
        query, said = improve(asked, text)
        assert validate(query, asked.columns) == [] and said, text
    assert improve(asked, 'COUNT where user = "alpha-onee"') == (dict(calculations=[dict(op='COUNT')], filters=[dict(column='user', op='=', value='alpha-one')]), ['a value was spelled as in the question'])
    assert improve(asked, 'COUNT by user')[1] == [] and improve(asked, 'no idea') == (None, [])

def test_what_groups_are_compared_by_is_calculated():
    query = dict(breakdowns=['host'], havings=[dict(calculate_op='MAX', column='ms', op='>', value=5)])
    assert repaired(query, columns)[0] == query | dict(calculations=[dict(op='COUNT'), dict(op='MAX', column='ms')])
