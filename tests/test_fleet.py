"What the lesson on fleets takes for granted: several processes train as one, a lost one ends them with a sentence, and a full disk costs one checkpoint"
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
from finetune_notes.cases.queries.trained import train_assistant
from finetune_notes.cases.queries.dataset import query_dataset, to_record
from finetune_notes.cases.queries.equivalence import canonical_text
from finetune_notes.data.pairs import Pair
from finetune_notes.training.preferences import PairTrainer, PreferenceRecipe, dpo
from finetune_notes.cases.queries.dsl import to_dsl
from finetune_notes.training import sft as train
from finetune_notes.core.artifacts import verified_manifest
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.data.synthesize import UnusableAnswer
from finetune_notes.templates.template import Template, ignored_label
from finetune_notes.training.sft import CompletionOnlyTrainer, Recipe, fill_last_batch, render_examples, resumable_checkpoint, sft, sft_config, per_process_batch_size, train_rows, with_adapter
from finetune_notes.course.cli import is_main_process, main
from finetune_notes.course.fleet import answers_from_server, evaluate_server

top = Path(__file__).parents[1]
shipped = Path(find_spec('trl').origin).parent/'accelerate_configs'
template = Template(user='{prompt}', system='Write the query.')

def launch(*arguments, config='multi_gpu', n=2, **env):
    "Start a program in `n` processes, as a reader would, with a configuration that TRL ships"
    command = [sys.executable, '-m', 'accelerate.commands.launch', '--config_file', shipped/f'{config}.yaml', '--num_processes', str(n), '--main_process_port', '0', '--mixed_precision', 'no', *arguments]
    env = os.environ | dict(PYTHONPATH=str(top), OMP_NUM_THREADS='1', **env)
    return subprocess.Popen(list(map(str, command)), cwd=top, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

# Several processes train as one

class Exact(CompletionOnlyTrainer):
    "All in float32, so that nothing but the order of sums can differ"
    config = staticmethod(lambda *args: replace(sft_config(*args), bf16=False))
    adapted = staticmethod(lambda base, recipe: with_adapter(base, recipe, base.model('float32')))

class ExactPairs(PairTrainer):
    adapted, baseline = Exact.adapted, PairTrainer.config
    config = staticmethod(lambda *args: replace(ExactPairs.baseline(*args), bf16=False))

class Flipped(Exact):
    "The same sums in another order: the rows of each batch from the last to the first"
    def _prepare_inputs(self, inputs): return {k: v.flip(0) if torch.is_tensor(v) and v.dim() else v for k,v in super()._prepare_inputs(inputs).items()}

class FlippedPairs(ExactPairs):
    "Likewise, for batches of chosen answers and then as many rejected ones"
    def _prepare_inputs(self, inputs):
        inputs = super()._prepare_inputs(inputs)
        pairs = len(inputs['input_ids'])//2
        return {k: torch.cat([h.flip(0) for h in v.split(pairs)]) if torch.is_tensor(v) and v.dim() else v for k,v in inputs.items()}

def everything(folder, save_steps=50, kind=Exact, pair_kind=ExactPairs):
    "Trainings whose rows differ in length and in unmasked tokens, and whose last batch is not full"
    base, answers = load_checkpoint('tiny'), [f'{{"calculations":[{{"op":"P{p}"}}]}}'*(1 + p % 4) for p in range(50, 69)]
    rows = render_examples([dict(prompt=f'p{i} of duration_ms', answer=a) for i,a in enumerate(answers)], template, base.tokenizer(), 200)
    pairs = [Pair(f'question {i}', a, f'{{"limit":{i}}}'*(1 + i % 3)) for i,a in enumerate(answers[:10])]
    recipe = Recipe(epochs=3, learning_rate=1e-2, batch_size=4)
    for trainer in (kind, CompletionOnlyTrainer): yield train_rows(rows, template, base, recipe, trainer.__name__, folder, save_steps, trainer=trainer)
    from finetune_notes.training import preferences
    preferences.preference_trainers['hinge'] = pair_kind
    yield dpo(pairs, template, base, PreferenceRecipe(learning_rate=1e-3, loss='hinge', sft=0.), 'pairs', folder)

def difference(one, two):
    "Largest difference of two adapters, over the largest weight"
    a, b = (load_file(run.folder/'adapter'/'adapter_model.safetensors') for run in (one, two))
    assert a.keys() == b.keys()
    return max((a[k] - b[k]).abs().max().item() for k in a)/max(v.abs().max().item() for v in a.values())

def loss_difference(one, two): return (one.history.loss - two.history.loss).abs().max()

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

ulp = torch.finfo(torch.float32).eps

@pytest.mark.nightly
def test_two_processes_train_as_one(tmp_path):
    """Two processes add the same numbers in another order. How much another order changes on this processor is measured: the
    same training with the rows of each batch turned round. Ten times that is allowed, and never less than 32 units in the last
    place of the largest loss, since the yardstick can be small by chance. In bfloat16, whose numbers have eight bits, two orders
    may differ by one part in 2^8 in each product."""
    alone, two = together(tmp_path)
    turned = [*everything(tmp_path/'turned', kind=Flipped, pair_kind=FlippedPairs)]
    assert [r.folder.name for r in alone] == [r.folder.name for r in two]
    assert [r.facts['processes'] for r in two] == [2, 2, 2] and [r.facts['processes'] for r in alone] == [1, 1, 1]
    for a,b,c in (runs for i,runs in enumerate(zip(alone, two, turned)) if i != 1):
        assert difference(a, b) <= max(10*difference(a, c), 32*ulp)
        assert loss_difference(a, b) <= max(10*loss_difference(a, c), 32*ulp*a.history.loss.max())
    assert angle(alone[1], two[1]) < 1e-3 and alone[1].history.loss.tolist() == pytest.approx(two[1].history.loss.tolist(), rel=2**-8)
    assert all(a.history.step.tolist() == b.history.step.tolist() for a,b in zip(alone, two))
    assert not list((tmp_path/'two').glob('.*.work')) and not list((tmp_path/'two').glob('.*.rows'))

spread = '''
import sys, torch
from pathlib import Path
from accelerate import state
from accelerate.utils import DistributedType
torch.distributed.init_process_group('gloo')
state.PartialState._prepare_backend = lambda *_: ('gloo', DistributedType.MULTI_GPU) # accelerate spreads weights over GPUs only; PyTorch does over processors too
from tests.test_fleet import Exact, everything
from finetune_notes.cases.queries.dsl import to_dsl
from finetune_notes.training import sft as train
class Stops(train.CheckpointCallback):
    def on_step_end(self, args, state, control, **kwargs):
        super().on_step_end(args, state, control, **kwargs)
        if state.global_step == 8 and sys.argv[2] == 'stop': sys.exit('stopped')
def watched(self, **kwargs):
    train.CompletionOnlyTrainer.train(self, **kwargs)
    assert self.accelerator.is_fsdp2 and any(type(p).__name__ == 'DTensor' for p in self.model.parameters())
train.CheckpointCallback, Exact.train = Stops, watched
next(everything(Path(sys.argv[1]), save_steps=3))
'''

@pytest.mark.nightly
def test_spread_weights_train_as_whole_ones_and_go_on(tmp_path):
    (tmp_path/'spread.py').write_text(spread)
    call = lambda what: launch(tmp_path/'spread.py', tmp_path/'two', what, config='fsdp2', ACCELERATE_TORCH_DEVICE='cpu')
    stopped = call('stop')
    _, err = stopped.communicate(timeout=200)
    assert stopped.returncode and resumable_checkpoint(next((tmp_path/'two').glob('.Exact-*.work'))).endswith('checkpoint-6'), err[-2000:]
    done = call('go on')
    _, err = done.communicate(timeout=200)
    assert done.returncode == 0, err[-2000:]
    alone, two = next(everything(tmp_path/'one')), next(everything(tmp_path/'two'))
    turned = next(everything(tmp_path/'turned', kind=Flipped))
    assert two.facts['processes'] == 2 and difference(alone, two) <= max(10*difference(alone, turned), 32*ulp)
    assert loss_difference(alone, two) <= max(10*loss_difference(alone, turned), 32*ulp*alone.history.loss.max())

def test_batches_are_dealt_evenly_or_refused(monkeypatch):
    class Three: num_processes = 3
    assert per_process_batch_size(4) == 4 and fill_last_batch([1, 2, 3], 2, None) == [1, 2, 3]
    monkeypatch.setattr(train, 'process_state', Three)
    with pytest.raises(UserError, match='batch_size=4 cannot be dealt evenly to 3 processes'): per_process_batch_size(4)
    assert per_process_batch_size(6) == 2 and fill_last_batch([1, 2, 3, 4, 5], 3, lambda r: -r) == [1, 2, 3, 4, 5, -4] and fill_last_batch([1, 2, 3], 3, None) == [1, 2, 3]
    assert fill_last_batch([1], 3, lambda r: -r) == [1, -1, -1]
    assert CompletionOnlyTrainer.filler(dict(input_ids=[5, 6], labels=[ignored_label, 6])) == dict(input_ids=[5], labels=[ignored_label])

# A worker is lost

@pytest.fixture
def data(tmp_path):
    (tmp_path/'data.jsonl').write_text(''.join(to_record(e) + '\n' for e in query_dataset('train')[:200]))
    return tmp_path/'data.jsonl'

def children(process):
    "Process number of each rank; a helper that has ended in the meantime is none"
    def told(pid):
        try: return dict(v.split('=', 1) for v in Path(f'/proc/{pid}/environ').read_text().split('\0') if '=' in v)
        except (FileNotFoundError, ProcessLookupError): return {}
    pids = subprocess.run(['pgrep', '-P', str(process.pid)], capture_output=True, text=True).stdout.split()
    return {int(env['RANK']): int(pid) for pid,env in ((p, told(p)) for p in pids) if 'RANK' in env}

def training(data, **env): return launch('-m', 'finetune_notes.course.cli', 'train', 'assistant', '--data', data, '--json', **env)

def sentences(text): return [line for line in text.splitlines() if line.startswith('finetune-notes: ')]

@pytest.mark.nightly
@pytest.mark.parametrize('lost, how', [(1, signal.SIGKILL), (0, signal.SIGKILL), (1, signal.SIGTERM), (0, signal.SIGTERM)])
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
    assert resumable_checkpoint(work).endswith('checkpoint-50')
    if how == signal.SIGKILL: gone_on = train_assistant(query_dataset('train')[:200])
    else: assert training(data).wait(100) == 0; gone_on = train_assistant(query_dataset('train')[:200])
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path/'straight'))
    straight = train_assistant(query_dataset('train')[:200])
    assert gone_on.folder.name == straight.folder.name and gone_on.history.step.tolist() == straight.history.step.tolist() == [*range(1, 76)]
    assert gone_on.history.loss.tolist() == pytest.approx(straight.history.loss.tolist(), rel=1e-3)
    assert angle(gone_on, straight) < 1e-3

frozen = '''
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from tests.test_fleet import everything
from finetune_notes.cases.queries.dsl import to_dsl
from finetune_notes.training import sft as train
class Freezes(train.CheckpointCallback):
    def on_step_end(self, args, state, control, **kwargs):
        super().on_step_end(args, state, control, **kwargs)
        if state.global_step == 5 and not state.is_world_process_zero: os.kill(os.getpid(), signal.SIGSTOP)
train.CheckpointCallback, train._patience = Freezes, timedelta(seconds=5)
next(everything(Path(sys.argv[1]), save_steps=3))
'''

@pytest.mark.nightly
def test_a_worker_that_says_nothing_is_given_up(tmp_path):
    (tmp_path/'frozen.py').write_text(frozen)
    process = launch(tmp_path/'frozen.py', tmp_path/'two')
    until = time.monotonic() + 100
    while time.monotonic() < until and not list((tmp_path/'two').glob('.Exact-*.work/checkpoint-3/MANIFEST.json')): time.sleep(0.05)
    start = time.monotonic()
    _, err = process.communicate(timeout=90) # the launcher gives a worker that does not stop 30 seconds
    assert time.monotonic() - start < 60 and process.returncode != 0
    assert 'process 0 of 2 has lost another one; the same call goes on from checkpoint-3' in err

@pytest.mark.nightly
@pytest.mark.parametrize('arguments, said', [(['--batch-size', '3'], 'cannot be dealt evenly to 2 processes'), (['--batch-size', '-1'], 'expected 0 or more'), (['--pairs', 'x'], '--pairs is for service')])
def test_a_mistake_is_said_once_by_all_processes_together(runs, data, arguments, said):
    out, err = launch('-m', 'finetune_notes.course.cli', 'train', 'assistant', '--data', data, *arguments).communicate(timeout=100)
    sentence, = sentences(err)
    assert said in sentence and out == '' and not list(runs.glob('assistant-*'))

# Answers from servers

def test_the_right_answer_is_not_sent_and_a_missing_one_is_not_a_wrong_one():
    examples, seen = query_dataset('validation')[:3], []
    def generator(answers): return lambda requests: seen.extend(requests) or answers
    answers = answers_from_server(generator(['x', UnusableAnswer('cut off at the limit'), 'z']), examples)
    assert [(a.text, a.finished) for a in answers] == [('x', True), ('', False), ('z', True)]
    assert not any('answer' in r for r in seen) and not any(canonical_text(e.query) in str(r) or to_dsl(e.query) in str(r) for e,r in zip(examples, seen))
    for fault in (ConnectionError('not asked: the server has stopped answering'), ValueError('status 400: too long'), TimeoutError('timed out')):
        with pytest.raises(UserError, match='1 of 3 answers did not come'): answers_from_server(generator(['x', fault, 'z']), examples)
    right = evaluate_server(generator([to_dsl(e.query) for e in examples]), examples).scores['endpoint']
    assert all(right.outcomes[m].tolist() == [1., 1., 1.] for m in ('valid', 'same meaning', 'execution'))

def test_one_process_of_several_is_told_of(monkeypatch, capsys):
    monkeypatch.setenv('ACCELERATE_MIXED_PRECISION', 'no')
    monkeypatch.setenv('MASTER_ADDR', '127.0.0.1')
    for name in ('RANK', 'WORLD_SIZE'): monkeypatch.delenv(name, raising=False)
    main(['list'])
    assert '--multi_gpu instead of --cpu' in capsys.readouterr().err and is_main_process()
    monkeypatch.delenv('MASTER_ADDR')
    main(['list'])
    assert capsys.readouterr().err == ''

# A full disk

examples = [dict(prompt=f'p{i}', answer=f'{{"limit":{i}}}') for i in range(20)]
recipe = Recipe(epochs=3, learning_rate=1e-2, batch_size=4)

def fills_up(folder, when):
    "Train where the disk is full from a step on; what is said"
    class Filler(train.CheckpointCallback):
        def on_step_end(self, args, state, control, **kwargs):
            super().on_step_end(args, state, control, **kwargs)
            if state.global_step == 5: when()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(train, 'CheckpointCallback', Filler)
        with pytest.raises(UserError) as e: sft(examples, template, load_checkpoint('tiny'), recipe, folder=folder, save_steps=3)
    return str(e.value)

def stands(folder, said):
    "The last good checkpoint is whole, nothing is left of the other, and the run ends as if nothing had been"
    assert said == f'there is no room left for a checkpoint in {folder}; free some: the same call goes on from checkpoint-3'
    work, = folder.glob('.sft-*.work')
    assert [p.name for p in work.glob('checkpoint-*')] == ['checkpoint-3'] and verified_manifest(work/'checkpoint-3')

@pytest.fixture(scope='module')
def straight(tmp_path_factory):
    "The same training, on a disk with room"
    return sft(examples, template, load_checkpoint('tiny'), recipe, folder=tmp_path_factory.mktemp('straight'), save_steps=3)

@pytest.mark.parametrize('writer', ['torch.save', 'finetune_notes.core.artifacts.write_text'])
def test_a_full_disk_costs_one_checkpoint(tmp_path, writer, straight):
    def refuse(*args, **kwargs): raise OSError(28, 'No space left on device')
    with pytest.MonkeyPatch.context() as patched: said = fills_up(tmp_path, lambda: patched.setattr(writer, refuse))
    stands(tmp_path, said)
    assert difference(sft(examples, template, load_checkpoint('tiny'), recipe, folder=tmp_path, save_steps=3), straight) == 0

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
    assert difference(sft(examples, template, load_checkpoint('tiny'), recipe, folder=small_disk, save_steps=3), straight) == 0
