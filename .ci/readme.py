"The text of README.md from nbs/index.ipynb: hidden cells left out, links made relative to the top folder; and the tables of the front page"
import re
from pathlib import Path, PurePosixPath
from posixpath import normpath
import nbformat
from nbconvert import MarkdownExporter

top = Path(__file__).resolve().parents[1]
link = re.compile(r'(\]\()(?![a-z]+:|#|/)([^)\s]+)')

def shown(cell):
    "`cell` as a reader sees it, or None if it is hidden"
    lines = cell.source.splitlines(keepends=True)
    if any(re.match(r'#\|\s*hide\b', o) for o in lines): return
    cell.source = ''.join(o for o in lines if not o.startswith('#|'))
    if cell.cell_type == 'markdown': cell.source = link.sub(from_top, cell.source)
    return cell

def from_top(match):
    "A link that is relative to nbs/, relative to the top folder"
    return match[1] + normpath(PurePosixPath('nbs')/match[2])

def scoreboard():
    "The table that the assistant lesson ended in when its outputs were made"
    cells = nbformat.read(top/'nbs'/'lessons'/'42_assistant.ipynb', as_version=4).cells
    shown = [o.get('data', {}).get('text/markdown', '') for c in cells for o in c.get('outputs', [])]
    return next((o for o in shown if 'Wilson' in o), '')

def board_rows(*names):
    "The first table of that board as rows of texts, with some of its columns; the first row is its head"
    rows = [line.strip('| ').split(' | ') for line in scoreboard().split('Difference')[0].splitlines() if line.startswith('|')]
    columns = [rows[0].index(name) for name in names]
    return [[row[c] for c in columns] for row in rows]

def board_table():
    "The columns of the board that matter at first sight, as a table"
    rows = board_rows('system', 'n', 'valid', 'execution')
    return '\n'.join('| ' + ' | '.join(row) + ' |' for row in rows) + '\n'

headlines = ('beside the defaults', 'beside model.generate', 'an answer to one question') # Figures of the front page

def speed(only=('',)):
    "The tables of the committed benchmarks, one for each kind of processor, with the figures whose names hold one of some words"
    from finetune_notes.course.bench import benchmarks_markdown, read_results
    tables = [benchmarks_markdown(read_results(f)) for f in sorted((top/'benchmarks').glob('results*'))]
    keeps = lambda line: not line.startswith('| ') or line.startswith('| what') or any(word in line for word in only)
    return '\n\n'.join('\n'.join(filter(keeps, table.splitlines())) for table in tables if table) + '\n'

def benchmarks():
    "The text of benchmarks/README.md"
    return f"""# Benchmarks

`make bench` measures the course beside TRL with its defaults, and beside TRL as somebody configures it who knows it, with the same adapter, batches and number
format, in turns. It writes `results`; on a processor without bfloat16 instructions, `results-float32`. Each figure stands beside its target, met or missed.

{speed()}"""

def readme():
    "The text of README.md"
    nb = nbformat.read(top/'nbs'/'index.ipynb', as_version=4)
    nb.cells = [c for c in map(shown, nb.cells) if c]
    text = MarkdownExporter().from_notebook_node(nb)[0]
    return re.sub(r'\n{3,}', '\n\n', text).strip() + '\n'
