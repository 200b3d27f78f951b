"Tests run on the toy model, with runs of their own, and with no way out of this machine"
import os
import socket
import subprocess
from collections import Counter
import pytest

os.environ.setdefault('FINETUNE_NOTES_PRESET', 'tiny')
os.environ.setdefault('TQDM_DISABLE', '1')

def loopback(address): return isinstance(address, (str, bytes)) or address[0] in ('127.0.0.1', '::1', 'localhost')

def pytest_configure(config): config.addinivalue_line('markers', 'nightly: minutes, or processes that are killed; run where FINETUNE_NOTES_SLOW is set')

def pytest_collection_modifyitems(items):
    "Nightly tests wait for the nightly run; files with many tests come first, so that two processes end together"
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: -sizes[item.path])
    if os.environ.get('FINETUNE_NOTES_SLOW'): return
    for item in items:
        if item.get_closest_marker('nightly'): item.add_marker(pytest.mark.skip(reason='in the nightly run'))

@pytest.fixture(autouse=True)
def no_way_out(monkeypatch):
    "A connection to anywhere but this machine fails loudly"
    connect = socket.socket.connect
    def guarded(self, address):
        if not loopback(address): raise AssertionError(f'a test tried to connect to {address}')
        return connect(self, address)
    monkeypatch.setattr(socket.socket, 'connect', guarded)

@pytest.fixture
def runs(tmp_path, monkeypatch):
    "An empty folder for runs"
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(tmp_path/'runs'))
    return tmp_path/'runs'

@pytest.fixture
def command(capfd):
    "The console script in this process, where libraries are imported once: exit code, standard output, error stream"
    def call(*arguments):
        from finetune_notes.course.cli import main
        try: code = main(list(map(str, arguments))) or 0
        except SystemExit as e: code = e.code
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)
    return call
