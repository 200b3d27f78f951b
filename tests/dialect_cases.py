"Queries that the dialect refuses and takes, and a stream of nonsense: what the tests of dialect and meaning share"
import math

from hypothesis import strategies as st

from finetune_notes.cases.queries.schema import calculation_ops, filter_ops
from finetune_notes.cases.queries.equivalence import key_order

COUNT, MAX = dict(op='COUNT'), dict(op='MAX', column='d')

def filtered(op, *value, **more): return dict(filters=[dict(dict(column='a', op=op, **more), **({'value': value[0]} if value else {}))])

REFUSED = [
    (dict(calculations=[dict(op='HEATMAP', column='d')], orders=[dict(op='HEATMAP', column='d')]), 'order-heatmap', 'orders[0].op'),
    (dict(calculations=[MAX], orders=[dict(op='MAX', column='other')]), 'order-not-calculated', 'orders[0]'),
    (dict(orders=[dict(op='MAX', column='d')]), 'order-not-calculated', 'orders[0]'),
    (dict(breakdowns=['a'], orders=[dict(column='b')]), 'order-not-grouped', 'orders[0].column'),
    (dict(orders=[{}]), 'order-empty', 'orders[0]'),
    (dict(orders=[dict(order='descending')]), 'order-empty', 'orders[0]'),
    (dict(orders=[dict(op='COUNT', order='desc')]), 'not-allowed', 'orders[0].order'),
    (dict(calculations=[MAX], havings=[dict(calculate_op='COUNT', op='>', value=1)]), 'having-not-calculated', 'havings[0]'),
    (dict(calculations=[MAX], havings=[dict(calculate_op='MAX', column='e', op='>', value=1)]), 'having-not-calculated', 'havings[0]'),
    (dict(havings=[dict(calculate_op='COUNT', op='contains', value=1)]), 'unknown-op', 'havings[0].op'),
    (dict(havings=[dict(calculate_op='MEDIAN', op='>', value=1)]), 'unknown-op', 'havings[0].calculate_op'),
    (dict(calculations=[dict(op='HEATMAP', column='d')], havings=[dict(calculate_op='HEATMAP', column='d', op='>', value=1)]),
     'having-heatmap', 'havings[0].calculate_op'),
    (dict(havings=[dict(calculate_op='COUNT', op='>', value='10')]), 'wrong-type', 'havings[0].value'),
    (dict(havings=[dict(calculate_op='COUNT', op='>', value=True)]), 'wrong-type', 'havings[0].value'),
    (dict(havings=[dict(calculate_op='COUNT', op='>', value=math.nan)]), 'not-finite', 'havings[0].value'),
    (dict(havings=[dict(calculate_op='COUNT', op='>')]), 'missing-key', 'havings[0].value'),
    (dict(limit=0), 'out-of-range', 'limit'), (dict(limit=50_000), 'out-of-range', 'limit'), (dict(limit=1001), 'out-of-range', 'limit'),
    (dict(limit=10**5000), 'out-of-range', 'limit'), (dict(limit=True), 'wrong-type', 'limit'), (dict(limit=5.0), 'wrong-type', 'limit'),
    (dict(limit='5'), 'wrong-type', 'limit'), (dict(limit=None), 'wrong-type', 'limit'),
    (dict(time_range=-5), 'out-of-range', 'time_range'), (dict(time_range=0), 'out-of-range', 'time_range'),
    (dict(start_time=0), 'out-of-range', 'start_time'), (dict(end_time=-1), 'out-of-range', 'end_time'),
    (dict(start_time=20, end_time=10), 'start-after-end', 'start_time'),
    (dict(start_time=10, end_time=20, time_range=10), 'too-many-times', 'time_range'),
    (dict(group_by=['a']), 'unknown-key', 'group_by'), (dict(filters=[dict(column='a', op='exists', x=1)]), 'unknown-key', 'filters[0].x'),
    (dict(filter_combination=3), 'not-allowed', 'filter_combination'), (dict(filter_combination='and'), 'not-allowed', 'filter_combination'),
    (dict(breakdowns=['a']*101), 'too-many', 'breakdowns'), (dict(breakdowns='a'), 'wrong-type', 'breakdowns'),
    (dict(breakdowns=[1]), 'wrong-type', 'breakdowns[0]'), (dict(breakdowns=['']), 'empty-text', 'breakdowns[0]'),
    (dict(breakdowns=['\ud800']), 'not-text', 'breakdowns[0]'),
    (dict(compare_time_offset_seconds=5), 'not-allowed', 'compare_time_offset_seconds'),
    (dict(compare_time_offset_seconds=3600), 'offset-short', 'compare_time_offset_seconds'),
    ([], 'not-an-object', ''), (None, 'not-an-object', ''), (3, 'not-an-object', ''), ('{}', 'not-an-object', ''),
    (dict(filters=[dict(op='=', value=1)]), 'missing-key', 'filters[0].column'),
    (dict(filters=[dict(column='a', value=1)]), 'missing-key', 'filters[0].op'),
    (filtered('in'), 'value-required', 'filters[0].value'), (filtered('='), 'value-required', 'filters[0].value'),
    (filtered('=', None), 'value-required', 'filters[0].value'), (filtered('in', 'a'), 'list-required', 'filters[0].value'),
    (filtered('=', ['a']), 'list-forbidden', 'filters[0].value'), (filtered('exists', 1), 'value-forbidden', 'filters[0].value'),
    (filtered('=', {}), 'value-type', 'filters[0].value'), (filtered('=', math.inf), 'value-type', 'filters[0].value'),
    (filtered('in', [None]), 'value-type', 'filters[0].value'), (filtered('in', [1]*101), 'too-many', 'filters[0].value'),
    (filtered('like', 'a'), 'unknown-op', 'filters[0].op'), (filtered('search', 'a'), 'outside-dialect', 'filters[0].op'),
    (filtered('in-result', 'a'), 'outside-dialect', 'filters[0].op'), (dict(calculations=[dict(op='search')]), 'outside-dialect', 'calculations[0].op'),
    (dict(calculations=[dict(op='HEATMAP', column='d', name='n')], orders=[dict(column='n')]), 'order-heatmap', 'orders[0].column'),
    (dict(calculations=[dict(COUNT, name='n')], orders=[dict(column='m')]), 'order-not-grouped', 'orders[0].column'),
    (dict(calculations=[dict(COUNT, name='n')], orders=[dict(op='MAX', column='n')]), 'order-not-calculated', 'orders[0]'),
    (dict(calculations=[dict(op='MEDIAN', name='n')], orders=[dict(column='n')]), 'unknown-op', 'calculations[0].op'),
    (dict(time_range='24h'), 'wrong-type', 'time_range'), (dict(start_time='2026-01-01'), 'wrong-type', 'start_time'), (dict(granularity=''), 'wrong-type', 'granularity'),
    (filtered('=', '\udfff'), 'not-text', 'filters[0].value'), (filtered('in', ['a', '\udfff']), 'not-text', 'filters[0].value'),
    (dict(calculations=dict(op='COUNT')), 'wrong-type', 'calculations'), (dict(calculations=['COUNT']), 'wrong-type', 'calculations[0]'),
    (dict(calculations=[{}]), 'missing-key', 'calculations[0].op'), (dict(calculations=[dict(op='MEDIAN', column='d')]), 'unknown-op', 'calculations[0].op'),
    (dict(calculations=[dict(op='AVG')]), 'column-required', 'calculations[0].column'),
    (dict(calculations=[dict(op='AVG', column=None)]), 'column-required', 'calculations[0].column'),
    (dict(calculations=[dict(op='CONCURRENCY', column='d')]), 'column-forbidden', 'calculations[0].column'),
    (dict(calculations=[dict(COUNT, **filtered('exists'))]), 'name-required', 'calculations[0].name'),
    (dict(calculations=[dict(COUNT, name='n'), dict(MAX, name='n')]), 'name-repeated', 'calculations[1].name'),
    (dict(calculations=[dict(COUNT, name='n', **filtered('in'))]), 'value-required', 'calculations[0].filters[0].value'),
    (dict(granularity=-1), 'out-of-range', 'granularity'), (dict(granularity=7201), 'granularity-range', 'granularity'),
    (dict(granularity=7), 'granularity-range', 'granularity'), (dict(granularity=5, start_time=10, end_time=10), 'granularity-range', 'granularity'),
    (dict(calculated_fields=[dict(name='f')]), 'missing-key', 'calculated_fields[0].expression'),
    (dict(calculated_fields=[dict(name='f', expression='1')]*2), 'name-repeated', 'calculated_fields[1].name'),
]

ACCEPTED = [
    {}, dict(calculations=[]), filtered('=', "O'Brien"), filtered('=', 'say "x"'), dict(calculations=[COUNT], orders=[COUNT]),
    dict(orders=[COUNT]), dict(granularity=0), dict(granularity=7200), dict(granularity=8), dict(time_range=3600, granularity=3600),
    dict(start_time=10, end_time=20, granularity=10), dict(calculations=[dict(op='P80', column='d'), dict(op='P20', column='d')]),
    filtered('ends-with', 'x'), filtered('does-not-end-with', 'x'), filtered('exists'), filtered('exists', None), filtered('in', [1, 'a', True]),
    filtered('in', []), dict(calculations=[dict(op='COUNT', column=None)]), dict(calculations=[dict(op='COUNT', column='d')]),
    dict(calculations=[dict(op='CONCURRENCY')]), dict(start_time=10), dict(end_time=10), dict(start_time=10, time_range=5),
    dict(start_time=10, end_time=10), dict(limit=1), dict(limit=1000), dict(breakdowns=['a']*100),
    dict(time_range=1800, compare_time_offset_seconds=1800), dict(compare_time_offset_seconds=7200),
    dict(calculations=[MAX], havings=[dict(calculate_op='MAX', column='d', op='<=', value=1.5)]),
    dict(havings=[dict(calculate_op='COUNT', column=None, op='!=', value=-1)]), dict(breakdowns=['a'], orders=[dict(column='a')]),
    dict(calculations=[dict(COUNT, name='n', filter_combination='OR', **filtered('exists'))]),
]

NAMED = [ # orders by the name of a calculation, which the grammar of answers does not write
    dict(calculations=[dict(COUNT, name='n', **filtered('exists'))], orders=[dict(column='n')]),
    dict(calculations=[COUNT, dict(COUNT, name='n', **filtered('exists'))], orders=[dict(column='n', order='descending'), COUNT]),
    dict(calculations=[dict(MAX, name='a')], breakdowns=['a'], orders=[dict(column='a')]),
    dict(calculations=[dict(MAX, name='n')], orders=[dict(column='n', order='ascending')]),
]

def deep(depth, o=1):
    for _ in range(depth): o = [o]
    return o

words = st.sampled_from([k for o in key_order.values() for k in o]) | st.text(max_size=5)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8) | st.sampled_from(calculation_ops + filter_ops + ['AND', 'descending'])
anything = st.recursive(leaves, lambda o: st.lists(o, max_size=4) | st.dictionaries(words, o, max_size=4), max_leaves=25)
part = st.dictionaries(words, anything, max_size=4) | anything
near = st.dictionaries(st.sampled_from(key_order['query']), st.lists(part, max_size=4) | anything, max_size=6)
