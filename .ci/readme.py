"Write README.md from nbs/index.ipynb: hidden cells left out, links made relative to the top folder, the scoreboard and the figures on speed put in"
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

def speed():
    "The tables of the committed benchmarks, one for each kind of processor"
    from finetune_notes.course.bench import benchmarks_markdown, read_results
    folders = sorted((top/'benchmarks').glob('results*'))
    return '\n\n'.join(filter(None, (benchmarks_markdown(read_results(f)) for f in folders)))

def readme():
    "The text of README.md"
    nb = nbformat.read(top/'nbs'/'index.ipynb', as_version=4)
    nb.cells = [c for c in map(shown, nb.cells) if c]
    text = MarkdownExporter().from_notebook_node(nb)[0]
    text = text.replace('<!-- scoreboard -->', scoreboard()).replace('<!-- speed -->', speed())
    return re.sub(r'\n{3,}', '\n\n', text).strip() + '\n'

if __name__ == '__main__': (top/'README.md').write_text(readme(), encoding='utf-8')
