"`.ci/setup` says in one sentence what a machine lacks, and touches nothing; nothing is downloaded here"
import os
import shutil
import subprocess
import sys
from pathlib import Path
import pytest

top = Path(__file__).resolve().parents[1]
tools = ('bash', 'env', 'dirname', 'sed', 'awk', 'head', 'cat', 'cmp', 'rm', 'mv', 'uname')
pytestmark = pytest.mark.skipif(not shutil.which('bash'), reason='needs bash')

@pytest.fixture
def machine(tmp_path):
    "A clone in a folder with a space, and a PATH with standard tools but no Python and no apt"
    clone, path = tmp_path/'my clones'/'notes', tmp_path/'bin'
    (clone/'.ci').mkdir(parents=True)
    path.mkdir()
    for name in ('.ci/setup', 'pyproject.toml', *(p.name for p in top.glob('requirements*.lock'))): shutil.copy(top/name, clone/name)
    for name in tools: (path/name).symlink_to(shutil.which(name))
    return clone, path

def add(path, name, text):
    (path/name).write_text(f'#!/bin/sh\n{text}\n')
    (path/name).chmod(0o755)

def setup(clone, path, *args, **env):
    return subprocess.run([clone/'.ci'/'setup', *args], env=dict(PATH=str(path), HOME=str(clone), **env), capture_output=True, text=True)

def refused(done, clone):
    "The one sentence that a refusal prints"
    assert done.returncode == 1 and not (clone/'.venv').exists()
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr

def test_no_python(machine):
    assert 'or newer is needed and none was found; on Debian or Ubuntu: sudo apt install' in refused(setup(*machine), machine[0])

def test_python_too_old(machine):
    add(machine[1], 'python3', 'case "$*" in *sys.argv*) exit 1;; *print*) echo 3.9.2;; esac')
    assert 'only 3.9.2 was found' in refused(setup(*machine), machine[0])

def test_python_without_venv(machine):
    add(machine[1], 'python3', f'case "$*" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"')
    version = '{}.{}'.format(*sys.version_info[:2])
    assert f'sudo apt install python{version}-venv' in refused(setup(*machine), machine[0])

def test_the_newest_python_that_apt_offers_is_named(machine):
    add(machine[1], 'apt-cache', 'test "$2" = python3.12-venv')
    assert 'sudo apt install python3.12 python3.12-venv' in refused(setup(*machine), machine[0])

def test_a_full_disk(machine):
    add(machine[1], 'python3', f'exec "{sys.executable}" "$@"')
    add(machine[1], 'df', 'echo Filesystem; echo /dev/x 9 9 2000000 9% /')
    assert 'has 1 GiB free and 4 GiB are needed' in refused(setup(*machine), machine[0])

def test_no_network(machine):
    clone, path = machine
    add(path, 'python3', f'exec "{sys.executable}" "$@"')
    nowhere = dict(PIP_INDEX_URL='http://127.0.0.1:9', PIP_RETRIES='0', PIP_NO_CACHE_DIR='1', PIP_CONFIG_FILE=os.devnull)
    done = setup(clone, path, **nowhere)
    assert done.returncode == 1 and 'pip stopped for the reason above' in done.stderr
    assert not (clone/'.venv'/'installed').exists()

def test_python_is_chosen_by_name(machine):
    clone, path = machine
    add(path, 'my python', f'exec "{sys.executable}" "$@"')
    assert setup(clone, path, 'python', PYTHON=str(path/'my python')).stdout.strip() == str(path/'my python')

def installed(machine, here='', refused='nothing', **env):
    "What is printed, and the words that pip is given by a Python that installs nothing; `here` is the torch that stands there"
    clone, path = machine
    for name in ('mkdir', 'cp'): (path/name).symlink_to(shutil.which(name))
    add(path, 'python3', f'''case "$*" in
  "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *importlib.metadata*) echo "{here}" ;;
  "-m pip "*) echo "$*" >> words; case "$*" in *{refused}*) echo "no such file" >&2; exit 1 ;; esac ;;
  *) exec "{sys.executable}" "$@" ;;
esac''')
    done = setup(clone, path, **env)
    return done, [l.removeprefix('-m pip install --no-compile ') for l in (clone/'words').read_text().splitlines()]

checked, ourselves = '--require-hashes --no-deps --only-binary :all: -r requirements', '--no-deps --no-build-isolation -e .'

def test_every_file_is_checked_by_its_hash(machine):
    done, words = installed(machine, refused='torch-cpu')
    assert words == [f'{checked}.lock', f'{checked}-torch-cpu.lock', f'{checked}-torch.lock', ourselves]
    assert done.returncode == 0 and 'no such file' not in done.stderr and 'without' not in done.stdout

def test_the_cpu_build_is_taken_where_pip_finds_it(machine):
    assert installed(machine)[1] == [f'{checked}.lock', f'{checked}-torch-cpu.lock', ourselves]

def test_what_an_index_of_the_readers_own_leaves_unchecked_is_said(machine):
    done, words = installed(machine, TORCH_INDEX='http://127.0.0.1:9')
    assert words[0] == f'{checked}.lock' and words[1].startswith('--index-url http://127.0.0.1:9 torch==') and words[2:] == [ourselves]
    assert len([l for l in done.stdout.splitlines() if 'without a check by hash' in l]) == 1

def test_a_build_that_an_index_brought_stays(machine):
    version = (top/'requirements-torch-cpu.lock').read_text().split('==')[1].split('+')[0]
    assert installed(machine, here=f'{version}+cu130')[1] == [f'{checked}.lock', ourselves]

def test_a_torch_that_cannot_be_installed_stops(machine):
    done, words = installed(machine, refused='requirements-torch')
    assert done.returncode == 1 and 'pip stopped for the reason above' in done.stderr and done.stderr.count('no such file') == 1

@pytest.mark.parametrize('word, code', [('--help', 0), ('-h', 0), ('pyhton', 2), ('python now', 2)])
def test_any_other_word_prints_the_usage_and_installs_nothing(machine, word, code):
    add(machine[1], 'python3', f'exec "{sys.executable}" "$@"')
    done = setup(*machine, *word.split())
    assert done.returncode == code and done.stderr.startswith('usage: .ci/setup') and done.stdout == '' and not (machine[0]/'.venv').exists()
