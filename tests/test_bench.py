"Benchmarks: what was measured is kept, resumed and said as it is, and both sides of a comparison do the same work"
import json
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
import pytest
import torch
from hypothesis import given, strategies as st
from finetune_notes.foundations.generate import generate
from finetune_notes.foundations.models import load
from finetune_notes.foundations.settings import UserError
from finetune_notes.workbench import bench as module
from finetune_notes.workbench.bench import bench, figures, markdown, read_results, rounded, sides
from finetune_notes.workbench.trials import apart, as_a_user, dpo_pass, exponent, growth, pair_more, sft_arithmetic, sft_pass, split_gap
from finetune_notes.workbench.speed import in_turns

top = Path(__file__).resolve().parents[1]
committed = read_results(top/'benchmarks'/'results')

@pytest.fixture
def called(monkeypatch):
    "Three measurements that cost nothing, the second of which can be interrupted"
    done, broken = [], [True]
    def measure(name):
        def f(rounds, size):
            "A measurement"
            done.append(name)
            if name == 'b' and broken: raise KeyboardInterrupt
            return [dict(what=name, seconds=1/3, rounds=rounds)]
        return f
    monkeypatch.setattr(module, 'measurements', {name: measure(name) for name in 'abc'})
    monkeypatch.setattr(module, 'machine', lambda: dict(cores=2))
    return done, broken

def test_what_was_measured_before_an_interruption_is_kept_and_not_done_again(called, tmp_path):
    done, broken = called
    with pytest.raises(KeyboardInterrupt): bench(folder=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['a.json']
    broken.clear()
    assert list(bench(folder=tmp_path, resume=True)) == ['a', 'b', 'c'] and done == ['a', 'b', 'b', 'c']
    bench(folder=tmp_path, resume=True, rounds=5)
    assert done[4:] == ['a', 'b', 'c'], 'other rounds are another measurement'
    bench(['c'], folder=tmp_path, rounds=5)
    assert done[7:] == ['c'], 'without resume everything is measured'

def test_yesterday_does_not_count(called, tmp_path):
    done, broken = called
    broken.clear()
    bench(['a'], folder=tmp_path)
    record = json.loads((tmp_path/'a.json').read_text())
    assert record['date'] == f'{datetime.now(timezone.utc):%Y-%m-%d}' and record['machine'] and record['how']['rounds'] == 3
    (tmp_path/'a.json').write_text(json.dumps(record | dict(date='2020-01-01')))
    bench(['a'], folder=tmp_path, resume=True)
    assert done == ['a', 'a']

def test_mistakes_are_sentences(tmp_path, monkeypatch):
    (tmp_path/'sft.json').write_text('{"half')
    with pytest.raises(UserError, match='sft.json is not JSON.*--only sft'): read_results(tmp_path)
    with pytest.raises(UserError, match="no measurement 'x'; there are: sft, dpo"): bench(['x'])
    with pytest.raises(UserError, match='growth nothing 5 failed: KeyError'): apart('growth', 'nothing', 5)
    monkeypatch.setattr(subprocess, 'run', lambda *a, **k: subprocess.CompletedProcess(a, -9, '', ''))
    with pytest.raises(UserError, match='memory ran out'): apart('growth', 'parcels', 10)

def test_a_miss_is_called_a_miss():
    line = lambda side, seconds, peak: dict(side=side, case='queries', unit='tokens/s', rate=100/seconds, seconds=[seconds, 2*seconds, seconds], peak=peak)
    machine = dict(processor='p', cores=2, memory_gib=4., versions=dict(torch='t'))
    record = dict(machine=machine, date='2026-01-01', lines=[line('stock', 6., 1000), line('ours', 2., 1001) | dict(share=.61)])
    speed, share, memory = figures(dict(sft=record))
    assert (speed['against'], speed['met'], share['met'], memory['met']) == ('3.0 [3.0, 3.0] times', False, True, False)
    assert '| ≥ 4, **missed** |' in markdown(dict(sft=record)) and markdown({}) == ''

@given(st.floats(.2, 3), st.floats(1e-6, 1e3), st.lists(st.integers(10, 10**7), min_size=2, max_size=5, unique=True))
def test_the_exponent_of_a_power_is_found(power, seconds, rows):
    assert exponent(rows, [seconds*n**power for n in rows]) == pytest.approx(power, abs=1e-6)

def test_sides_are_compared_round_by_round():
    times = dict(stock=iter([4., 8., 6.]), ours=iter([1., 4., 2.]))
    found = in_turns({k: lambda k=k: dict(seconds=next(times[k]), peak=len(k)) for k in times}, 3)
    stock, ours = sides(found, 'rows/s', 8, case='c')
    assert (stock['rate'], ours['rate'], ours['times'], ours['times lo'], ours['times hi'], ours['peak']) == (8/6, 4, 3, 2, 4, 4)
    assert rounded(ours['seconds']) == [1, 4, 2] and rounded(1/3) == .33333

@pytest.mark.parametrize('case', ['queries', 'mail'])
def test_both_sides_train_on_the_same_tokens(case, runs):
    ours, stock = (sft_pass(side, case, 4) for side in ('ours', 'stock'))
    assert ours['tokens'] == stock['tokens'] and ours['seconds'] > 0 and stock['seconds'] > 0 and ours['rate'] > 1e8
    assert sft_arithmetic(case, 4)['flop'] > 0

def test_choices_are_timed_on_both_sides(runs):
    made = {side: dpo_pass(side, 2, 6) for side in ('stock', 'ours')}
    assert made['stock']['tokens'] == made['ours']['tokens'] and made['stock']['seconds'] > 0

def test_a_pair_more_is_what_counts_and_the_first_call_does_not(monkeypatch, tmp_path):
    calls = []
    def slow(pairs, *args, folder, **kwargs):
        calls.append((len(pairs), folder.name))
        time.sleep(.05 + .01*len(pairs) + .3*(len(calls) == 1))
    monkeypatch.setattr('finetune_notes.cases.preferences.dpo', slow)
    assert pair_more([None]*12, None, None, None, 4, tmp_path) == pytest.approx(.01, abs=.004)
    assert sorted(calls) == [(4, 'few'), (4, 'warm'), (12, 'many')], 'each call has a folder of its own, where nothing is found'

def test_a_user_and_we_write_the_same():
    base = load('tiny')
    model, tokenizer = base.model('float32'), base.tokenizer()
    prompts = [tokenizer('how many ' + 'very '*k + 'slow requests')['input_ids'] for k in range(11)]
    texts, tokens = as_a_user(model, tokenizer, prompts, 6)
    ours = generate(model, tokenizer, prompts, 6, label=None)
    assert texts == [a.text for a in ours] and tokens == sum(a.tokens for a in ours)
    assert split_gap(model, tokenizer, prompts[0], texts[0], texts[0]) == 0
    with torch.inference_mode(): logp = model(torch.tensor([prompts[0]])).logits[0, -1].log_softmax(-1)
    a, b = (tokenizer.decode(i) for i in logp.topk(2).indices)
    assert split_gap(model, tokenizer, prompts[0], a, b) == pytest.approx(float(logp.topk(2).values[0] - logp.topk(2).values[1]), abs=1e-5)

@pytest.mark.parametrize('kind', ['questions', 'parcels', 'parcel splits', 'near-duplicates', 'grouped split'])
def test_data_can_be_made_at_any_size(kind):
    assert growth(kind, 200)['rows'] == 200 and growth(kind, 200)['seconds'] > 0

# The committed results

def test_the_readme_says_what_was_measured():
    if not committed: pytest.skip('no results are committed: make bench')
    text = (top/'README.md').read_text(encoding='utf-8')
    assert list(committed) == list(module.measurements), 'a measurement has no committed result: make bench'
    assert markdown(committed) in text and len(figures(committed)) > 12

@pytest.mark.parametrize('name', list(committed))
def test_a_result_is_whole_and_agrees_with_its_rounds(name):
    record = committed[name]
    assert record['how']['preset'] == 'laptop' and record['how']['rounds'] >= 3 and record['machine']['matrix_gflops']['float32'] > 0 and record['machine']['versions']['torch']
    for line in (l for l in record['lines'] if 'rate' in l):
        amount = line.get('tokens', 1) if name == 'sft' else line.get('queries', 1)
        assert len(line['seconds']) >= 3
        assert line['rate'] == pytest.approx(median(amount/s for s in line['seconds']), rel=1e-3), line['side']
