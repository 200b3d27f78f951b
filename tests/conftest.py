"Tests run on the toy model, with runs of their own, and with no way out of this machine"
import os
import socket
import pytest

os.environ.setdefault('FINETUNE_NOTES_PRESET', 'tiny')
os.environ.setdefault('TQDM_DISABLE', '1')

def loopback(address): return isinstance(address, (str, bytes)) or address[0] in ('127.0.0.1', '::1', 'localhost')

slow = {'test_train', 'test_cli', 'test_repository', 'test_browser', 'test_annotate'}

def pytest_collection_modifyitems(items):
    "Slow files first, so that two processes end together"
    items.sort(key=lambda item: item.path.stem not in slow)

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
