"A file that is written by several threads, or on a disk that refuses, is whole or not there, and nothing else is left"
import os
from concurrent.futures import ThreadPoolExecutor
import pytest
from finetune_notes.core import artifacts
from finetune_notes.core.artifacts import write_text

def test_threads_of_one_process_write_one_file(tmp_path):
    path, texts = tmp_path/'a.json', [str(i)*200_000 for i in range(8)]
    with ThreadPoolExecutor(8) as pool: list(pool.map(lambda text: write_text(path, text), texts*5))
    assert path.read_text() in texts and list(tmp_path.iterdir()) == [path]

@pytest.mark.parametrize('fails', ['fsync', 'replace'])
def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, fails):
    write_text(tmp_path/'a', 'old')
    def refuse(*args): raise OSError(28, 'No space left on device')
    monkeypatch.setattr(artifacts.os, fails, refuse)
    with pytest.raises(OSError, match='No space left'): write_text(tmp_path/'a', 'new')
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [('a', 'old')]

def test_a_text_that_is_not_unicode_leaves_nothing(tmp_path):
    with pytest.raises(UnicodeEncodeError): write_text(tmp_path/'a', '\ud800')
    assert list(tmp_path.iterdir()) == []

def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path/'plain').touch()
    write_text(tmp_path/'a', 'x')
    assert os.stat(tmp_path/'a').st_mode == os.stat(tmp_path/'plain').st_mode
