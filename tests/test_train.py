"What no notebook can test of training: interruption, kill -9, damaged checkpoints, and equality with the stock trainer"
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
import pytest
import torch
from datasets import Dataset
from trl import SFTTrainer
from finetune_notes.core import checkpoints as models
from finetune_notes.training import sft as train
from finetune_notes.core.artifacts import verified_manifest
from finetune_notes.templates.template import Template
from finetune_notes.training.sft import CompletionOnlyTrainer, Recipe, render_examples, resumable_checkpoint, sft, sft_config, train_rows, with_adapter

template = Template(user='{question}', system='Write the query.')
examples = [dict(question=f'p{p} of {c}', answer=f'{{"calculations":[{{"op":"P{p}","column":"{c}"}}]}}')
            for c in ('duration_ms', 'db.rows', 'queue.size', 'latency') for p in (50, 75, 90, 95, 99)]
recipe = Recipe(epochs=3, learning_rate=1e-2, batch_size=4)

@pytest.fixture(scope='module')
def tiny(): return models.load_checkpoint('tiny')

def adapter(run):
    from safetensors.torch import load_file
    return {k: v.clone() for k, v in load_file(run.folder/'adapter'/'adapter_model.safetensors').items()}

def overwrite(path, content):
    "Put other bytes in a file's place; writing into it would pull the mapped file from under whoever reads it"
    path.unlink()
    path.write_bytes(content)

def largest_difference(a, b):
    a, b = adapter(a), adapter(b)
    assert a.keys() == b.keys()
    return max((a[k].float() - b[k].float()).abs().max().item() for k in a)

class StopAt(train.CheckpointCallback):
    def on_step_end(self, args, state, control, **kwargs):
        super().on_step_end(args, state, control, **kwargs)
        if state.global_step == 8: raise KeyboardInterrupt

@pytest.fixture
def interrupted(tiny, tmp_path, monkeypatch):
    "A folder in which a training was interrupted at step 8 of 15, with checkpoints at 3 and 6"
    with monkeypatch.context() as patched:
        patched.setattr(train, 'CheckpointCallback', StopAt)
        with pytest.raises(KeyboardInterrupt): sft(examples, template, tiny, recipe, folder=tmp_path, save_steps=3)
    return tmp_path

def work(folder): return next(folder.glob('.sft-*.work'))

def test_an_interrupted_run_ends_as_an_uninterrupted_one(tiny, interrupted, tmp_path_factory):
    assert resumable_checkpoint(work(interrupted)).endswith('checkpoint-6')
    resumed = sft(examples, template, tiny, recipe, folder=interrupted, save_steps=3)
    straight = sft(examples, template, tiny, recipe, folder=tmp_path_factory.mktemp('straight'), save_steps=3)
    assert len(resumed.history) == len(straight.history) == 15
    assert largest_difference(resumed, straight) == 0
    assert not list(interrupted.glob('.sft-*.work'))

def test_a_damaged_checkpoint_is_passed_over(interrupted):
    newest = work(interrupted)/'checkpoint-6'
    weights = newest/'adapter_model.safetensors'
    overwrite(weights, weights.read_bytes()[:-1] + b'\x00')
    assert verified_manifest(newest) is None
    assert resumable_checkpoint(work(interrupted)).endswith('checkpoint-3')

def test_a_checkpoint_without_a_manifest_is_passed_over(interrupted):
    (work(interrupted)/'checkpoint-6'/'MANIFEST.json').unlink()
    assert resumable_checkpoint(work(interrupted)).endswith('checkpoint-3')

def test_a_damaged_run_is_trained_again(tiny, tmp_path):
    run = sft(examples[:4], template, tiny, Recipe(epochs=1, batch_size=4), folder=tmp_path)
    before = adapter(run)
    overwrite(run.folder/'adapter'/'adapter_model.safetensors', b'')
    again = sft(examples[:4], template, tiny, Recipe(epochs=1, batch_size=4), folder=tmp_path)
    assert all(torch.equal(before[k], v) for k, v in adapter(again).items())

def test_another_example_is_another_run(tiny, tmp_path):
    first = sft(examples[:4], template, tiny, Recipe(epochs=1, batch_size=4), folder=tmp_path)
    other = sft(examples[1:5], template, tiny, Recipe(epochs=1, batch_size=4), folder=tmp_path)
    assert first.folder != other.folder

program = '''
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from pathlib import Path
from tests.test_train import examples, template
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.training.sft import Recipe, sft
run = sft(examples, template, load_checkpoint('tiny'), Recipe(epochs=30, learning_rate=1e-2, batch_size=4), folder=Path(sys.argv[1]), save_steps=2)
print(len(run.history))
'''

def test_another_trainer_is_another_run_and_sft_is_found_where_it_was(tiny, tmp_path):
    class Doubled(CompletionOnlyTrainer):
        def compute_loss(self, *args, **kwargs): return 2*super().compute_loss(*args, **kwargs)
    rows, short = render_examples(examples, template, tiny.tokenizer(), 100), replace(recipe, epochs=1)
    stock, doubled = sft(examples, template, tiny, short, folder=tmp_path), train_rows(rows, template, tiny, short, folder=tmp_path, trainer=Doubled)
    assert stock.facts['fingerprint'] != doubled.facts['fingerprint'] and stock.folder.name.endswith(stock.facts['fingerprint'])
    assert abs(doubled.history.loss[0]/stock.history.loss[0] - 2) < 1e-3
    assert train_rows(rows, template, tiny, short, folder=tmp_path).folder == stock.folder

def start(folder):
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return subprocess.Popen([sys.executable, '-c', program, str(folder)], cwd=root, env={**os.environ, 'PYTHONPATH': root},
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

@pytest.mark.nightly
@pytest.mark.parametrize('wait', [i/10 for i in range(21)])
@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_goes_on_where_it_was(tmp_path, how, wait):
    process = start(tmp_path)
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None and not list(tmp_path.glob('.sft-*.work/checkpoint-*/MANIFEST.json')): time.sleep(0.05)
    time.sleep(wait)
    process.send_signal(how)
    process.wait(60)
    assert not list(tmp_path.glob('sft-*'))
    first = resumable_checkpoint(work(tmp_path))
    assert first is not None
    out, _ = start(tmp_path).communicate(timeout=300)
    assert out.strip() == '150'
    history = json.loads(next(tmp_path.glob('sft-*/history.json')).read_text())
    assert [h['step'] for h in history] == list(range(1, 151))

def test_the_loss_is_the_stock_trainers(tiny, tmp_path):
    rows = render_examples(examples, template, tiny.tokenizer(), 200)
    losses = []
    for kind in (SFTTrainer, CompletionOnlyTrainer):
        trainer = kind(model=with_adapter(tiny, recipe).float(), args=sft_config(recipe, tmp_path, 100), train_dataset=Dataset.from_list(rows),
                       processing_class=tiny.tokenizer())
        trainer.args.bf16 = False
        batch = trainer.data_collator([dict(r) for r in rows[:8]])
        graded = (batch['labels'][:, 1:] != -100).sum()
        with torch.no_grad(), torch.autocast('cpu', enabled=False): losses.append(trainer.compute_loss(trainer.model, batch, num_items_in_batch=graded).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)

def test_where_float32_is_faster_all_is_float32(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv('FINETUNE_NOTES_DTYPE', 'float32')
    assert not sft_config(recipe, tmp_path, 5).bf16
    model = with_adapter(tiny, recipe)
    assert {p.dtype for p in model.parameters()} == {torch.float32}

# What a caller may add

def test_held_out_examples_callbacks_and_loggers(tiny, tmp_path):
    seen = []
    class Watch(train.TrainerCallback):
        def on_evaluate(self, args, state, control, metrics=None, **kwargs): seen.append(metrics['eval_loss'])
    short, held = replace(recipe, epochs=2, learning_rate=2e-3), examples[:7]
    run = sft(examples, template, tiny, short, folder=tmp_path, eval_examples=held, callbacks=[Watch()])
    assert len(run.history) == 10 and run.evaluations.eval_loss.tolist() == seen and len(seen) == 5
    model, tokenizer = run.model(), tiny.tokenizer()
    sums = [(model(input_ids=torch.tensor([r['input_ids']]), labels=torch.tensor([r['labels']])).loss.item(), sum(x >= 0 for x in r['labels']))
            for r in render_examples(held, template, tokenizer, 200)]
    assert seen[-1] == pytest.approx(sum(a*b for a,b in sums)/sum(b for _,b in sums), rel=2e-2)
    plain = sft(examples, template, tiny, short, folder=tmp_path)
    assert plain.folder != run.folder and plain.evaluations.empty and largest_difference(plain, run) == 0, 'looking changes nothing'

def test_force_trains_again_and_replaces(tiny, tmp_path):
    once = replace(recipe, epochs=1)
    run = sft(examples, template, tiny, once, folder=tmp_path)
    before, marked = adapter(run), run.folder/'mark'
    marked.write_text('')
    again = sft(examples, template, tiny, once, folder=tmp_path, force=True)
    assert again.folder == run.folder and not marked.exists() and all(torch.equal(v, adapter(again)[k]) for k,v in before.items())

def test_force_begins_at_the_beginning_where_a_checkpoint_was_left(tiny, interrupted, monkeypatch):
    left, found, look = work(interrupted), [], resumable_checkpoint
    assert look(left)
    monkeypatch.setattr(train, 'resumable_checkpoint', lambda folder: found.append(look(folder)) or found[-1])
    run = sft(examples, template, tiny, recipe, folder=interrupted, save_steps=3, force=True)
    assert f'.{run.folder.name}.work' == left.name and found == [None] and len(run.history) == 15

def test_other_code_or_versions_are_another_run(tiny, tmp_path, monkeypatch):
    from finetune_notes.core import results
    run = lambda: sft(examples[:4], template, tiny, Recipe(epochs=1, batch_size=4), folder=tmp_path).folder
    first, sha256, version = run(), results.sha256, results.version
    for module in ('training/sft', 'core/kernels'):
        with monkeypatch.context() as m:
            m.setattr(results, 'sha256', lambda p: 'edited' if str(p).endswith(f'{module}.py') else sha256(p))
            assert run() != first
    with monkeypatch.context() as m:
        m.setattr(results, 'version', lambda p: '99' if p == 'peft' else version(p))
        assert run() != first
    assert run() == first

def test_several_gpus_for_one_process_are_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    with pytest.raises(train.UserError, match='2 GPUs are visible to one process.*CUDA_VISIBLE_DEVICES=0'): train.refuse_idle_gpus()

def test_held_out_rows_are_never_filled_up(tiny, tmp_path, monkeypatch):
    "In several processes training rows are, so that each has as many"
    class Four: num_processes = 4
    monkeypatch.setattr(train, 'process_state', Four)
    rows = render_examples(examples[:5], template, tiny.tokenizer(), 200)
    assert len(train.fill_last_batch(rows, 4, CompletionOnlyTrainer.filler)) == 8
    assert len(CompletionOnlyTrainer.prepared(rows, recipe, tmp_path)) == 5

def test_processes_of_two_formats_are_refused(monkeypatch):
    class Two: num_processes = 2
    def gather(box, value): box[:] = [value, 'bfloat16']
    monkeypatch.setattr(train, 'process_state', Two)
    monkeypatch.setattr(torch.distributed, 'all_gather_object', gather)
    monkeypatch.setenv('FINETUNE_NOTES_DTYPE', 'float32')
    with pytest.raises(train.UserError, match='would compute in bfloat16 and float32; give all of their machines the same dtype'): train.refuse_mixed_formats()
    monkeypatch.setenv('FINETUNE_NOTES_DTYPE', 'bfloat16')
    train.refuse_mixed_formats()

def test_a_run_says_how_it_was_computed(tiny, tmp_path):
    facts = sft(examples[:4], template, tiny, Recipe(epochs=1, batch_size=4), folder=tmp_path).facts
    assert facts['dtype'] == models.working_dtype() and facts['threads'] == torch.get_num_threads() and facts['waiting'] == models.waiting_policy()

def test_weights_that_differ_are_other_runs_to_those_who_ask(tiny, tmp_path):
    one, two = (sft(examples[:4], template, tiny, Recipe(epochs=1, batch_size=4, seed=s), folder=tmp_path) for s in (1, 2))
    assert one.identity != two.identity == sft(examples[:4], template, tiny, Recipe(epochs=1, batch_size=4, seed=2), folder=tmp_path).identity

def test_a_template_of_ones_own_is_found_again(tiny, tmp_path):
    class Own:
        def __init__(self, user): self.user = user
        def row(self, fields, tokenizer): return Template(self.user, '').row(fields, tokenizer)
    first, again = (sft(examples[:4], Own('{question}'), tiny, Recipe(epochs=1, batch_size=4), folder=tmp_path) for _ in range(2))
    assert first.folder == again.folder
