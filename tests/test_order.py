"A cell that was run too early: a real kernel says which cell makes the missing name"
import json
import os
import re
import subprocess
import sys
from pathlib import Path
import pytest

lesson = Path(__file__).resolve().parents[1]/'nbs'/'lessons'/'00_first_finetune.ipynb'
program = '''
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic('load_ext', 'finetune_notes.course.order')
for code in {codes!r}: shell.run_cell(code)
'''

def said(tmp_path, *codes, notebook=lesson):
    "What is printed when cells are run in a shell that belongs to a notebook"
    env = os.environ | dict(JPY_SESSION_NAME=str(notebook), IPYTHONDIR=str(tmp_path))
    done = subprocess.run([sys.executable, '-c', program.format(codes=codes)], env=env, capture_output=True, text=True, timeout=120)
    return re.sub(r'\x1b\[[\d;]*m', '', done.stdout + done.stderr)

def test_a_cell_run_too_early_names_the_cell_that_comes_first(tmp_path):
    text = said(tmp_path, 'score(answers, test)')
    assert "NameError: name 'score' is not defined" in text
    assert "'score' is made in the cell under \"Measure first\" that begins with `def score(answers, pairs):`" in text

@pytest.mark.parametrize('code', ['nowhere_in_the_lesson', '1/0', 'x = 1\nx'])
def test_other_errors_and_unknown_names_get_no_sentence(code, tmp_path): assert 'is made in the cell' not in said(tmp_path, code)

@pytest.mark.parametrize('damage', ['', '{', '[]', json.dumps(dict(cells=[dict(cell_type='code', source=['%magic'])]))])
def test_a_notebook_that_cannot_be_read_is_passed_over(damage, tmp_path):
    book = tmp_path/'broken.ipynb'
    book.write_text(damage)
    text = said(tmp_path, 'score', notebook=book)
    assert "NameError: name 'score' is not defined" in text and 'Error' not in text.replace('NameError', '')
