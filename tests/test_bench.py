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
from finetune_notes.generation.decoding import generate
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.course import bench as module
from finetune_notes.course.bench import run_benchmarks, benchmark_figures, benchmarks_markdown, read_results, round_floats, side_lines
from finetune_notes.course.trials import run_in_process, plain_generate, growth_exponent, seconds_per_pair, first_token_gap
from finetune_notes.course.speed import measure_in_rounds

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
    with pytest.raises(KeyboardInterrupt): run_benchmarks(folder=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ['a.json']
    broken.clear()
    assert list(run_benchmarks(folder=tmp_path, resume=True)) == ['a', 'b', 'c'] and done == ['a', 'b', 'b', 'c']
    run_benchmarks(folder=tmp_path, resume=True, rounds=5)
    assert done[4:] == ['a', 'b', 'c'], 'other rounds are another measurement'
    run_benchmarks(['c'], folder=tmp_path, rounds=5)
    assert done[7:] == ['c'], 'without resume everything is measured'

def test_yesterday_does_not_count(called, tmp_path):
    done, broken = called
    broken.clear()
    run_benchmarks(['a'], folder=tmp_path)
    record = json.loads((tmp_path/'a.json').read_text())
    assert record['date'] == f'{datetime.now(timezone.utc):%Y-%m-%d}' and record['machine'] and record['how']['rounds'] == 3
    (tmp_path/'a.json').write_text(json.dumps(record | dict(date='2020-01-01')))
    run_benchmarks(['a'], folder=tmp_path, resume=True)
    assert done == ['a', 'a']

def test_mistakes_are_sentences(tmp_path, monkeypatch):
    (tmp_path/'sft.json').write_text('{"half')
    with pytest.raises(UserError, match='sft.json is not JSON.*--only sft'): read_results(tmp_path)
    with pytest.raises(UserError, match="no measurement 'x'; there are: sft, dpo"): run_benchmarks(['x'])
    with pytest.raises(UserError, match='growth nothing 5 failed: KeyError'): run_in_process('growth', 'nothing', 5)
    monkeypatch.setattr(subprocess, 'run', lambda *a, **k: subprocess.CompletedProcess(a, -9, '', ''))
    with pytest.raises(UserError, match='memory ran out'): run_in_process('growth', 'parcels', 10)

def test_a_miss_is_called_a_miss():
    line = lambda side, seconds, peak: dict(side=side, case='queries', unit='tokens/s', rate=100/seconds, seconds=[seconds, 2*seconds, seconds], peak=peak)
    machine = dict(processor='p', cores=2, memory_gib=4., versions=dict(torch='t'), dtype='float32')
    record = dict(machine=machine, date='2026-01-01', lines=[line('defaults', 4., 1000), line('configured', 3., 900), line('ours', 2., 1001) | dict(share=.61)])
    speed, share, memory, configured = benchmark_figures(dict(sft=record))
    assert (speed['against'], speed['met'], share['met'], memory['met']) == ('2.0 [2.0, 2.0] times', False, True, False)
    assert (configured['against'], configured['met']) == ('1.5 [1.5, 1.5] times', None)
    assert '| ≥ 2.2, **missed** |' in benchmarks_markdown(dict(sft=record)) and benchmarks_markdown({}) == ''

@given(st.floats(.2, 3), st.floats(1e-6, 1e3), st.lists(st.integers(10, 10**7), min_size=2, max_size=5, unique=True))
def test_the_exponent_of_a_power_is_found(power, seconds, rows):
    assert growth_exponent(rows, [seconds*n**power for n in rows]) == pytest.approx(power, abs=1e-6)

def test_sides_are_compared_round_by_round():
    times = dict(stock=iter([4., 8., 6.]), ours=iter([1., 4., 2.]))
    found = measure_in_rounds({k: lambda k=k: dict(seconds=next(times[k]), peak=len(k)) for k in times}, 3)
    stock, ours = side_lines(found, 'rows/s', 8, case='c')
    assert (stock['rate'], ours['rate'], ours['times'], ours['times lo'], ours['times hi'], ours['peak']) == (8/6, 4, 3, 2, 4, 4)
    assert round_floats(ours['seconds']) == [1, 4, 2] and round_floats(1/3) == .33333

def test_a_pair_more_is_what_counts_and_the_first_call_does_not(monkeypatch, tmp_path):
    calls = []
    def slow(pairs, *args, folder, **kwargs):
        calls.append((len(pairs), folder.name))
        time.sleep(.05 + .01*len(pairs) + .3*(len(calls) == 1))
    monkeypatch.setattr('finetune_notes.training.preferences.dpo', slow)
    assert seconds_per_pair('ours', [None]*12, None, None, None, 4, tmp_path) == pytest.approx(.01, abs=.004)
    assert sorted(calls) == [(4, 'few'), (4, 'warm'), (12, 'many')], 'each call has a folder of its own, where nothing is found'

def test_a_user_and_we_write_the_same():
    base = load_checkpoint('tiny')
    model, tokenizer = base.model('float32'), base.tokenizer()
    prompts = [tokenizer('how many ' + 'very '*k + 'slow requests')['input_ids'] for k in range(11)]
    texts, tokens = plain_generate(model, tokenizer, prompts, 6)
    ours = generate(model, tokenizer, prompts, 6, label=None)
    assert texts == [a.text for a in ours] and tokens == sum(a.tokens for a in ours)
    assert first_token_gap(model, tokenizer, prompts[0], texts[0], texts[0]) == 0
    with torch.inference_mode(): logp = model(torch.tensor([prompts[0]])).logits[0, -1].log_softmax(-1)
    a, b = (tokenizer.decode(i) for i in logp.topk(2).indices)
    assert first_token_gap(model, tokenizer, prompts[0], a, b) == pytest.approx(float(logp.topk(2).values[0] - logp.topk(2).values[1]), abs=1e-5)

# The committed results

def test_the_page_of_benchmarks_says_what_was_measured():
    if not committed: pytest.skip('no results are committed: make bench')
    text = (top/'benchmarks'/'README.md').read_text(encoding='utf-8')
    assert list(committed) == list(module.measurements), 'a measurement has no committed result: make bench'
    assert benchmarks_markdown(committed) in text and len(benchmark_figures(committed)) > 12

@pytest.mark.parametrize('name', list(committed))
def test_a_result_is_whole_and_agrees_with_its_rounds(name):
    record = committed[name]
    assert record['how']['preset'] == 'laptop' and (record['how']['rounds'] >= 3 or name == 'files') and record['machine']['matrix_gflops']['float32'] > 0 and record['machine']['versions']['torch']
    for line in (l for l in record['lines'] if 'rate' in l):
        amount = line.get('tokens', 1) if name == 'sft' else line.get('queries', 1)
        assert len(line['seconds']) >= 3
        assert line['rate'] == pytest.approx(median(amount/s for s in line['seconds']), rel=1e-3), line['side']
