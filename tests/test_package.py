"The package in somebody else's project: what importing it does, which names it gives, and what it says where a package is missing"
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
import pytest
from finetune_notes.core.extras import MissingExtra, extras, missing_extra, package_names

top = Path(__file__).resolve().parents[1]

def python(program, cwd=top, **env):
    "What a program prints in a fresh process that knows the package and none of its settings"
    kept = {k: v for k,v in os.environ.items() if not k.startswith('FINETUNE_NOTES') and k != 'IN_TEST'}
    done = subprocess.run([sys.executable, '-c', program], cwd=cwd, env=kept | {'PYTHONPATH': str(top)} | env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout

# No side effects

def below_the_course():
    "Modules that lessons and projects import"
    paths = sorted((top/'finetune_notes').rglob('*.py'))
    names = ['.'.join(p.relative_to(top).with_suffix('').parts) for p in paths if not p.name.startswith('_')]
    return [n for n in names if not n.startswith('finetune_notes.course')]

def test_importing_has_no_side_effects():
    "Other libraries are imported first: what they do is theirs"
    from_elsewhere = set()
    for name in below_the_course():
        tree = ast.parse((top/f"{name.replace('.', '/')}.py").read_text(encoding='utf-8'))
        for o in tree.body:
            if isinstance(o, ast.Import): from_elsewhere |= {a.name for a in o.names}
            if isinstance(o, ast.ImportFrom) and not o.level: from_elsewhere.add(o.module)
    print(python(f'''
import atexit, csv, logging, os, random, signal, sys, warnings
from importlib import import_module
for name in {sorted(from_elsewhere)}: import_module(name)
import numpy, torch
def state():
    return dict(environment=dict(os.environ), filters=list(warnings.filters), hooks=atexit._ncallbacks(), cells=csv.field_size_limit(),
                level=logging.root.level, handlers=list(logging.root.handlers), interrupt=signal.getsignal(signal.SIGINT), folder=os.getcwd(),
                chance=random.getstate(), numbers=str(numpy.random.get_state()), threads=torch.get_num_threads(), dtype=torch.get_default_dtype(),
                weights=torch.initial_seed(), path=list(sys.path), finders=list(sys.meta_path), shown=warnings.showwarning)
before = state()
for name in {below_the_course()}: import_module(name)
changed = [k for k,v in state().items() if before[k] != v]
sys.exit(f'importing changed: {{changed}}' if changed else 0)
'''))

# Names

def names():
    "Name → module, from the table that both files are written from"
    table = tomllib.loads((top/'nbs'/'names.toml').read_text(encoding='utf-8'))
    return {n: f'finetune_notes.{module}' for module,found in table.items() for n in found}

def test_every_name_is_found_and_the_stub_lists_the_same():
    import finetune_notes
    stub = ast.parse((top/'finetune_notes'/'__init__.pyi').read_text(encoding='utf-8'))
    from_stub = {a.asname: f'finetune_notes.{o.module}' for o in stub.body if isinstance(o, ast.ImportFrom) for a in o.names}
    listed = next(ast.literal_eval(o.value) for o in stub.body if isinstance(o, ast.Assign))
    assert from_stub == names() and listed == finetune_notes.__all__ == list(names())
    assert 35 <= len(listed) <= 55 and set(listed) <= set(dir(finetune_notes))
    for name,module in names().items():
        found = getattr(finetune_notes, name)
        assert found.__name__ == name and found.__module__ == module, name
        assert name in sys.modules[module].__all__
    with pytest.raises(AttributeError, match="'finetune_notes' has no attribute 'wilsom'"): finetune_notes.wilsom
    with pytest.raises(ImportError, match="cannot import name 'wilsom'"): exec('from finetune_notes import wilsom')

def test_the_version_survives_what_nbdev_and_pages_write():
    import finetune_notes
    assert re.fullmatch(r'\d+\.\d+\.\d+', finetune_notes.__version__) and 'Modules:' in finetune_notes.__doc__

def test_importing_the_package_loads_nothing():
    said = python('''
import sys, time, os, warnings
before, environment, filters, start = set(sys.modules), dict(os.environ), list(warnings.filters), time.perf_counter()
import finetune_notes
seconds = time.perf_counter() - start
assert (dict(os.environ), list(warnings.filters)) == (environment, filters)
print(*sorted(m for m in set(sys.modules) - before))
''')
    assert said.split() == ['finetune_notes']

def test_modules_of_the_readers_own_with_our_names_are_not_taken_for_ours(tmp_path):
    "Whatever our modules are called, also where Python's own library has one of that name"
    every = {n.rsplit('.', 1)[1] for n in below_the_course()} - {'http'} # Python's own library would break, with us or without
    for name in sorted(every): (tmp_path/f'{name}.py').write_text(f'raise RuntimeError("{name}.py of the reader was imported")')
    said = python('from finetune_notes import wilson, bootstrap, Template, check_template, load_rows, VoteStore, UseCase, break_even, synthesize; print(wilson(1, 2))', cwd=tmp_path)
    assert said.startswith('(0.09') and 'statistics' in every

# What is not installed

def without(*modules):
    "A program's first lines, after which these modules cannot be imported, as if they were not installed"
    return f'''
import sys
import tarfile
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in {modules!r}: raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
sys.meta_path.insert(0, Nowhere())
'''
every_extra = tuple(sorted({m for found in extras.values() for m in found} | {'transformers', 'safetensors', 'pyarrow', 'statsmodels', 'nbdev', 'jupyter_server'}))

def test_an_interval_needs_the_core_alone():
    said = python(without(*every_extra) + '''
from finetune_notes import wilson, paired_bootstrap, cohen_kappa, Scoreboard
print(*wilson(8, 10))
board = Scoreboard('mine')
board.add('ours', dict(right=[1, 0, 1, 1]))
assert paired_bootstrap([1, 0, 1], [0, 0, 1]).lo <= 0.34 and 0 <= cohen_kappa([0, 1, 0], [0, 1, 0]).estimate <= 1 and 'ours' in board._repr_html_()
''')
    lo, hi = map(float, said.split())
    assert (round(lo, 4), round(hi, 4)) == (0.4902, 0.9433)

def test_a_missing_extra_is_one_sentence():
    "Each name of the package either loads with the core alone, or says which extra it needs"
    said = python(without(*every_extra) + f'''
import finetune_notes
for name in {list(names())}:
    try: getattr(finetune_notes, name)
    except ImportError as e: print(name, e, sep='|')
''')
    lines = dict(line.split('|') for line in said.splitlines())
    assert {'sft', 'dpo', 'generate', 'annotate'} <= set(lines) <= {'sft', 'Recipe', 'Run', 'dpo', 'PreferenceRecipe', 'train_chat', 'generate', 'annotate'}
    for name,sentence in lines.items():
        extra = 'annotate' if name == 'annotate' else 'train'
        assert re.fullmatch(rf"{name} needs \w+, which is not installed: pip install 'finetune_notes\[{extra}\]'", sentence), sentence

def test_a_function_says_what_it_needs_when_it_is_called():
    said = python(without(*every_extra) + '''
from finetune_notes import Checkpoint, UserError, diagnose, load_checkpoint
from finetune_notes.decisions.costs import plot_costs
from finetune_notes.templates.inspector import inspector_widget
from finetune_notes.templates.skew import two_sample_test
from finetune_notes.data.explore import browse_rows
from finetune_notes.cases.parcels.diagnosis import diagnose
import pandas as pd
base, many = Checkpoint('mine', '.', '1'), pd.DataFrame(dict(text=[f'{w} {i}' for i in range(40) for w in 'abcdefghijklmnop'], value=range(100, 740)))
for call in (base.tokenizer, base.model, load_checkpoint, lambda: plot_costs({}, None, 1, 2), lambda: inspector_widget(None, None, {}),
             lambda: two_sample_test([], [], None), lambda: browse_rows([]), lambda: diagnose(many)):
    try: call()
    except UserError as e: print(e)
''')
    assert re.findall(r"needs ([\w-]+), which is not installed: pip install 'finetune_notes\[(\w+)\]'\n", said) == [
        ('transformers', 'train'), ('torch', 'train'), ('torch', 'train'), ('matplotlib', 'parcels'), ('ipywidgets', 'annotate'),
        ('scikit-learn', 'parcels'), ('ipywidgets', 'annotate'), ('scikit-learn', 'parcels')]

@pytest.mark.parametrize('arguments,code,part', [
    (['doctor'], 0, "the measurement needs torch, which is not installed: pip install 'finetune_notes[train]'"), (['list'], 0, 'assistant'),
    (['ask', 'How many errors?'], 2, "finetune-notes ask needs")])
def test_the_command_without_extras(arguments, code, part, tmp_path):
    program = f"import contextlib, io\nfrom finetune_notes.course.cli import main\nheard = io.StringIO()\ntry:\n    with contextlib.redirect_stderr(heard): code = main({arguments}) or 0\nexcept SystemExit as e: code = e.code\nprint(heard.getvalue(), 'code', code)"
    said = python(without(*every_extra) + program, cwd=tmp_path)
    assert part in said and 'Traceback' not in said
    assert code == 0 or f'code {code}' in said

def test_the_sentence_is_ours_only_where_an_extra_brings_the_package():
    assert isinstance(missing_extra('x', ModuleNotFoundError(name='torch.nn')), MissingExtra)
    error = ModuleNotFoundError('No module named mine', name='mine')
    assert missing_extra('x', error) is error
    assert issubclass(MissingExtra, ImportError) and issubclass(MissingExtra, ValueError)

# Settings in somebody else's project

@pytest.fixture(scope='module')
def site(tmp_path_factory):
    "A folder as site-packages is, with the package, and with somebody's settings.ini beside it"
    folder = tmp_path_factory.mktemp('site-packages')
    shutil.copytree(top/'finetune_notes', folder/'finetune_notes', ignore=shutil.ignore_patterns('__pycache__'))
    (folder/'settings.ini').write_text('[finetune_notes]\nseed = 1\n')
    return folder

@pytest.fixture
def project(tmp_path, site):
    "A project of the reader's own, an empty home, and the place where the package is installed"
    (tmp_path/'project'/'src'/'deep').mkdir(parents=True)
    (tmp_path/'home').mkdir()
    return tmp_path/'project', tmp_path/'home', site

def seen(folder, site, home, **env):
    "What an installed package takes from a working directory: the file, the seed and the runs, or the sentence of a refusal"
    program = ('from finetune_notes.core.settings import *\ntry: s = load_settings(); print(settings_file(), s.seed, s.runs, sep="|")\n'
               'except UserError as e: print(e)')
    said = python(program, cwd=folder, PYTHONPATH=str(site), HOME=str(home), XDG_CONFIG_HOME='', XDG_DATA_HOME='', **env)
    return said.strip().split('|')

def test_a_file_beside_an_installed_package_is_never_read(project):
    folder, home, site = project
    kept = str(home/'.local'/'share'/'finetune_notes'/'runs')
    assert seen(folder, site, home) == ['None', '42', kept]

def test_the_file_of_the_working_directory(project):
    folder, home, site = project
    (folder/'settings.ini').write_text('\ufeff[mine]\nx = 1\n[finetune_notes]\nseed = 7\nruns = kept\n[DEFAULT]\nlib = a\n', encoding='utf-8')
    assert seen(folder, site, home) == [str(folder/'settings.ini'), '7', str(folder/'kept')]
    assert seen(folder, site, home, FINETUNE_NOTES_SEED='8')[1] == '8'
    assert seen(folder/'src', site, home)[0] == 'None', 'without a mark of its root a project ends with the working directory'

def test_the_file_of_the_project_counts_in_its_folders_and_not_beyond_its_root(project):
    folder, home, site = project
    (folder.parent/'settings.ini').write_text('[finetune_notes]\nseed = 5\n')
    (folder/'pyproject.toml').touch()
    assert seen(folder/'src'/'deep', site, home)[0] == 'None'
    (folder/'settings.ini').write_text('[finetune_notes]\nseed = 7\n')
    assert seen(folder/'src'/'deep', site, home)[:2] == [str(folder/'settings.ini'), '7']
    (folder/'src'/'settings.ini').write_text('[another]\nseed = 3\n')
    assert seen(folder/'src'/'deep', site, home)[1] == '7', 'the file of another program is passed over'

def test_the_users_file_counts_where_the_project_has_none(project):
    folder, home, site = project
    (home/'.config'/'finetune_notes').mkdir(parents=True, exist_ok=True)
    (home/'.config'/'finetune_notes'/'settings.ini').write_text('[finetune_notes]\nseed = 9\n')
    assert seen(folder, site, home) == [str(home/'.config'/'finetune_notes'/'settings.ini'), '9', str(home/'.local'/'share'/'finetune_notes'/'runs')]
    (folder/'settings.ini').write_text('[finetune_notes]\nseed = 7\n')
    assert seen(folder, site, home)[1] == '7'

@pytest.mark.parametrize('text,part', [
    ('[finetune_notes]\nsed = 7\n', "unknown key 'sed' in [finetune_notes]"), ('[finetune-notes]\nseed = 7\n', 'unknown section [finetune-notes]'),
    ('[finetune_notes]\nseed = 7\n[Laptop]\neval_examples = 3\n', 'unknown section [Laptop]'), ('[finetune_notes]\nseed\n', 'cannot be read as a settings file'),
    ('[finetune_notes]\nseed = 1\nseed = 2\n', 'cannot be read'), ('[finetune_notes]\nruns = \n', 'is empty')])
def test_a_mistake_in_the_readers_file_is_one_sentence(project, text, part):
    folder, home, site = project
    (folder/'settings.ini').write_text(text)
    said = seen(folder, site, home)
    assert len(said) == 1 and part in said[0] and str(folder/'settings.ini') in said[0]

@pytest.mark.parametrize('content', [b'\xff\xfe\x00', b'', b'no section at all', b'; [finetune_notes]\n[other]\na = 1\n'])
def test_a_file_that_is_not_meant_for_us_is_not_read(project, content):
    folder, home, site = project
    (folder/'settings.ini').write_bytes(content)
    assert seen(folder, site, home)[:2] == ['None', '42']

def test_a_clone_has_its_own_settings_wherever_it_is_used_from(tmp_path):
    program = 'from finetune_notes.core.settings import *; s = load_settings(); print(settings_file(), s.data, s.runs, sep="|")'
    expected = [str(top/'settings.ini'), str(top/'data'), str(top/'runs')]
    (tmp_path/'.config'/'finetune_notes').mkdir(parents=True)
    (tmp_path/'.config'/'finetune_notes'/'settings.ini').write_text('[finetune_notes]\nseed = 9\n')
    for folder in (top, top/'nbs'/'lessons', tmp_path):
        assert python(program, cwd=folder, HOME=str(tmp_path), XDG_CONFIG_HOME='').strip().split('|') == expected

# What is declared, and the wheel

metadata = tomllib.loads((top/'pyproject.toml').read_text(encoding='utf-8'))['project']

def declared(needs):
    "The names of requirements"
    return {re.match(r'[\w-]+', n)[0] for n in needs}

def test_the_extras_are_those_that_are_named():
    lists = {e: declared(n) - {'finetune_notes'} for e,n in metadata['optional-dependencies'].items() if e != 'dev'}
    ours = {e: {package_names.get(m, m).lower() for m in modules} for e,modules in extras.items()}
    assert lists == ours
    course = next(n for n in metadata['optional-dependencies']['course'] if n.startswith('finetune_notes['))
    assert set(re.findall(r'\w+', course)) - {'finetune_notes'} == set(lists) - {'course'}, 'the course needs every extra'

def imported_anywhere():
    "First names of all modules that the package imports, from elsewhere"
    for path in (top/'finetune_notes').rglob('*.py'):
        for o in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(o, ast.Import): yield from (a.name.split('.')[0] for a in o.names)
            if isinstance(o, ast.ImportFrom) and not o.level: yield o.module.split('.')[0]

def test_what_is_imported_is_declared_and_the_reverse():
    found = set(imported_anywhere()) - set(sys.stdlib_module_names) - {'finetune_notes', 'pyarrow'} # which datasets brings
    asked = declared(metadata['dependencies']) | {package_names.get(m, m).lower() for modules in extras.values() for m in modules}
    assert {package_names.get(m, m).lower() for m in found} ^ asked <= {'jupyterlab'}, 'which is started as a program'

def test_ranges_reads_what_is_declared():
    "The nightly job parses pyproject.toml with a pattern of its own"
    for need in [n for needs in [metadata['dependencies'], *metadata['optional-dependencies'].values()] for n in needs]:
        assert re.match(r'([\w-]+)>=([\d.]+)', need) or need.startswith('finetune_notes['), need

@pytest.fixture(scope='module')
def built(tmp_path_factory):
    "The wheel and the source archive, built from a copy of what is in the repository"
    folder = tmp_path_factory.mktemp('built')
    for name in ('pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE', 'CHANGELOG.md'): shutil.copy(top/name, folder/name)
    for name in ('finetune_notes', 'tests'): shutil.copytree(top/name, folder/name, ignore=shutil.ignore_patterns('__pycache__'))
    python("from setuptools.build_meta import build_sdist, build_wheel; build_sdist('out'); build_wheel('out')", cwd=folder)
    return next((folder/'out').glob('*.whl')), next((folder/'out').glob('*.tar.gz'))

@pytest.mark.nightly
def test_the_wheel_holds_the_package_and_the_archive_no_half_of_the_tests(built):
    with zipfile.ZipFile(built[0]) as wheel: inside = set(wheel.namelist())
    data = {p.relative_to(top).as_posix() for p in (top/'finetune_notes').rglob('*') if p.is_file() and p.suffix != '.pyc'}
    assert data <= inside and {n.split('/')[0] for n in inside - data} == {n.split('/')[0] for n in inside if '.dist-info/' in n}
    with tarfile.open(built[1]) as archive: names = {n.split('/', 1)[-1] for n in archive.getnames()}
    assert data <= names and {'README.md', 'LICENSE', 'CHANGELOG.md', 'pyproject.toml'} <= names
    assert {n for n in names if n.startswith(('tests', 'nbs', 'data', 'benchmarks'))} == set()

@pytest.mark.nightly
def test_the_wheel_installed_alone_into_an_empty_environment(built, tmp_path):
    "No extra: an interval is computed, nothing heavy has come along, and training names the extra that it needs"
    subprocess.run([sys.executable, '-m', 'venv', tmp_path/'env'], check=True)
    here = tmp_path/'env'/'bin'/'python'
    env = {k: v for k,v in os.environ.items() if not k.startswith(('FINETUNE_NOTES', 'PYTHONPATH'))}
    run = lambda *words: subprocess.run([here, *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=1200)
    done = run('-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', built[0])
    assert done.returncode == 0, done.stderr
    assert run('-c', 'from finetune_notes import wilson; print(wilson(8, 10))').stdout.startswith('(0.4901')
    done = run('-c', 'from finetune_notes import sft')
    assert done.stderr.splitlines()[-1].endswith("sft needs torch, which is not installed: pip install 'finetune_notes[train]'")
    listed = {p['name'] for p in json.loads(run('-m', 'pip', 'list', '--format', 'json').stdout)}
    assert not listed & {'torch', 'transformers', 'ipython', 'jupyterlab', 'ipywidgets', 'scikit-learn', 'matplotlib'} and len(listed) < 25
    assert run('-m', 'finetune_notes.course.cli', 'list').returncode == 0
    assert 'not installed: ' in run('-m', 'finetune_notes.course.cli', 'doctor').stdout

def test_doctor_names_a_version_outside_the_ranges(monkeypatch):
    "A wheel installed beside an older torch, a newer pandas, and no lightgbm"
    from importlib.metadata import PackageNotFoundError
    from finetune_notes.course import doctor
    here = dict(torch='2.9.1', pandas='4.0', lightgbm=None)
    def version(name):
        if here.get(name, '') is None: raise PackageNotFoundError(name)
        return here[name] if name in here else doctor_version(name)
    doctor_version = doctor.version
    monkeypatch.setattr(doctor, 'version', version)
    needs = metadata['dependencies'] + [f"{n}; extra == '{e}'" for e,some in metadata['optional-dependencies'].items() for n in some]
    ok, said = doctor.packages_check(needs)
    assert not ok and said.split('; ') == [
        "not installed: lightgbm", "what a lesson needs comes with pip install 'finetune_notes[course]'"] + [
        f"{p} {here[p]} is installed, and {r} is needed: pip install '{p}{r}'" for p,r in (('pandas', '<4,>=3.1'), ('torch', '<3,>=2.13'))]
    here.clear()
    assert doctor.packages_check(needs) == (True, 'as required')
