"What the lesson on fleets takes for granted: several processes train as one, a lost one ends them with a sentence, and a full disk costs one checkpoint"
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
import pytest
import torch
from safetensors.torch import load_file
from finetune_notes.cases.assistant import train_assistant
from finetune_notes.cases.examples import dataset, to_line
from finetune_notes.cases.meaning import compact
from finetune_notes.cases.preferences import Pair, PairTrainer, PreferenceRecipe, dpo
from finetune_notes.cases.shorthand import shorten
from finetune_notes.foundations import train
from finetune_notes.foundations.artefacts import confirmed
from finetune_notes.foundations.models import load
from finetune_notes.foundations.settings import UserError
from finetune_notes.foundations.synthesize import Unfit
from finetune_notes.foundations.templates import Template, ignore
from finetune_notes.foundations.train import GradedTrainer, Recipe, filled, render, resumable, sft, sft_config, share, tune, with_adapter
from finetune_notes.workbench.cli import is_main, main
from finetune_notes.workbench.fleet import answers_over, evaluate_over

top = Path(__file__).parents[1]
shipped = Path(find_spec('trl').origin).parent/'accelerate_configs'
template = Template(user='{prompt}', system='Write the query.')
slowly = pytest.mark.skipif(not os.environ.get('FINETUNE_NOTES_SLOW'), reason='in the nightly run')

def launch(*arguments, config='multi_gpu', n=2, **env):
    "Start a program in `n` processes, as a reader would, with a configuration that TRL ships"
    command = [sys.executable, '-m', 'accelerate.commands.launch', '--config_file', shipped/f'{config}.yaml', '--num_processes', str(n), '--main_process_port', '0', '--mixed_precision', 'no', *arguments]
    env = os.environ | dict(PYTHONPATH=str(top), OMP_NUM_THREADS='1', **env)
    return subprocess.Popen(list(map(str, command)), cwd=top, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

# Several processes train as one

class Exact(GradedTrainer):
    "All in float32, so that nothing but the order of sums can differ"
    config = staticmethod(lambda *args: replace(sft_config(*args), bf16=False))
    adapted = staticmethod(lambda base, recipe: with_adapter(base, recipe, base.model('float32')))

class ExactPairs(PairTrainer):
    adapted, stock = Exact.adapted, PairTrainer.config
    config = staticmethod(lambda *args: replace(ExactPairs.stock(*args), bf16=False))

def everything(folder, save_steps=50):
    "Trainings whose rows differ in length and in graded tokens, and whose last batch is not full"
    base, answers = load('tiny'), [f'{{"calculations":[{{"op":"P{p}"}}]}}'*(1 + p % 4) for p in range(50, 69)]
    rows = render([dict(prompt=f'p{i} of duration_ms', answer=a) for i,a in enumerate(answers)], template, base.tokenizer(), 200)
    pairs = [Pair(f'question {i}', a, f'{{"limit":{i}}}'*(1 + i % 3)) for i,a in enumerate(answers[:10])]
    recipe = Recipe(epochs=3, learning_rate=1e-2, batch_size=4)
    for kind in (Exact, GradedTrainer): yield tune(rows, template, base, recipe, kind.__name__, folder, save_steps, kind)
    from finetune_notes.cases import preferences
    preferences.trainers['hinge'] = ExactPairs
    yield dpo(pairs, template, base, PreferenceRecipe(learning_rate=1e-3, loss='hinge', sft=0.), 'pairs', folder)

def difference(one, two):
    "Largest difference of two adapters, over the largest weight"
    a, b = (load_file(run.folder/'adapter'/'adapter_model.safetensors') for run in (one, two))
    assert a.keys() == b.keys()
    return max((a[k] - b[k]).abs().max().item() for k in a)/max(v.abs().max().item() for v in a.values())

def angle(one, two):
    "One minus the cosine of two adapters; in bfloat16 single weights whose gradient is near zero may go either way"
    a, b = (torch.cat([v.flatten() for _,v in sorted(load_file(run.folder/'adapter'/'adapter_model.safetensors').items())]) for run in (one, two))
    return 1 - torch.nn.functional.cosine_similarity(a, b, dim=0).item()

program = 'import sys; from pathlib import Path; from tests.test_fleet import everything; [*everything(Path(sys.argv[1]))]'

def together(tmp_path):
    "The same trainings in two processes, and here"
    (tmp_path/'program.py').write_text(program)
    process = launch(tmp_path/'program.py', tmp_path/'two')
    alone = [*everything(tmp_path/'one')]
    assert process.wait(200) == 0, process.stderr.read()[-2000:]
    return alone, [*everything(tmp_path/'two')]

def test_two_processes_train_as_one(tmp_path):
    alone, two = together(tmp_path)
    assert [r.folder.name for r in alone] == [r.folder.name for r in two]
    assert [r.facts['processes'] for r in two] == [2, 2, 2] and [r.facts['processes'] for r in alone] == [1, 1, 1]
    for a,b,(measure,most) in zip(alone, two, ((difference, 1e-5), (angle, 1e-3), (difference, 1e-5))):
        assert measure(a, b) < most
        assert a.history.loss.tolist() == pytest.approx(b.history.loss.tolist(), rel=2*most)
        assert a.history.step.tolist() == b.history.step.tolist()
    assert not list((tmp_path/'two').glob('.*.work')) and not list((tmp_path/'two').glob('.*.rows'))

spread = '''
import sys, torch
from pathlib import Path
from accelerate import state
from accelerate.utils import DistributedType
torch.distributed.init_process_group('gloo')
state.PartialState._prepare_backend = lambda *_: ('gloo', DistributedType.MULTI_GPU) # accelerate spreads weights over GPUs only; PyTorch does over processors too
from tests.test_fleet import Exact, everything
from finetune_notes.cases.shorthand import shorten
from finetune_notes.foundations import train
class Stops(train.Watch):
    def on_step_end(self, args, state, control, **kwargs):
        super().on_step_end(args, state, control, **kwargs)
        if state.global_step == 8 and sys.argv[2] == 'stop': sys.exit('stopped')
def watched(self, **kwargs):
    train.GradedTrainer.train(self, **kwargs)
    assert self.accelerator.is_fsdp2 and any(type(p).__name__ == 'DTensor' for p in self.model.parameters())
train.Watch, Exact.train = Stops, watched
next(everything(Path(sys.argv[1]), save_steps=3))
'''

@slowly
def test_spread_weights_train_as_whole_ones_and_go_on(tmp_path):
    (tmp_path/'spread.py').write_text(spread)
    call = lambda what: launch(tmp_path/'spread.py', tmp_path/'two', what, config='fsdp2', ACCELERATE_TORCH_DEVICE='cpu')
    stopped = call('stop')
    _, err = stopped.communicate(timeout=200)
    assert stopped.returncode and resumable(next((tmp_path/'two').glob('.Exact-*.work'))).endswith('checkpoint-6'), err[-2000:]
    done = call('go on')
    _, err = done.communicate(timeout=200)
    assert done.returncode == 0, err[-2000:]
    alone, two = next(everything(tmp_path/'one')), next(everything(tmp_path/'two'))
    assert two.facts['processes'] == 2 and difference(alone, two) < 1e-5
    assert alone.history.loss.tolist() == pytest.approx(two.history.loss.tolist(), rel=1e-5)

def test_batches_are_dealt_evenly_or_refused(monkeypatch):
    class Three: num_processes = 3
    assert share(4) == 4 and filled([1, 2, 3], 2, None) == [1, 2, 3]
    monkeypatch.setattr(train, 'processes', Three)
    with pytest.raises(UserError, match='batch_size=4 cannot be dealt evenly to 3 processes'): share(4)
    assert share(6) == 2 and filled([1, 2, 3, 4, 5], 3, lambda r: -r) == [1, 2, 3, 4, 5, -4] and filled([1, 2, 3], 3, None) == [1, 2, 3]
    assert filled([1], 3, lambda r: -r) == [1, -1, -1]
    assert GradedTrainer.filler(dict(input_ids=[5, 6], labels=[ignore, 6])) == dict(input_ids=[5], labels=[ignore])

# A worker is lost

@pytest.fixture
def data(tmp_path):
    (tmp_path/'data.jsonl').write_text(''.join(to_line(e) + '\n' for e in dataset('train')[:200]))
    return tmp_path/'data.jsonl'

def children(process):
    "Process number of each rank; a helper that has ended in the meantime is none"
    def told(pid):
        try: return dict(v.split('=', 1) for v in Path(f'/proc/{pid}/environ').read_text().split('\0') if '=' in v)
        except (FileNotFoundError, ProcessLookupError): return {}
    pids = subprocess.run(['pgrep', '-P', str(process.pid)], capture_output=True, text=True).stdout.split()
    return {int(env['RANK']): int(pid) for pid,env in ((p, told(p)) for p in pids) if 'RANK' in env}

def training(data, **env): return launch('-m', 'finetune_notes.workbench.cli', 'train', 'assistant', '--data', data, '--json', **env)

def sentences(text): return [line for line in text.splitlines() if line.startswith('finetune-notes: ')]

@pytest.mark.parametrize('lost, how', [(1, signal.SIGKILL), *(pytest.param(r, s, marks=slowly) for r,s in ((0, signal.SIGKILL), (1, signal.SIGTERM), (0, signal.SIGTERM)))])
def test_a_lost_worker_ends_the_run_with_a_sentence_and_it_goes_on(runs, data, tmp_path, monkeypatch, lost, how):
    process, until, ranks = training(data), time.monotonic() + 100, {}
    while len(ranks) < 2 and process.poll() is None: ranks = children(process)
    while time.monotonic() < until and process.poll() is None and not list(runs.glob('.assistant-*.work/checkpoint-50/MANIFEST.json')): time.sleep(0.02)
    os.kill(ranks[lost], how)
    out, err = process.communicate(timeout=60)
    assert process.returncode != 0 and out == '' and 'rank1]' not in err and 'rank0]' not in err
    said, = sentences(err)[-1:]
    assert 'lost another one; the same call goes on from checkpoint-' in said or 'another process of this training has ended' in said
    work, = runs.glob('.assistant-*.work')
    assert resumable(work).endswith('checkpoint-50')
    if how == signal.SIGKILL: gone_on = train_assistant(dataset('train')[:200])
    else: assert training(data).wait(100) == 0; gone_on = train_assistant(dataset('train')[:200])
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path/'straight'))
    straight = train_assistant(dataset('train')[:200])
    assert gone_on.folder.name == straight.folder.name and gone_on.history.step.tolist() == straight.history.step.tolist() == [*range(1, 76)]
    assert gone_on.history.loss.tolist() == pytest.approx(straight.history.loss.tolist(), rel=1e-3)
    assert angle(gone_on, straight) < 1e-3

frozen = '''
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from tests.test_fleet import everything
from finetune_notes.cases.shorthand import shorten
from finetune_notes.foundations import train
class Freezes(train.Watch):
    def on_step_end(self, args, state, control, **kwargs):
        super().on_step_end(args, state, control, **kwargs)
        if state.global_step == 5 and not state.is_world_process_zero: os.kill(os.getpid(), signal.SIGSTOP)
train.Watch, train.patience = Freezes, timedelta(seconds=5)
next(everything(Path(sys.argv[1]), save_steps=3))
'''

@slowly
def test_a_worker_that_says_nothing_is_given_up(tmp_path):
    (tmp_path/'frozen.py').write_text(frozen)
    process = launch(tmp_path/'frozen.py', tmp_path/'two')
    until = time.monotonic() + 100
    while time.monotonic() < until and not list((tmp_path/'two').glob('.Exact-*.work/checkpoint-3/MANIFEST.json')): time.sleep(0.05)
    start = time.monotonic()
    _, err = process.communicate(timeout=90) # the launcher gives a worker that does not stop 30 seconds
    assert time.monotonic() - start < 60 and process.returncode != 0
    assert 'process 0 of 2 has lost another one; the same call goes on from checkpoint-3' in err

@slowly
@pytest.mark.parametrize('arguments, said', [(['--batch-size', '3'], 'cannot be dealt evenly to 2 processes'), (['--batch-size', '-1'], 'expected 0 or more'), (['--pairs', 'x'], '--pairs is for service')])
def test_a_mistake_is_said_once_by_all_processes_together(runs, data, arguments, said):
    out, err = launch('-m', 'finetune_notes.workbench.cli', 'train', 'assistant', '--data', data, *arguments).communicate(timeout=100)
    sentence, = sentences(err)
    assert said in sentence and out == '' and not list(runs.glob('assistant-*'))

# Answers from servers

def test_the_right_answer_is_not_sent_and_a_missing_one_is_not_a_wrong_one():
    examples, seen = dataset('validation')[:3], []
    def generator(answers): return lambda requests: seen.extend(requests) or answers
    answers = answers_over(generator(['x', Unfit('cut off at the limit'), 'z']), examples)
    assert [(a.text, a.finished) for a in answers] == [('x', True), ('', False), ('z', True)]
    assert not any('answer' in r for r in seen) and not any(compact(e.query) in str(r) or shorten(e.query) in str(r) for e,r in zip(examples, seen))
    for fault in (ConnectionError('not asked: the server has stopped answering'), ValueError('status 400: too long'), TimeoutError('timed out')):
        with pytest.raises(UserError, match='1 of 3 answers did not come'): answers_over(generator(['x', fault, 'z']), examples)
    right = evaluate_over(generator([shorten(e.query) for e in examples]), examples).scores['endpoint']
    assert all(right.outcomes[m].tolist() == [1., 1., 1.] for m in ('valid', 'same meaning', 'execution'))

def test_one_process_of_several_is_told_of(monkeypatch, capsys):
    monkeypatch.setenv('ACCELERATE_MIXED_PRECISION', 'no')
    monkeypatch.setenv('MASTER_ADDR', '127.0.0.1')
    for name in ('RANK', 'WORLD_SIZE'): monkeypatch.delenv(name, raising=False)
    main(['list'])
    assert '--multi_gpu instead of --cpu' in capsys.readouterr().err and is_main()
    monkeypatch.delenv('MASTER_ADDR')
    main(['list'])
    assert capsys.readouterr().err == ''

# A full disk

examples = [dict(prompt=f'p{i}', answer=f'{{"limit":{i}}}') for i in range(20)]
recipe = Recipe(epochs=3, learning_rate=1e-2, batch_size=4)

def fills_up(folder, when):
    "Train where the disk is full from a step on; what is said"
    class Filler(train.Watch):
        def on_step_end(self, args, state, control, **kwargs):
            super().on_step_end(args, state, control, **kwargs)
            if state.global_step == 5: when()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(train, 'Watch', Filler)
        with pytest.raises(UserError) as e: sft(examples, template, load('tiny'), recipe, folder=folder, save_steps=3)
    return str(e.value)

def stands(folder, said):
    "The last good checkpoint is whole, nothing is left of the other, and the run ends as if nothing had been"
    assert said == f'there is no room left for a checkpoint in {folder}; free some: the same call goes on from checkpoint-3'
    work, = folder.glob('.sft-*.work')
    assert [p.name for p in work.glob('checkpoint-*')] == ['checkpoint-3'] and confirmed(work/'checkpoint-3')

@pytest.fixture(scope='module')
def straight(tmp_path_factory):
    "The same training, on a disk with room"
    return sft(examples, template, load('tiny'), recipe, folder=tmp_path_factory.mktemp('straight'), save_steps=3)

@pytest.mark.parametrize('writer', ['torch.save', 'finetune_notes.foundations.artefacts.write_text'])
def test_a_full_disk_costs_one_checkpoint(tmp_path, writer, straight):
    def refuse(*args, **kwargs): raise OSError(28, 'No space left on device')
    with pytest.MonkeyPatch.context() as patched: said = fills_up(tmp_path, lambda: patched.setattr(writer, refuse))
    stands(tmp_path, said)
    assert difference(sft(examples, template, load('tiny'), recipe, folder=tmp_path, save_steps=3), straight) == 0

@pytest.fixture
def small_disk(tmp_path):
    "A file system of 32 MiB"
    place = tmp_path/'small'
    place.mkdir()
    if os.getuid() or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', place], capture_output=True).returncode: pytest.skip('no right to mount a file system')
    yield place
    subprocess.run(['umount', '-l', place], check=True)

def test_a_disk_that_is_really_full(small_disk, straight):
    def fill():
        with open(small_disk/'filler', 'wb') as f:
            try:
                while True: f.write(bytes(65536)), f.flush()
            except OSError: pass
    said = fills_up(small_disk, fill)
    stands(small_disk, said)
    (small_disk/'filler').unlink()
    assert difference(sft(examples, template, load('tiny'), recipe, folder=small_disk, save_steps=3), straight) == 0
