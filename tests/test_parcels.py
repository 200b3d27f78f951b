"The parcels case: dials recovered by the diagnosis, frozen data made again, and files that somebody else made"
import json
import os
import subprocess
import sys
from decimal import Decimal
from itertools import combinations
from pathlib import Path
import numpy as np
import pandas as pd
import pyarrow
import pytest
from hypothesis import given, settings, strategies as st
from pyarrow import parquet
from finetune_notes.cases.parcels import generator as lesson
from finetune_notes.cases.parcels.baselines import classical_baselines, embedding_folder
from finetune_notes.cases.parcels.catalogue import generate_goods, catalogue_groups
from finetune_notes.cases.parcels.diagnosis import _price_of, diagnose, load_parcels, read_parcels, fault_shares
from finetune_notes.cases.parcels.generator import FaultRates, parcel_dataset, freeze_parcel_dataset, generate_parcels, generate_splits, typical_fault_rates
from finetune_notes.core.settings import UserError

dials = dict(rounded='heaping', abbreviated='abbreviation', conflicting='conflict') | {'declared low': 'undervaluation'}
worlds = dict(clean=FaultRates(), met=typical_fault_rates, light=FaultRates(.3, .05, .1, .02), strong=FaultRates(.8, .25, .3, .15), rounded=FaultRates(heaping=.6), low=FaultRates(undervaluation=.3), codes=FaultRates(abbreviation=.4), conflict=FaultRates(conflict=.15))

def as_file(made): return made[['text', 'declared']].rename(columns={'declared': 'value'})

@pytest.mark.parametrize('world,seed', [*((w, 21) for w in worlds), *(pytest.param(w, seed, marks=pytest.mark.nightly) for w in ('met', 'clean') for seed in (22, 23, 24))])
def test_planted_dials_are_recovered_within_two_points(world, seed):
    found = fault_shares(as_file(generate_parcels(20_000, worlds[world], seed)), 500)
    off = {name: round(100*(found[name].estimate - getattr(worlds[world], dial)), 2) for name,dial in dials.items()}
    assert max(map(abs, off.values())) <= 2, off

def test_another_threshold_is_noticed():
    low = FaultRates(undervaluation=0.25, threshold=1000)
    made = as_file(generate_parcels(20_000, low, 3))
    assert ((made.value >= 960) & (made.value < 1000)).sum() > 2*((made.value >= 920) & (made.value < 960)).sum()
    assert abs(fault_shares(made, 1000)['declared low'].estimate - 0.25) < 0.025

def test_the_same_parcels_whatever_the_dials():
    clean = generate_parcels(5000, FaultRates(), seed=5)
    for world in (*worlds.values(), FaultRates(1, 1, 1, 1)):
        made = generate_parcels(5000, world, seed=5)
        assert made[['true', 'group', 'shipper', 'split']].equals(clean[['true', 'group', 'shipper', 'split']])
        plain = ~made[['abbreviated', 'conflicting']].any(axis=1)
        assert (made.text == clean.text)[plain].all()
        honest = ~made[['heaped', 'undervalued', 'conflicting']].any(axis=1)
        assert (made.declared == made.true)[honest].all()
        assert made.text.str.len().between(1, 80).all() and made.declared.between(1, 99_999).all()
        assert [made[c].mean() for c in ('heaped', 'undervalued', 'abbreviated', 'conflicting')] == pytest.approx([world.heaping, world.undervaluation, world.abbreviation, world.conflict])

def test_a_dial_turned_up_touches_the_same_rows_and_more():
    for a,b in ((.1, .3), (.3, .9)):
        few, many = generate_parcels(2000, FaultRates(a, a, a, a)), generate_parcels(2000, FaultRates(b, b, b, b))
        for c in ('heaped', 'undervalued', 'abbreviated', 'conflicting'): assert (many[c] >= few[c]).all()

@pytest.mark.parametrize('world', [*worlds.values(), FaultRates(1, 1, 1, 1)], ids=lambda d: f'{d.heaping}-{d.undervaluation}-{d.abbreviation}-{d.conflict}')
def test_splits_share_no_text(world):
    parts = generate_splits(4000, 500, 500, world, seed=9)
    assert [len(p) for p in parts.values()] == [4000, 500, 500]
    keys = [set(p.text.str.lower().str.split().str.join(' ')) for p in parts.values()]
    assert [a & b for a,b in combinations(keys, 2)] == [set()]*3

def test_standing_texts_have_two_values():
    made = generate_parcels(20_000, FaultRates(conflict=0.1), seed=1)
    rows = made[made.conflicting]
    values = rows.groupby('text').declared.agg(['nunique', 'size'])
    assert (values[values['size'] > 8]['nunique'] == 2).all() and len(values) > 40

def test_every_group_is_drawn_and_its_values_spread():
    made = generate_goods(50_000, 1)
    assert made.group.nunique() == len(catalogue_groups()) >= 60
    assert (made.groupby('group').true.agg(lambda v: np.log(v).std()) > 0.25).all()

def test_the_frozen_files_are_made_again(tmp_path, monkeypatch):
    assert freeze_parcel_dataset(tmp_path/'parcels') == lesson._SHA256
    monkeypatch.setenv('FINETUNE_NOTES_DATA', str(tmp_path))
    made = parcel_dataset('validation')
    (tmp_path/'parcels'/'validation.csv').unlink()
    assert parcel_dataset('validation').equals(made)
    with open(tmp_path/'parcels'/'test.csv', 'a') as f: f.write('one more,5,5,toy,private,0,0,0,0\n')
    with pytest.raises(UserError, match='test.csv has sha256'): parcel_dataset('test')

def test_frozen_rows_have_the_types_of_generated_ones():
    made, frozen = generate_splits()['test'].drop(columns='usual').reset_index(drop=True), parcel_dataset('test')
    assert frozen.columns.tolist() == made.columns.tolist() and (frozen == made).all().all() and frozen.heaped.dtype == bool

@pytest.mark.parametrize('bad', [dict(heaping=1.5), dict(undervaluation=-0.1), dict(abbreviation='much'), dict(conflict=float('nan')), dict(threshold=0)])
def test_a_dial_that_cannot_be(bad):
    with pytest.raises(UserError, match=next(iter(bad))): FaultRates(**bad)

def test_few_parcels():
    assert len(generate_parcels(0)) == 0 and len(generate_parcels(1)) == 1
    with pytest.raises(UserError, match='whole number'): generate_parcels(-1)

# A file that somebody else made

def written(tmp_path, content, name='mine.csv'):
    (tmp_path/name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path/name

cases = [('long', 'x y'*400, '5', 'text', 'at most 1,000'), ('empty', ' ', '5', 'text', 'nothing'), ('no text', '12345', '5', 'text', 'words'), ('control', 'la\x07mp', '5', 'text', "control characters, found '\\x07'"),
         ('next line', 'la\x85mp', '5', 'text', 'control characters'), ('negative', 'lamp', '-5', 'value', "above 0 and up to 10,000,000, found str '-5'"), ('negative dollars', 'lamp', '-$5.00', 'value', 'above 0'),
         ('minus', 'lamp', '\u22125', 'value', 'above 0'), ('zero', 'lamp', '0', 'value', 'above 0'), ('too dear', 'lamp', '1e300', 'value', 'above 0'), ('two currencies', 'lamp', '$5 EUR', 'value', 'such as 1200'),
         ('a unit', 'lamp', '5 PCS', 'value', 'such as 1200'), ('missing', 'lamp', '', 'value', 'nothing'), ('words', 'lamp', 'ten', 'value', "found str 'ten'"), ('infinite', 'lamp', 'inf', 'value', 'such as 1200'),
         ('not a number', 'lamp', 'NaN', 'value', 'such as 1200'), ('date', 'lamp', '01.02.2024', 'value', 'such as 1200'), ('range', 'lamp', '5-10', 'value', 'such as 1200'), ('torn range', 'lamp', '5.-10', 'value', 'such as 1200'), ('error', 'lamp', '#REF!', 'value', 'such as 1200'), ('torn', 'lamp', '1.29.900', 'value', 'such as 1200'),
         ('endless', 'lamp', '9'*5000, 'value', 'such as 1200'), ('percent', 'lamp', '5%', 'value', 'such as 1200'), ('other digits', 'lamp', '\u0665', 'value', 'such as 1200')]

@pytest.mark.parametrize('name,text,value,field,why', cases, ids=[c[0] for c in cases])
def test_a_bad_row_is_named_and_counted(tmp_path, name, text, value, field, why):
    path = written(tmp_path, f'id,text,value\n1,lamp,20\n2,{text},{value}\n3,vase,30\n')
    good, loaded = read_parcels(path, 'text', 'value')
    assert good.text.tolist() == ['lamp', 'vase'] and [(p.row, p.field) for p in loaded.problems] == [(3, field)] and why in str(loaded.problems[0])
    with pytest.raises(UserError, match=f'row 3, {field}'): load_parcels(path, 'text', 'value')
    assert len(load_parcels(path, 'text', 'value', skip_bad=True)) == 2

def test_every_fault_is_counted_in_one_pass(tmp_path):
    good, loaded = read_parcels(written(tmp_path, 'text,value\n,ten\nlamp,6,7\nvase,8\n12,0\n'), 'text', 'value')
    assert good.row.tolist() == [4] and [str(p) for p in loaded.problems] == [
        "row 2, text: expected a description, found nothing; value: expected a number such as 1200 or 12.50, found str 'ten'",
        'row 3, the line: 3 cells, 2 columns; put a text that holds the delimiter into double quotes',
        "row 5, text: expected a description with words, found '12'; value: expected a value above 0 and up to 10,000,000, found str '0'"]

sheet = ('sep=;\r\nartikel;preis\r\nMüllbeutel grün;4,50\r\nwool scarf\u00a0(grey);12,90\r\nkettle;$39.00\r\n'
         '"lamp with a shade of linen, a brass foot, a dimmer and a cable of three metres length";1.299,00\r\nbell;0,80\r\n"two\nlines";7,00\r\n')

def test_a_price_list_of_a_spreadsheet_is_read_whole_and_every_change_is_said(tmp_path, capsys):
    path = written(tmp_path, '\ufeff' + sheet)
    good, loaded = read_parcels(path, 'artikel', 'preis')
    assert good.value.tolist() == [4.5, 12.9, 39, 1299, .8, 7] and not loaded.problems
    assert good.text[0] == 'Müllbeutel grün' and good.text[1] == 'wool scarf (grey)' and len(good.text[3]) > 80 and good.text[5] == 'two lines'
    assert loaded.remarks == [
        'a line break or tab was read as a space in 1 text', 'a no-break or thin space was read as a space in 1 text',
        'a decimal comma was read in 5 values', 'a decimal point was read in 1 value', 'a thousands separator was read in 1 value',
        'the currency $ was taken off 1 value (5 values without a currency)']
    load_parcels(path, 'artikel', 'preis')
    assert '6 rows, 6 used' in (err := capsys.readouterr().err) and 'a decimal comma was read in 5 values' in err

def test_a_price_list_in_the_code_page_of_its_country_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(UserError, match='row 3: expected text in UTF-8, found the byte 0xfc.*save the file as "CSV UTF-8"'):
        load_parcels(written(tmp_path, sheet.encode('cp1252')), 'artikel', 'preis')

columns = [(['4,50', '1.299', '12'], [4.5, 1299, 12]), (['4.50', '1,299', '12'], [4.5, 1299, 12]), (['4.50', '1.299'], [4.5, 1.299]), (['1.299.000', '2.450'], [1_299_000, 2450]), (['1,299,000', '2.450'], [1_299_000, 2.45]),
           (['1 299,00', '2\u00a0450', '3\u202f000,5', '4\u2009100'], [1299, 2450, 3000.5, 4100]), (["1'299.50", '2’000'], [1299.5, 2000]), (['1e3', '1,5E+03'], [1000, 1500]), (['0.800', '0.123'], [.8, .123]),
           (['1234.567', '1.299'], [1234.567, 1.299]), (['€ 1.299,00', '12 EUR', '3 Euro'], [1299, 12, 3]), (['kr. 12', '1 299 kr'], [12, 1299]), (['.50', '12'], [.5, 12]), (['39,-', '1.299,– €', '12.--'], [39, 1299, 12]), (['3.14159', '2'], [3.14159, 2])]

@pytest.mark.parametrize('said,values', columns, ids=[' | '.join(c[0]) for c in columns])
def test_the_column_decides_what_its_values_mean(tmp_path, said, values):
    good, loaded = read_parcels(written(tmp_path, 'text;value\n' + ''.join(f'lamp;{s}\n' for s in said)), 'text', 'value')
    assert good.value.tolist() == values and not loaded.problems

def test_plain_values_need_no_remark(tmp_path):
    assert read_parcels(written(tmp_path, 'text,value\nlamp,12.50\nvase,7\n'), 'text', 'value')[1].remarks == []

@pytest.mark.parametrize('said', [['1.299', '2.450'], ['1.299', '12'], ['1.299', '4,50', '4.50'], ['1,299', '1 299']], ids=' | '.join)
def test_a_column_that_does_not_decide_is_refused_until_it_is_told(tmp_path, said):
    path = written(tmp_path, 'text;value\n' + ''.join(f'lamp;{s}\n' for s in said))
    with pytest.raises(UserError, match=f"values can mean two things, first row 2: '{said[0]}' is 1.299 or 1299.*give decimal='.' or decimal=','"): read_parcels(path, 'text', 'value', '')
    thousand, one = (',', '.') if said[0] == '1.299' else ('.', ',')
    good, loaded = read_parcels(path, 'text', 'value', thousand)
    assert good.value[0] == 1299 and any(f"decimal='{thousand}' says: '{said[0]}' was read as 1299" in r for r in loaded.remarks)
    assert load_parcels(path, 'text', 'value', decimal=one).value[0] == 1.299
    with pytest.raises(UserError, match="expected '.' or ','"): read_parcels(path, 'text', 'value', ';')

def test_open_values_that_the_column_decides_are_counted(tmp_path):
    loaded = read_parcels(written(tmp_path, 'text;value\na;4,50\nb;1.299\nc;2.450\n'), 'text', 'value')[1]
    assert "2 values could mean two things, as the other values have a decimal comma: '1.299' was read as 1299" in loaded.remarks

def test_one_currency_is_remarked_and_another_is_refused_by_row(tmp_path):
    good, loaded = read_parcels(written(tmp_path, 'text,value\na,$5\nb,6 EUR\nc,USD 7\nd,8\n'), 'text', 'value')
    assert good.value.tolist() == [5, 7, 8] and loaded.remarks == ['the currency $ was taken off 2 values (1 value without a currency)']
    assert [str(p) for p in loaded.problems] == ["row 3, value: expected one currency in the column, $ as in most rows, found str '6 EUR'; convert it"]

def test_typed_values_are_taken_as_they_are_and_the_odd_ones_are_named(tmp_path):
    rows = ['4.5', '1299', '"4,50"', 'true', 'null', '1e999', '[5]', '-1', '1' + '0'*400]
    good, loaded = read_parcels(written(tmp_path, ''.join(f'{{"text": "lamp", "value": {r}}}\n' for r in rows) + '{"text": 5, "value": 5}\n{"text": "x"}\n', 'mine.jsonl'), 'text', 'value')
    assert good.value.tolist() == [4.5, 1299, 4.5] and [p.row for p in loaded.problems] == list(range(4, 12))
    assert "found bool 'True'" in str(loaded.problems[0]) and 'row 10, text: expected a description, found int' in str(loaded.problems[-2]) and 'row 11, value: is missing; there are: text' in str(loaded.problems[-1])

def test_parcels_are_read_from_files_of_every_kind(tmp_path):
    frame = pd.DataFrame(dict(text=['lamp', 'vase'], value=[4.5, 1299.]))
    frame.to_json(tmp_path/'a.json', orient='records')
    frame.to_csv(tmp_path/'a.csv.gz', index=False, sep='|')
    parquet.write_table(pyarrow.table(dict(text=['lamp', 'vase', 'bell', 'cup'], value=[4.5, 1299., float('nan'), None])), tmp_path/'a.parquet')
    for name in ('a.json', 'a.csv.gz'): assert load_parcels(tmp_path/name, 'text', 'value').value.tolist() == [4.5, 1299]
    good, loaded = read_parcels(tmp_path/'a.parquet', 'text', 'value')
    assert good.value.tolist() == [4.5, 1299] and [str(p) for p in loaded.problems] == [
        "row 3, value: expected a value above 0 and up to 10,000,000, found float 'nan'", 'row 4, value: expected a number, found nothing']

def test_decimals_of_a_database_are_numbers(tmp_path):
    pd.DataFrame(dict(text=['lamp', 'vase'], value=[Decimal('4.50'), Decimal('1.299')])).to_parquet(tmp_path/'a.parquet')
    assert load_parcels(tmp_path/'a.parquet', 'text', 'value').value.tolist() == [4.5, 1.299]

@settings(max_examples=200, deadline=None)
@given(st.floats(.01, 9_000_000), st.sampled_from(['.,', ',.', ', ', ".'", ',\u202f']), st.integers(1, 4))
def test_a_number_in_any_convention_is_read_as_itself(number, marks, places):
    said = f'{number:,.{places}f}'.translate(str.maketrans('.,', marks))
    readings = _price_of(said).readings
    truth = float(f'{number:.{places}f}')
    assert truth in [r.value for r in readings.values()] and (places == 3 or len({r.value for r in readings.values()}) == 1)

@given(st.text(max_size=80))
def test_any_cell_is_a_number_or_a_problem(said):
    for reading in _price_of(said).readings.values(): assert isinstance(reading.value, float)

@pytest.mark.parametrize('content,why', [(b'', 'is empty'), (b'text,value\n', 'holds no parcels'), (b'a,b\n1,2\n', "no column 'text'; the columns are a, b$"), (b'text,text,value\n', "'text' twice"), (b'text,value\n\xff,5\n', 'UTF-8'),
                                         (b'Text,value\na,1\n', "no column 'text'; the columns are Text, value; did you mean 'Text'"), (b'text,a value \na,1\n', "no column 'value'; the columns are text, a value; did you mean 'a value'"),
                                         (b'text,value\n"a,1\nb,2\n', 'the double quotes here, or in a row above, do not match')])
def test_a_file_that_cannot_be_read_whole(tmp_path, content, why):
    path = tmp_path/'mine.csv'
    path.write_bytes(content)
    with pytest.raises(UserError, match=why): load_parcels(path, 'text', 'value')
    with pytest.raises(UserError, match='no such file'): load_parcels(tmp_path/'none.csv', 'text', 'value')
    with pytest.raises(UserError, match='folder'): load_parcels(tmp_path, 'text', 'value')
    with pytest.raises(UserError, match='two different columns'): load_parcels(path, 'text', 'text')

@pytest.mark.parametrize('n', [500, 2000])
def test_the_interval_of_the_share_declared_low_holds_what_was_planted(n):
    worlds = FaultRates(), FaultRates(.3, .05, .1, .02), FaultRates(undervaluation=.2), FaultRates(.6, .1), FaultRates(.6, .35), typical_fault_rates
    found = [(w.undervaluation, fault_shares(as_file(generate_parcels(n, w, seed=s)), 500)['declared low']) for w in worlds for s in (21, 22)]
    assert sum(e.lo <= planted <= e.hi for planted,e in found) >= 11, found
    assert all(e.estimate - e.lo < 0.6 for _,e in found)

def test_too_little_to_conclude():
    assert diagnose(as_file(generate_parcels(10))).verdict == 'too little data'
    some = diagnose(as_file(generate_parcels(200, FaultRates())))
    assert some.verdict == 'too little data' and '200 rows are too few' in some.why[0] and some.shares
    one = diagnose(pd.DataFrame(dict(text=['pallet of tiles']*900, value=range(100, 1000))))
    assert one.verdict == 'too little data' and '1 different text' in one.why[0]

@pytest.mark.parametrize('frame', [as_file(generate_parcels(40)), as_file(generate_parcels(60)).assign(value=1.), as_file(generate_parcels(500, FaultRates(abbreviation=1.))), pd.DataFrame(dict(text=[f'thing {"abcdefghijkl"[i % 12]}' for i in range(600)], value=[5.]*600))],
                         ids=['few', 'all one euro', 'all codes', 'one value'])
def test_an_odd_file_is_diagnosed_all_the_same(frame):
    found = diagnose(frame)
    assert found.verdict in ('not yet', 'too little data') and json.loads(json.dumps(found.to_json()))['rows'] == len(frame)

def test_the_gain_that_is_told_follows_from_the_two_factors():
    found = diagnose(as_file(generate_parcels(2000, FaultRates(), seed=4)))
    constant, ridge = (found.baselines[name]['factor'] for name in ('constant', 'TF-IDF + ridge'))
    assert 1 < ridge.lo < ridge.estimate < ridge.hi < constant.estimate and ridge.n == constant.n
    assert f'off is {1 - ridge.estimate/constant.estimate:.0%} (' in found.why[-1]
    assert f'constant, off by a factor of {constant.text}' in repr(found)

@pytest.mark.parametrize('factor,said', [(.01, True), (1, False)])
def test_small_values_are_said_to_be_rounded(factor, said):
    frame = as_file(generate_parcels(600, seed=3))
    assert any('such as cents' in w for w in diagnose(frame.assign(value=frame.value*factor)).why) == said

# The command line

@pytest.fixture(scope='module')
def mine(tmp_path_factory):
    path = tmp_path_factory.mktemp('mine')/'mine.csv'
    generate_parcels(3000, seed=8).rename(columns={'text': 'what', 'declared': 'price'}).to_csv(path, index=False)
    return path

def test_the_command_gives_the_diagnosis(mine, command):
    done = command('evaluate', 'valuation', '--data', mine, '--text', 'what', '--value', 'price', '--json')
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made == json.loads(json.dumps(diagnose(load_parcels(mine, 'what', 'price')).to_json())) and made['verdict'] == 'not yet'
    shown = command('evaluate', 'valuation', '--data', mine, '--text', 'what', '--value', 'price').stdout
    assert "Whipple's index" in shown and 'fine-tuning' in shown

def test_the_command_stops_at_bad_rows_or_counts_them(mine, command, tmp_path):
    path = tmp_path/'bad.csv'
    path.write_text(mine.read_text() + ',5,5,5,toy,private,False,False,False,False,train\n')
    stopped = command('evaluate', 'valuation', '--data', path, '--text', 'what', '--value', 'price')
    assert stopped.returncode == 2 and stopped.stdout == '' and 'row 3002, what' in stopped.stderr and 'Traceback' not in stopped.stderr
    done = command('evaluate', 'valuation', '--data', path, '--text', 'what', '--value', 'price', '--skip-bad', '--json')
    assert done.returncode == 0 and '1 bad row left out; the first: row 3002, what' in done.stderr and json.loads(done.stdout)['left_out'] == 1

def test_the_command_asks_for_the_decimal_mark_and_says_what_it_read(mine, command, tmp_path):
    frame = pd.read_csv(mine)
    frame.assign(price=[f'{p:,.0f}'.replace(',', '.') for p in frame.price + 1000]).to_csv(tmp_path/'mine.csv', index=False)
    arguments = 'evaluate', 'valuation', '--data', tmp_path/'mine.csv', '--text', 'what', '--value', 'price', '--json'
    asked = command(*arguments)
    assert asked.returncode == 2 and '--decimal' in asked.stderr and asked.stdout == '' and 'Traceback' not in asked.stderr
    done = command(*arguments, '--decimal', ',')
    assert done.returncode == 0 and "3,000 values could mean two things, as decimal=',' says" in done.stderr and json.loads(done.stdout)['rows'] == len(frame)

@pytest.mark.parametrize('arguments,why', [((), '--data FILE'), (('--data', 'none.csv', '--text', 'a', '--value', 'b'), 'no such file'), (('--data', 'none.csv', '--text', 'a'), '--value COLUMN')])
def test_the_command_says_what_is_missing(command, arguments, why):
    done = command('evaluate', 'valuation', *arguments)
    assert done.returncode == 2 and why in done.stderr and done.stdout == ''

def test_values_above_those_of_parcels_are_diagnosed():
    rng, places = np.random.default_rng(1), {'harbour': 900_000, 'centre': 600_000, 'suburb': 300_000, 'village': 150_000}
    kinds = rng.choice(list(places), 600)
    frame = pd.DataFrame(dict(text=[f'{rooms} rooms, {kind}, house {i}' for i,(kind,rooms) in enumerate(zip(kinds, rng.integers(2, 8, 600)))],
                              value=[round(places[k]*float(np.exp(rng.normal(0, .1))) + 17*i) for i,k in enumerate(kinds)]))
    found = diagnose(frame)
    assert any(w.startswith('Words help') for w in found.why), found.why
    assert found.baselines['TF-IDF + ridge']['MAE'].estimate < found.baselines['constant']['MAE'].estimate/2

def test_a_library_that_cannot_be_loaded_is_left_out(monkeypatch, capsys):
    def broken(): raise OSError('libgomp.so.1: cannot open shared object file')
    monkeypatch.setattr('finetune_notes.cases.parcels.baselines.boosted_trees', broken)
    assert 'boosted trees' not in classical_baselines() and 'left out: boosted trees (libgomp' in capsys.readouterr().err

def test_a_missing_embedding_is_said_aloud(monkeypatch, capsys):
    monkeypatch.setattr('finetune_notes.cases.parcels.baselines.find_spec', lambda name: None)
    with pytest.raises(UserError, match='pip install'): embedding_folder()
    assert 'embedding + ridge' not in classical_baselines() and 'left out: embedding + ridge' in capsys.readouterr().err

def test_the_benchmark_runs():
    place = Path(__file__).resolve().parents[1]/'benchmarks'/'baselines.py'
    done = subprocess.run([sys.executable, place, '--sizes', '2000', '--systems', 'constant,TF-IDF + ridge'], capture_output=True, text=True, timeout=300, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)['system'] for line in done.stdout.splitlines()] == ['constant', 'TF-IDF + ridge'] and json.loads(done.stdout.splitlines()[0])['peak_mib'] > 50
