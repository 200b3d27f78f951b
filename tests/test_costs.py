"What the lesson on costs does not show: monotone bills and break-evens, brute force, files of every kind of mistake"
import re
import tomllib
from dataclasses import MISSING, fields, replace
from datetime import date
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from finetune_notes.core.settings import UserError
from finetune_notes.decisions.costs import (HostedModel, OwnModel, Price, break_even, cost_section, costs_toml, cost_curve, price_units, scale_input, payback, per_request, plot_costs,
                                            plot_sensitivity, read_costs, sensitivity)

quick = settings(max_examples=30, deadline=None)
day, source = '2026-11-02', 'a test'
def price(name, amount): return Price(amount, f'EUR per {price_units[name]}', day, source)
def positive(low, high): return st.floats(low, high, allow_nan=False)

def models(kind, **numbers):
    "Models of a kind, each field from its strategy; prices by their amount"
    return st.fixed_dictionaries(numbers).map(lambda d: kind(**{k: price(k, v) if k in price_units and v is not None else v for k,v in d.items()}))

hosted_models = models(HostedModel, input_price=positive(0.01, 50), output_price=positive(0.01, 100), prompt_tokens=positive(1, 20_000), answer_tokens=positive(1, 5000),
                       cached=positive(0, 1), cached_price=positive(0, 5))
own_models = models(OwnModel, machine=positive(0, 20), people=positive(1, 200), annotator=positive(0, 100), trainer=positive(0, 50), seconds_per_answer=positive(0.001, 5),
                    peak=positive(1, 20), upkeep_hours=positive(0.1, 100), rows=positive(0, 1e5), seconds_per_row=positive(0, 600), training_hours=positive(0, 1000),
                    engineering_hours=positive(0, 1000), horizon=positive(1, 60), machines=st.integers(1, 4), retrain_every=st.none() | positive(1, 24), retrain_share=positive(0, 1))
volumes = positive(0, 1e9)

def later(a, b):
    "Does break-even `a` lie no lower than `b`, to rounding? None lies above all"
    return a is None or b is not None and a >= b*(1 - 1e-9)

def hosted_example(**changes): return replace(HostedModel(price('input_price', 1), price('output_price', 4), 1947, 43.6), **changes)
def own_example(**changes):
    return replace(OwnModel(price('machine', 1.2), price('people', 80), price('annotator', 30), price('trainer', 3), seconds_per_answer=0.1, peak=4, upkeep_hours=10, rows=2400,
                       seconds_per_row=60, training_hours=10, engineering_hours=120, horizon=24), **changes)


# Bills and break-evens

@quick
@given(hosted_models, own_models, volumes, volumes)
def test_a_larger_volume_never_costs_less(hosted, own, a, b):
    a, b = sorted((a, b))
    assert hosted.monthly(a) <= hosted.monthly(b) and own.monthly(a) <= own.monthly(b) and own.machines_at(a) <= own.machines_at(b)

@quick
@given(hosted_models, own_models, st.sampled_from(['input_price', 'output_price', 'cached_price', 'prompt_tokens', 'answer_tokens']), positive(1, 10))
def test_a_dearer_request_never_raises_the_break_even(hosted, own, name, factor):
    assert later(break_even(hosted, own), break_even(scale_input(hosted, name, factor), own))

@quick
@given(hosted_models, own_models, st.sampled_from([f.name for f in fields(OwnModel) if f.name not in ('horizon', 'retrain_every')]), positive(1, 10))
def test_dearer_machines_people_or_data_never_lower_the_break_even(hosted, own, name, factor):
    assert later(break_even(hosted, scale_input(own, name, factor)), break_even(hosted, own))

@quick
@given(hosted_models, own_models, st.sampled_from(['horizon', 'retrain_every']), positive(1, 10))
def test_more_time_never_raises_the_break_even(hosted, own, name, factor):
    assume(getattr(own, name))
    assert later(break_even(hosted, own), break_even(hosted, scale_input(own, name, factor)))

@quick
@given(hosted_models, own_models, positive(1, 100))
def test_at_the_break_even_both_cost_the_same_and_from_it_on_ones_own_is_cheaper(hosted, own, above):
    even = break_even(hosted, own)
    assume(even is not None)
    step = even/own.capacity()
    assume(abs(step - round(step)) > 1e-6 and step < 1e6)
    assert hosted.monthly(even) == pytest.approx(own.monthly(even), rel=1e-6)
    assert hosted.monthly(even*above) >= own.monthly(even*above)*(1 - 1e-6)
    just_below = even*(1 - 1e-7)
    assert hosted.monthly(just_below) <= own.monthly(just_below)

@quick
@given(hosted_models, own_models, positive(1, 10), positive(0.001, 1e8))
def test_a_machine_that_costs_what_it_saves_is_never_worth_it(hosted, own, factor, volume):
    own = replace(own, machine=price('machine', hosted.monthly(own.capacity())/730*factor*(1 + 1e-9)))
    assert break_even(hosted, own) is None
    assert own.monthly(volume) >= hosted.monthly(volume)*(1 - 1e-9)

@settings(max_examples=15, deadline=None)
@given(hosted_models, own_models)
def test_the_break_even_is_the_last_crossing_of_a_search_over_machines(hosted, own):
    "The same by looking at the end of each number of machines in turn"
    even = break_even(hosted, own)
    assume(even is not None and even < 50*own.capacity())
    each, cap = hosted.monthly(1), own.capacity()
    dear = [k for k in range(own.machines, 60) if each*cap*(k - 1)*(k > own.machines) < own.monthly(cap*(k - 0.5))*(1 - 1e-9)]
    assert even == pytest.approx(own.monthly(cap*(max(dear) - 0.5))/each, rel=1e-6)

@quick
@given(hosted_models, own_models, positive(1, 1e8))
def test_the_one_off_is_paid_back_within_the_horizon_exactly_where_ones_own_is_cheaper(hosted, own, volume):
    months = payback(hosted, own, volume)
    assume(abs(hosted.monthly(volume)/own.monthly(volume) - 1) > 1e-9)
    assert (months is not None and months <= own.horizon) == (hosted.monthly(volume) >= own.monthly(volume))

@quick
@given(hosted_models, positive(0, 1), positive(1, 1e6))
def test_caching_at_a_lower_price_never_costs_more(hosted, share, volume):
    cheap = replace(hosted, cached_price=price('cached_price', hosted.input_price.amount/2))
    a, b = sorted((share, hosted.cached))
    assert replace(cheap, cached=b).monthly(volume) <= replace(cheap, cached=a).monthly(volume)*(1 + 1e-9)

def test_machines_come_whole_and_not_by_rounding():
    own = own_example(seconds_per_answer=0.1, peak=3)
    assert [own.machines_at(own.capacity()*k) for k in (1, 2, 3, 7, 49, 1000)] == [1, 2, 3, 7, 49, 1000]
    assert own.machines_at(own.capacity() + 1) == 2 and replace(own, machines=2).machines_at(1) == 2

@pytest.mark.parametrize('hosted, own, wanted', [(dict(), dict(), 2127.25/0.0021214), (dict(), dict(machines=2), 3003.25/0.0021214), (dict(prompt_tokens=0, answer_tokens=0), dict(), None),
                                                 (dict(), dict(seconds_per_answer=2), None), (dict(), dict(machine=price('machine', 0)), 1251.25/0.0021214)])
def test_break_evens_by_hand(hosted, own, wanted):
    assert break_even(hosted_example(**hosted), own_example(**own)) == (wanted and pytest.approx(wanted, rel=1e-6))

def test_a_curve_says_what_the_models_say():
    table = cost_curve(hosted_example(), own_example(), [1e5, 1e7])
    assert table.hosted.to_list() == [hosted_example().monthly(v) for v in (1e5, 1e7)] and table.machines.to_list() == [1, 2]
    assert per_request(hosted_example(), 1e7) == pytest.approx(0.0021214)

@settings(max_examples=15, deadline=None)
@given(hosted_models, own_models)
def test_the_table_of_inputs_is_sorted_and_agrees_with_the_break_even(hosted, own):
    assume(break_even(hosted, own))
    table = sensitivity(hosted, own)
    assert (table.factor >= 1).all() and table.factor.is_monotonic_decreasing
    assert set(table.index) == {f.name for m in (hosted, own) for f in fields(m) if getattr(m, f.name) is not None}
    for name,factor in (('halved', 0.5), ('doubled', 2)):
        got = break_even(hosted, scale_input(own, 'machine', factor))
        assert table[name]['machine'] == (np.inf if got is None else got)

def test_without_a_break_even_there_is_no_table():
    with pytest.raises(UserError, match='break-even is None'): sensitivity(hosted_example(), own_example(seconds_per_answer=2))

def test_figures_can_be_drawn_where_a_bar_has_no_end_and_a_line_no_break_even():
    import matplotlib
    matplotlib.use('Agg')
    short = hosted_example(prompt_tokens=54)
    assert 'never ' in [t.get_text() for t in plot_sensitivity(short, own_example()).texts]
    ax = plot_costs({'a': short, 'b': hosted_example(answer_tokens=0, prompt_tokens=1)}, own_example(), 1e5, 1e8)
    assert ax.get_ylabel() == 'EUR a month' and len(ax.lines) == 4
    matplotlib.pyplot.close('all')


# Files

texts = st.text(st.characters(exclude_categories=('Cc', 'Cs', 'Zl', 'Zp')), min_size=1, max_size=40).filter(str.strip)

@quick
@given(hosted_models, own_models, texts, st.dates())
def test_a_file_gives_back_what_was_written(hosted, own, text, when):
    hosted = replace(hosted, input_price=Price(hosted.input_price.amount, 'EUR per million tokens', when.isoformat(), text))
    assert read_costs(tomllib.loads(costs_toml(hosted, own))) == (hosted, own)

def test_a_file_on_disk_with_a_day_of_its_own_kind_and_other_tables(tmp_path):
    path = tmp_path/'kosten ü.toml'
    text = costs_toml(hosted_example(), own_example()).replace(f'"{day}"', day)
    path.write_text('\ufeff[case]\nname = "mail"\n\n' + text, encoding='utf-8')
    assert read_costs(path) == read_costs(str(path)) == (hosted_example(), own_example())

def tables(): return tomllib.loads(costs_toml(hosted_example(), own_example()))

def spoiled(change):
    found = tables()
    change(found)
    return found

everything = [f'{t}.{f.name}' for t,kind in (('hosted', HostedModel), ('own', OwnModel)) for f in fields(kind) if f.default is MISSING]

@pytest.mark.parametrize('change, words', [
    (lambda t: t.clear(), everything), (lambda t: t.pop('own'), [o for o in everything if o.startswith('own')]),
    (lambda t: (t['own'].pop('peak'), t['hosted'].pop('answer_tokens'), t['own']['people'].pop('date')), ['own.peak', 'hosted.answer_tokens', 'own.people.date']),
    (lambda t: t['own'].update(retrain_evry=3), ['own.retrain_evry (did you mean retrain_every?)']), (lambda t: t['own']['people'].update(curency='EUR'), ['own.people.curency']),
    (lambda t: t['hosted'].update(prompt_token=t['hosted'].pop('prompt_tokens')), ['hosted.prompt_token (did you mean prompt_tokens?)', 'missing fields: hosted.prompt_tokens']),
    (lambda t: t.update(own=3), ['own = 3: expected a table']), (lambda t: t.update(own=[]), ['own = []: expected a table']),
    (lambda t: t['own'].update(people=80), ['own.people = 80: expected a table', 'amount, unit, date, source']),
    (lambda t: t['own']['people'].update(amount='80'), ["[own]: people: amount = '80': expected a number"]),
    (lambda t: t['own']['people'].update(unit='USD per hour'), ['[own]: prices in EUR and USD', 'convert']),
    (lambda t: [p.update(unit=p['unit'].replace('EUR', 'USD')) for p in t['hosted'].values() if isinstance(p, dict)], ['prices in EUR and USD']),
    (lambda t: t['own']['people'].update(unit='EUR per day'), ["[own]: people: unit = 'EUR per day': expected 'EUR per hour'"]),
    (lambda t: t['own']['people'].update(date='2026-13-01'), ["[own]: people: date = '2026-13-01'"]), (lambda t: t['own']['people'].update(date=3), ['date = 3']),
    (lambda t: t['own']['people'].update(date='20261102'), ["date = '20261102'"]), (lambda t: t['own']['people'].update(source='two\nlines'), ['one line']),
    (lambda t: t['own'].update(machines=1.5), ['machines = 1.5: expected a whole number']), (lambda t: t['own'].update(horizon=0), ['horizon = 0: expected a number above 0']),
    (lambda t: t['own'].update(retrain_every=True), ['retrain_every = True']), (lambda t: t['hosted'].update(cached=1.2), ['a share from 0 to 1']),
    (lambda t: t['hosted'].update(cached=0.5), ['cached_price']), (lambda t: t['own'].update(rows=float('inf')), ['rows = inf']), (lambda t: t['own'].update(rows=1 << 20_000), ['very many digits'])])
def test_a_mistake_is_one_sentence_that_names_the_field(change, words):
    with pytest.raises(UserError) as e: read_costs(spoiled(change))
    said = str(e.value)
    assert said.startswith('costs: ') and '\n' not in said and all(w in said for w in words), said

@pytest.mark.parametrize('content, word', [(None, 'cannot be read'), (b'[own', 'cannot be read'), (b'\xff\xfe', 'cannot be read'), (b'x = ' + b'9'*6000, 'cannot be read'),
                                           (b'x = ' + b'['*9000, 'cannot be read'), (b'', 'missing fields: hosted.input_price')])
def test_a_file_that_is_none_is_one_sentence_that_names_it(tmp_path, content, word):
    path = tmp_path/'case.toml'
    if content is not None: path.write_bytes(content)
    for place in (path, tmp_path) if content is None else (path,):
        with pytest.raises(UserError, match=word) as e: read_costs(place)
        assert str(e.value).startswith(str(place)) and '\n' not in str(e.value)

@pytest.mark.parametrize('source', [None, 3, [], object(), b'case.toml', 'a\0b'])
def test_what_is_no_file_is_refused(source):
    with pytest.raises(UserError): read_costs(source)

junk = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers())

@quick
@given(st.data())
def test_anything_in_any_field_is_taken_or_refused_in_one_sentence(data):
    found = tables()
    table = found[data.draw(st.sampled_from(['hosted', 'own']))]
    name = data.draw(st.sampled_from(sorted(table)))
    inner = table[name] if isinstance(table[name], dict) and data.draw(st.booleans()) else table
    key = name if inner is table else data.draw(st.sampled_from(sorted(inner)))
    inner[key] = data.draw(junk)
    try: hosted, own = read_costs(found)
    except UserError as e: assert '\n' not in str(e) and key in str(e)
    else: assert '\n'.join(cost_section(hosted, own, 1e6, '2026-11-24'))

@quick
@given(junk)
def test_any_volume_is_taken_or_refused_in_one_sentence(volume):
    for bill in (hosted_example().monthly, own_example().monthly, lambda v: payback(hosted_example(), own_example(), v), lambda v: per_request(own_example(), v),
                 lambda v: cost_section(hosted_example(), own_example(), v, day)):
        try: bill(volume)
        except UserError as e: assert 'per_month' in str(e) and '\n' not in str(e)


# The memo

def section(today=day, volume=3e6, **changes): return '\n'.join(cost_section(hosted_example(), own_example(**changes), volume, today))

def test_a_memo_holds_both_bills_the_break_even_and_every_price():
    text = section()
    for part in ('3,000,000 requests', f'{hosted_example().monthly(3e6):,.0f} EUR', f'{own_example().monthly(3e6):,.0f} EUR', f'{break_even(hosted_example(), own_example()):,.0f} requests', 'in 2.3 months'): assert part in text
    assert len(re.findall(rf'^\| .* \| {day} \| {source} \|$', text, re.M)) == 6 and 'Note' not in text

def test_a_memo_without_a_break_even_says_so():
    assert 'There is no break-even' in section(seconds_per_answer=2) and 'never earned back' in section(volume=0)

@pytest.mark.parametrize('today, said', [('2027-11-02', ''), ('2027-11-03', 'more than a year old'), (date(2030, 1, 1), 'more than a year old'), ('2026-11-01', 'dated in the future')])
def test_old_prices_are_named(today, said):
    text = section(today)
    assert (said in text) and text.count('Note: ') == bool(said) and text.count(f'({day})') == 6*bool(said)

@pytest.mark.parametrize('today', ['', 'soon', 3, '2026-02-30'])
def test_a_day_that_is_none_is_refused(today):
    with pytest.raises(UserError, match='today = '): section(today)

def test_a_source_cannot_break_the_table():
    odd = replace(hosted_example(), input_price=replace(hosted_example().input_price, source='a | b \\| c'))
    line = next(o for o in cost_section(odd, own_example(), 1, day) if o.startswith('| input price'))
    assert len(re.findall(r'(?<!\\)(?:\\\\)*\|', line)) == 6

def test_a_price_is_neither_html_nor_a_link_nor_code():
    unit = '<img/src=x/onerror=run()> per million tokens'
    hosted = hosted_example()
    text = '\n'.join(cost_section(replace(hosted, **{f: replace(getattr(hosted, f), unit=unit, source='<script>run()</script> [a](b) `c` \\')
                                                    for f in ('input_price', 'output_price')}), own_in(unit.split()[0]), 1, day))
    assert '<' not in text and not re.search(r'(?<!\\)(?:\\\\)*[`\[]', text)
    assert all(len(re.findall(r'(?<!\\)(?:\\\\)*\|', line)) == 6 for line in text.splitlines() if line.startswith('| '))

def own_in(currency):
    own = own_example()
    return replace(own, **{f: replace(p, unit=f'{currency} per {p.measure}') for f in price_units if isinstance(p := getattr(own, f, None), Price)})
