"The parcels case: dials recovered by the diagnosis, frozen data made again, and files that somebody else made"
import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
from finetune_notes.cases.parcels import generator as lesson
from finetune_notes.cases.parcels.baselines import classical_baselines, embedding_folder
from finetune_notes.cases.parcels.catalogue import generate_goods, catalogue_groups
from finetune_notes.cases.parcels.diagnosis import diagnose, load_parcels, read_parcels, fault_shares
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
    made, frozen = generate_splits()['test'].reset_index(drop=True), parcel_dataset('test')
    assert frozen.columns.tolist() == made.columns.tolist() and (frozen == made).all().all() and frozen.heaped.dtype == bool

@pytest.mark.parametrize('bad', [dict(heaping=1.5), dict(undervaluation=-0.1), dict(abbreviation='much'), dict(conflict=float('nan')), dict(threshold=0)])
def test_a_dial_that_cannot_be(bad):
    with pytest.raises(UserError, match=next(iter(bad))): FaultRates(**bad)

def test_few_parcels():
    assert len(generate_parcels(0)) == 0 and len(generate_parcels(1)) == 1
    with pytest.raises(UserError, match='whole number'): generate_parcels(-1)

# A file that somebody else made

cases = [('long', 'x y'*40, '5', 'text', 'at most 80'), ('empty', ' ', '5', 'text', 'nothing'), ('no text', '12345', '5', 'text', 'words'), ('negative', 'lamp', '-5', 'value', '1 or more'),
         ('zero', 'lamp', '0', 'value', 'from 1'), ('currency', 'lamp', '€ 1200', 'value', 'currency'), ('dollars', 'lamp', '$5', 'value', 'currency'), ('thousands', 'lamp', '"1,200"', 'value', 'thousands'),
         ('dots', 'lamp', '1.200', 'value', 'thousands'), ('missing', 'lamp', '', 'value', 'nothing'), ('words', 'lamp', 'ten', 'value', 'plain'), ('infinite', 'lamp', 'inf', 'value', 'plain')]

@pytest.mark.parametrize('name,text,value,field,why', cases, ids=[c[0] for c in cases])
def test_a_bad_row_is_named_and_counted(tmp_path, name, text, value, field, why):
    path = tmp_path/'mine.csv'
    path.write_text(f'id,text,value\n1,lamp,20\n2,{text},{value}\n3,vase,30\n', encoding='utf-8')
    good, bad = read_parcels(path, 'text', 'value')
    assert good.text.tolist() == ['lamp', 'vase'] and [(b.row, b.field) for b in bad] == [(3, field)] and why in str(bad[0])
    with pytest.raises(UserError, match=f'row 3, {field}'): load_parcels(path, 'text', 'value')
    assert len(load_parcels(path, 'text', 'value', skip_bad=True)) == 2

def test_quoted_line_breaks_and_torn_records(tmp_path):
    path = tmp_path/'mine.csv'
    path.write_text('text,value\n"two\nlines",5\nlamp,6,7\nvase,8\n', encoding='utf-8')
    good, bad = read_parcels(path, 'text', 'value')
    assert good.row.tolist() == [5] and [(b.row, b.field) for b in bad] == [(2, 'text'), (4, 'the line')]

@pytest.mark.parametrize('content,why', [(b'', 'is empty'), (b'text,value\n', 'holds no parcels'), (b'a,b\n1,2\n', "one column 'text'"), (b'text,text,value\n', 'found 2'), (b'text,value\n\xff,5\n', 'UTF-8')])
def test_a_file_that_cannot_be_read_whole(tmp_path, content, why):
    path = tmp_path/'mine.csv'
    path.write_bytes(content)
    with pytest.raises(UserError, match=why): load_parcels(path, 'text', 'value')
    with pytest.raises(UserError, match='no such file'): load_parcels(tmp_path/'none.csv', 'text', 'value')
    with pytest.raises(UserError, match='folder'): load_parcels(tmp_path, 'text', 'value')

def test_too_little_to_conclude():
    assert diagnose(as_file(generate_parcels(10))).verdict == 'too little data'
    some = diagnose(as_file(generate_parcels(200, FaultRates())))
    assert some.verdict != 'worth trying' and some.shares
    one = diagnose(pd.DataFrame(dict(text=['pallet of tiles']*900, value=range(100, 1000))))
    assert one.verdict == 'too little data' and '1 different text' in one.why[0]

@pytest.mark.parametrize('frame', [as_file(generate_parcels(40)), as_file(generate_parcels(60)).assign(value=1.), as_file(generate_parcels(500, FaultRates(abbreviation=1.))), pd.DataFrame(dict(text=[f'thing {"abcdefghijkl"[i % 12]}' for i in range(600)], value=[5.]*600))],
                         ids=['few', 'all one euro', 'all codes', 'one value'])
def test_an_odd_file_is_diagnosed_all_the_same(frame):
    found = diagnose(frame)
    assert found.verdict in ('not yet', 'too little data') and json.loads(json.dumps(found.to_json()))['rows'] == len(frame)

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
    path.write_text(mine.read_text() + ',5,5,toy,private,False,False,False,False,train\n')
    stopped = command('evaluate', 'valuation', '--data', path, '--text', 'what', '--value', 'price')
    assert stopped.returncode == 2 and stopped.stdout == '' and 'row 3002, what' in stopped.stderr and 'Traceback' not in stopped.stderr
    done = command('evaluate', 'valuation', '--data', path, '--text', 'what', '--value', 'price', '--skip-bad', '--json')
    assert done.returncode == 0 and '1 faults' in done.stderr and json.loads(done.stdout)['left_out'] == 1

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
