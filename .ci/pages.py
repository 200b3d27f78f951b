"""Write what follows from the manifest nbs/lessons.toml: the sidebar, the table of the front page, the copy in the package,
the jobs that verify the claims, and README.md from the front page; and from nbs/names.toml the names that the package gives.
A mistake in the manifest is one sentence and exit code 2."""
import json
import re
import sys
import tomllib
from itertools import groupby
from pathlib import Path
import nbformat
from finetune_notes.core.settings import UserError
from finetune_notes.course.lessons import check_files, read_manifest
import pictures
import readme

top = Path(__file__).resolve().parents[1]
nbs = top/'nbs'
areas = {'core': 'Settings, checkpoints, artifacts', 'evaluation': 'Evaluation', 'templates': 'Chat templates', 'generation': 'Generation and serving', 'data': 'Data', 'training': 'Training',
         'annotation': 'Annotation', 'monitoring': 'Monitoring', 'decisions': 'Decisions', 'cases/queries': 'Case: queries', 'cases/parcels': 'Case: parcels', 'cases/support': 'Case: customer service',
         'cases/tools': 'Case: tools', 'cases/articles': 'Case: articles', 'cases/chatbots': 'Case: chatbots', 'course': 'The course itself'}

def by_part(manifest):
    "The parts that have lessons: title, lessons in the order of their numbers"
    ordered = sorted(manifest['lesson'], key=lambda l: l['file'])
    return [(manifest['parts'][n], list(lessons)) for n,lessons in groupby(ordered, key=lambda l: l['file'][0])]

def library():
    "The areas of the library: path below nbs/library, notebooks"
    books = sorted((nbs/'library').rglob('*.ipynb'), key=lambda b: (list(areas).index(area(b)), b.name))
    return [(a, list(found)) for a,found in groupby([b for b in books if '.ipynb_checkpoints' not in b.parts], key=area)]

def area(book): return book.parent.relative_to(nbs/'library').as_posix()

def between(text, mark, inside, comment='#'):
    "`text` with what stands between two marked lines replaced"
    begin, end = (f'{comment} {word} {mark}' + ' -->'*(comment == '<!--') for word in ('begin', 'end'))
    return re.sub(rf'({re.escape(begin)}\n).*?([ \t]*{re.escape(end)})', lambda m: m[1] + inside + m[2], text, flags=re.S)

def sidebar(manifest):
    "Sections of the sidebar, as YAML"
    lines = ['      - index.ipynb', *(f'      - lessons/{name}.ipynb' for name in ('map', 'glossary'))]
    for title,lessons in by_part(manifest): lines += [f'      - section: "{title}"', '        contents:', *(f"          - lessons/{l['file']}" for l in lessons)]
    lines += ['      - section: "Library"', '        contents:']
    for a,books in library(): lines += [f'          - section: "{areas[a]}"', '            contents:', *(f'              - {b.relative_to(nbs).as_posix()}' for b in books)]
    return '\n'.join(lines) + '\n'

def table(manifest):
    "The lessons by part, as Markdown tables"
    lines = []
    for title,lessons in by_part(manifest):
        lines += ['', f'**{title}**', '', '| lesson | what it is about | minutes to read | to run |', '|---|---|--:|--:|']
        lines += [f"| [{l['title']}](lessons/{l['file']}) | {l['summary']} | {l['read']} | {l['run']} |" for l in lessons]
    return '\n'.join(lines) + '\n\n'

def claims(book): return re.search(r'^(if .*: |\[)?claim\(', '\n'.join(''.join(c['source']) for c in json.loads(book.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'code'), re.M)

def jobs(manifest):
    "What the nightly run verifies: a job a part of the course or an area of the library, as words of notebooks that make claims"
    groups = [[nbs/'lessons'/l['file'] for l in lessons] for _,lessons in by_part(manifest)] + [books for _,books in library()]
    words = [[re.sub(r'^\d\d_', '', b.stem) for b in group if claims(b)] for group in groups]
    return [' '.join(w) for w in words if w]

lazy = """
_homes = {{ # Name → module that defines it; written from nbs/names.toml by make pages
{homes}
}}
__all__ = [*_homes]

def __getattr__(name):
    "A name of the package, from its module when it is first used"
    if name not in _homes: raise AttributeError(f'module {{__name__!r}} has no attribute {{name!r}}')
    from .core.extras import load_name
    globals()[name] = found = load_name(name, _homes[name])
    return found

def __dir__(): return sorted({{*globals(), *__all__}})
"""

def names():
    "Module below the package → the names that the package gives of it"
    return tomllib.loads((nbs/'names.toml').read_text(encoding='utf-8'))

def package_init(text):
    "`finetune_notes/__init__.py` with the names behind the docstring and the version, which nbdev writes"
    head = re.match(r'.*?^__version__ = "[^"]*"\n', text, re.S | re.M)[0]
    return head + lazy.format(homes='\n'.join(f"    '{n}': '{module}'," for module,found in names().items() for n in found))

def package_stub():
    "`finetune_notes/__init__.pyi`: the same names for editors and type checkers"
    lines = [f"from .{module} import {', '.join(f'{n} as {n}' for n in found)}" for module,found in names().items()]
    every = '\n'.join(f"    '{n}'," for found in names().values() for n in found)
    return '\n'.join(['# Written from nbs/names.toml by make pages', *lines, '', '__version__: str', f'__all__ = [\n{every}\n]']) + '\n'

def with_tables(book, **tables):
    "The text of a notebook with tables put in between their marks"
    nb = nbformat.read(book, as_version=4)
    for cell in nb.cells:
        for mark,lines in tables.items(): cell.source = between(cell.source, mark, lines, '<!--')
    return json.dumps(json.loads(nbformat.writes(nb)), ensure_ascii=False, indent=1) + '\n'

def write(path, text):
    "Write a file where it differs"
    if not path.exists() or path.read_text(encoding='utf-8') != text: path.write_text(text, encoding='utf-8')

def main():
    source = nbs/'lessons.toml'
    manifest = read_manifest(source)
    check_files(manifest, nbs/'lessons')
    write(top/'finetune_notes'/'course'/'lessons.toml', source.read_text(encoding='utf-8'))
    init = top/'finetune_notes'/'__init__.py'
    write(init, package_init(init.read_text(encoding='utf-8')))
    write(init.with_suffix('.pyi'), package_stub())
    write(top/'_quarto.yml', between((top/'_quarto.yml').read_text(encoding='utf-8'), 'sidebar', sidebar(manifest)))
    flow = top/'.github'/'workflows'/'test.yml'
    write(flow, between(flow.read_text(encoding='utf-8'), 'jobs', f"        lessons: [{', '.join(jobs(manifest))}]\n"))
    write(nbs/'index.ipynb', with_tables(nbs/'index.ipynb', lessons=table(manifest), board=readme.board_table(), speed=readme.speed(readme.headlines)))
    write(nbs/'images'/'map.svg', pictures.course_map(by_part(manifest), manifest['paths']['two hours']))
    write(nbs/'images'/'board.svg', pictures.board(readme.board_rows('system', 'n', 'execution')[2:]))
    write(nbs/'lessons'/'map.ipynb', with_tables(nbs/'lessons'/'map.ipynb', lessons=table(manifest).replace('](lessons/', '](')))
    write(top/'benchmarks'/'README.md', readme.benchmarks())
    write(top/'README.md', readme.readme())

if __name__ == '__main__':
    try: print('\n'.join(jobs(read_manifest(nbs/'lessons.toml'))).replace(' ', '\n')) if sys.argv[1:] == ['claims'] else main()
    except UserError as e: sys.exit(f'pages: {e}')
