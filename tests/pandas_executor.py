"""A second, slow executor of the query dialect, written from the specification without SQL.

It shares no code with `finetune_notes.cases.queries.execution` except `normalise`, so that the two can be compared."""
import json
import math
from collections import defaultdict

import pandas as pd

from finetune_notes.cases.queries.equivalence import canonical_form

OPPOSITE = {'!=': '=', 'does-not-start-with': 'starts-with', 'does-not-end-with': 'ends-with', 'does-not-exist': 'exists',
            'does-not-contain': 'contains', 'not-in': 'in'}

def gone(o): return o is None or o is pd.NA or isinstance(o, float) and math.isnan(o)

def spell(o): return json.dumps(o) if isinstance(o, bool) else str(int(o)) if isinstance(o, float) and o == int(o) else str(o)

def frame_kind(values):
    types = {bool if isinstance(o, bool) else float if isinstance(o, (int, float)) else str for o in values if not gone(o)}
    return types.pop() if len(types) == 1 else str

def as_kind(kind, o):
    if kind is str: return spell(o)
    if kind is bool: return o if isinstance(o, bool) else {'true': True, 'false': False}.get(o) if isinstance(o, str) else None
    if isinstance(o, bool): return None
    if isinstance(o, str):
        try: o = json.loads(o) if o.strip() == o and not o[:1].isalpha() else None
        except ValueError: return None
        if isinstance(o, bool) or not isinstance(o, (int, float)): return None
    try: return float(o)
    except OverflowError: return math.inf if o > 0 else -math.inf

class Rows:
    def __init__(self, events):
        plain = events.astype(object).where(events.notna(), None)
        self.kinds = {c: frame_kind(plain[c]) for c in plain}
        self.rows = [{c: o if gone(o) or self.kinds[c] is not str else spell(o) for c,o in r.items()} for r in plain.to_dict('records')]
        for r in self.rows:
            for c,o in r.items():
                if gone(o): r[c] = None
        self.by_id = {}
        for r in sorted(self.rows, key=lambda r: r['timestamp']):
            self.by_id.setdefault((r.get('trace.trace_id'), r.get('trace.span_id')), r)
        self.roots = {}
        for r in sorted(self.rows, key=lambda r: r['timestamp']):
            if r.get('trace.parent_id') is None: self.roots.setdefault(r.get('trace.trace_id'), r)

    def kind(self, name): return self.kinds[name if name in self.kinds else name.partition('.')[2]]
    def get(self, row, name):
        if name in row: return row[name]
        relation, _, rest = name.partition('.')
        if relation == 'root': other = self.roots.get(row['trace.trace_id']) if row['trace.trace_id'] is not None else None
        else: other = self.by_id.get((row['trace.trace_id'], row['trace.parent_id'])) if row['trace.parent_id'] is not None else None
        return None if other is None else other[rest]

    def passes(self, row, f):
        op, o, kind = f['op'], self.get(row, f['column']), self.kind(f['column'])
        if op in OPPOSITE: return not self.passes(row, dict(f, op=OPPOSITE[op]))
        if o is None: return False
        if op == 'exists': return True
        if op in ('starts-with', 'ends-with', 'contains'):
            text, part = spell(o), spell(f['value'])
            return {'starts-with': text.startswith(part), 'ends-with': text.endswith(part), 'contains': part in text}[op]
        wanted = [as_kind(kind, v) for v in (f['value'] if op == 'in' else [f['value']])]
        return any(compare('=' if op == 'in' else op, o, v) for v in wanted if v is not None)

    def all_pass(self, row, holder):
        results = [self.passes(row, f) for f in holder.get('filters', [])]
        return not results or (any if holder['filter_combination'] == 'OR' else all)(results)

def compare(op, a, b): return {'=': a == b, '!=': a != b, '>': a > b, '>=': a >= b, '<': a < b, '<=': a <= b}[op]

def plain_number(o): return None if o is None or isinstance(o, str) else float(o)

def edge(v): return 0. if v == 0 else math.copysign(2.0 ** (math.frexp(v)[1] - 1), v)

def summary(op, values):
    if op == 'COUNT': return len(values)
    if op == 'COUNT_DISTINCT': return len(set(values))
    if op == 'HEATMAP':
        bins = defaultdict(int)
        for v in values: bins[edge(v)] += 1
        return dict(sorted(bins.items())) or None
    if not values: return None
    if op[0] == 'P': return float(pd.Series(values, dtype=float).quantile(float('0.' + op[1:]), interpolation='linear'))
    return {'SUM': sum(values), 'AVG': sum(values) / len(values), 'MAX': max(values), 'MIN': min(values)}[op]

def peak(rows):
    ends = [(r['timestamp'], r['timestamp'] + max(r['duration_ms'] or 0, 0) / 1000) for r in rows]
    return max((sum(1 for s,e in ends if s <= at <= e) for at,_ in ends), default=0)

def execute_pandas(query, events, now=None):
    q, data = canonical_form(query), Rows(events)
    latest = max((r['timestamp'] for r in data.rows if r['timestamp'] is not None), default=0.)
    end = q.get('end_time', latest if now is None else now)
    start = q.get('start_time', end - q.get('time_range', 0))
    groups = defaultdict(list)
    for r in data.rows:
        if start <= r['timestamp'] <= end and data.all_pass(r, q):
            bucket = [math.floor(r['timestamp'] / q['granularity']) * q['granularity']] if q['granularity'] else []
            groups[tuple(bucket + [data.get(r, b) for b in q['breakdowns']])].append(r)
    if not q['breakdowns'] and not q['granularity']: groups.setdefault((), [])
    middle, first = (start + end) / 2, bool(q['granularity'])

    def value(calc, rows):
        op, column = calc['op'], calc.get('column')
        rows = [r for r in rows if data.all_pass(r, calc)] if calc.get('filters') else rows
        if op == 'CONCURRENCY': return peak(rows)
        if column is None: return len(rows)
        values = [data.get(r, column) for r in rows]
        values = [o for o in values if o is not None]
        if op not in ('COUNT', 'COUNT_DISTINCT'): values = [plain_number(o) for o in values if plain_number(o) is not None]
        return summary(op, values)

    def rate(calc, key, rows):
        calc = dict(calc, op=calc['op'].removeprefix('RATE_'))
        if first:
            earlier = [k for k in groups if k[1:] == key[1:] and k[0] < key[0]]
            then = value(calc, groups[max(earlier, key=lambda k: k[0])]) if earlier else None
            here = value(calc, rows)
        else:
            then = value(calc, [r for r in rows if r['timestamp'] < middle])
            here = value(calc, [r for r in rows if r['timestamp'] >= middle])
        return None if here is None or then is None else here - then

    table = [list(key) + [rate(c, key, rows) if c['op'].startswith('RATE') else value(c, rows) for c in q['calculations']] for key,rows in groups.items()]
    width = first + len(q['breakdowns'])
    def position(o, op): 
        if op in o: return width + next(i for i,c in enumerate(q['calculations']) if (c['op'], c.get('column')) == (o[op], o.get('column')))
        if o['column'] in q['breakdowns']: return first + q['breakdowns'].index(o['column'])
        return width + [c.get('name') for c in q['calculations']].index(o['column'])
    for h in q['havings']:
        at = position(h, 'calculate_op')
        op = '=' if h['op'] == '!=' else h['op']
        table = [r for r in table if (r[at] is not None and compare(op, r[at], float(h['value']))) != (h['op'] == '!=')]
    sorts = [(position(o, 'op'), o['order'] == 'descending') for o in q['orders']] + [(i, False) for i in range(width)]
    for at,down in reversed(sorts):
        known = sorted((r for r in table if r[at] is not None), key=lambda r: r[at], reverse=down)
        if down: known = sorted((r for r in table if r[at] is not None), key=lambda r: Reversed(r[at]))
        table = known + [r for r in table if r[at] is None]
    return pd.DataFrame(table[:q['limit']], columns=range(width + len(q['calculations'])), dtype=object)

class Reversed:
    "Sorts the other way round and stays stable"
    def __init__(self, o): self.o = o
    def __lt__(self, other): return other.o < self.o
