"Results: found by what they depend on, whole or made again"
import dataclasses
import signal
import subprocess
import sys
from importlib.metadata import version
import pytest
from finetune_notes.core import results
from finetune_notes.core.artifacts import sha256, verified_manifest
from finetune_notes.core.results import keep_json, keep_result, result_folder
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.generation import serving
from finetune_notes.generation.decoding import generate_once
from finetune_notes.templates.template import Template
from finetune_notes.training.sft import Recipe, sft

@pytest.fixture
def source(tmp_path, monkeypatch):
    "The source file of a module that can be imported"
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path/'a_module_of_this_test.py'
    file.write_text('a = 1\n')
    return file

def test_the_same_is_found_and_anything_else_is_not(source, monkeypatch):
    def where(weights='a', code=[source.stem], versions=['torch']):
        return result_folder('r', dict(weights=weights), code, versions)
    first = where()
    assert where() == first and first.name.startswith('r-')
    others = [where('b'), where(code=[]), where(versions=[])]
    with monkeypatch.context() as m:
        m.setattr(results, 'version', lambda package: '0.0')
        others.append(where())
    source.write_text('a = 2\n')
    assert len({first, *others, where()}) == 6

def test_the_key_is_in_the_manifest_in_words(source, tmp_path):
    write, depends = lambda place: (place/'a').write_text('1'), dict(weights='3f2a', limit=8)
    said = verified_manifest(keep_result('r', write, depends, [source.stem], ['torch'], tmp_path))
    assert said['depends'] == depends and said['code'] == {source.stem: sha256(source)}
    assert said['versions'] == dict(torch=version('torch'))

def test_the_folder_of_the_settings_is_the_default(runs):
    assert result_folder('r', {}).parent == runs and result_folder('r', {}, folder=runs/'x').parent == runs/'x'

def counted(folder):
    "Keep a number that grows with each computation"
    calls = []
    def make():
        calls.append(1)
        return len(calls)
    return lambda **options: keep_json('n', make, dict(a=1), folder=folder, **options)

def test_force_replaces(tmp_path):
    keep = counted(tmp_path)
    assert [keep(), keep(), keep(force=True), keep()] == [1, 1, 2, 2]
    assert counted(tmp_path/'new'/'below')(force=True) == 1

def test_a_failed_attempt_by_force_leaves_what_there_was(tmp_path):
    keep = counted(tmp_path)
    keep()
    fails = lambda: 1/0
    with pytest.raises(ZeroDivisionError): keep_json('n', fails, dict(a=1), folder=tmp_path, force=True)
    assert keep() == 1

def test_a_damaged_file_is_made_again(tmp_path):
    keep = counted(tmp_path)
    keep()
    file = result_folder('n', dict(a=1), folder=tmp_path)/'result.json'
    for n,content in enumerate(('9', '', 'half'), start=2):
        file.write_text(content)
        assert keep() == keep() == n

killed = """import os, signal, sys
from finetune_notes.core.results import keep_result
def write(place):
    (place/'result.json').write_text('half')
    os.kill(os.getpid(), signal.SIGKILL)
keep_result('n', write, dict(a=1), folder=sys.argv[1])"""

def test_a_killed_write_is_never_taken_for_whole(tmp_path):
    done = subprocess.run([sys.executable, '-c', killed, tmp_path])
    assert done.returncode == -signal.SIGKILL and not result_folder('n', dict(a=1), folder=tmp_path).exists()
    assert counted(tmp_path)() == 1

# What uses them

@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    "Two trainings that differ in their weights alone"
    template, base = Template('{q}', 'Count.'), load_checkpoint('tiny')
    rows = [dict(q=f'{i}?', answer=f'{i}') for i in range(4)]
    train = lambda rate: sft(rows, template, base, Recipe(epochs=2, batch_size=2, learning_rate=rate),
                             folder=tmp_path_factory.mktemp('runs'))
    return train(1e-3), train(1e-2)

def test_answers_belong_to_weights_and_not_to_a_name(trained, tmp_path):
    tokenizer, loaded = load_checkpoint('tiny').tokenizer(), []
    def ask(run, **options):
        def model():
            loaded.append(run)
            return run.model()
        return generate_once('n', model, run.identity, tokenizer, [[5, 6]], limit=3, folder=tmp_path, **options)
    one, other = trained
    renamed = dataclasses.replace(one, facts=one.facts | dict(fingerprint='another'))
    assert ask(one) == ask(renamed) and len(loaded) == 1
    ask(other), ask(one, stop=''), ask(one, force=True)
    assert len(loaded) == 4

def test_answers_belong_to_the_format_and_the_code(tmp_path, monkeypatch):
    base, loaded = load_checkpoint('tiny'), []
    def model():
        loaded.append(1)
        return base.model('float32')
    ask = lambda: generate_once('n', model, base.identity, base.tokenizer(), [[5, 6]], limit=2, folder=tmp_path)
    for dtype in ('float32', 'bfloat16', 'float32'):
        monkeypatch.setenv('FINETUNE_NOTES_DTYPE', dtype)
        ask()
    assert len(loaded) == 2
    monkeypatch.setattr(results, 'sha256', lambda path: 'another')
    ask()
    assert len(loaded) == 3

def test_an_export_belongs_to_weights_code_and_packages(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(serving, 'write_gguf', lambda model, path, tokenizer: path.write_text('weights'))
    one, other = (serving.export_run(run, tmp_path) for run in trained)
    assert one != other and serving.export_run(trained[0], tmp_path) == one
    said = verified_manifest(one.parent)
    assert said['depends']['weights'] == trained[0].identity and set(said['versions']) == {'gguf', 'transformers'}

def test_a_run_whose_template_is_not_the_embedded_one_is_not_exported(trained, tmp_path, monkeypatch):
    tokenizer = trained[0].base.tokenizer()
    tokenizer.chat_template = '{{ messages }}'
    monkeypatch.setattr(type(trained[0].base), 'tokenizer', lambda self: tokenizer)
    with pytest.raises(UserError, match='chat template'): serving.export_run(trained[0], tmp_path)
    assert list(tmp_path.rglob('*.gguf')) == []
