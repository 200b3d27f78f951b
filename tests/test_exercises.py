"Exercises: every solution is right, every typical wrong answer is rejected with a sentence and a hint, and no try is lost"
import json
import os
import re
import sqlite3
import subprocess
import sys
from importlib import import_module
from pathlib import Path
import pytest
from finetune_notes.foundations.settings import UserError
from finetune_notes.workbench import exercises
from finetune_notes.workbench.cli import lessons
from finetune_notes.workbench.exercises import alike, check, exercise, find, progress, progress_file, remember, shelves, tries
from wrong_answers import wrong

folded = re.compile(r'<details><summary>Solution</summary>\n\n```python\n(.*?)\n```\n\n(?:(?!</details>).)*?</details>', re.S)
taught = [l for l in lessons() if l.word not in shelves]

def cells(lesson, kind): return [''.join(c['source']) for c in json.loads(lesson.notebook.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == kind]

def solutions(lesson):
    "The folded solutions of a lesson by the name of their exercise"
    return {re.search(r"check\('([a-z]+-\d+)'", code)[1]: code for text in cells(lesson, 'markdown') for code in folded.findall(text)}

every = {name: (lesson, code) for lesson in taught for name,code in solutions(lesson).items()}
names = [e.name for e in exercises.exercises()]

@pytest.fixture(autouse=True)
def own_progress(runs): return runs

@pytest.mark.parametrize('lesson', taught, ids=lambda l: l.word)
def test_a_lesson_has_three_exercises_that_can_be_solved_and_shown(lesson):
    asked, own = '\n'.join(cells(lesson, 'markdown')), [e.name for e in exercises.exercises(lesson.word)]
    assert len(own) >= 3 and own == [f'{lesson.word}-{i + 1}' for i in range(len(own))]
    assert [n for n in own if f'**{n}.** ' not in asked] == []
    assert sorted(solutions(lesson)) == sorted(own)
    assert cells(lesson, 'code')[-1].endswith(f"progress('{lesson.word}')")

@pytest.mark.parametrize('preset', ['tiny', 'laptop'])
@pytest.mark.parametrize('name', names)
def test_the_folded_solution_is_right_under_every_preset(name, preset, monkeypatch):
    (lesson, code), verdicts = every[name], []
    monkeypatch.setenv('FINETUNE_NOTES_PRESET', preset)
    def checked(*args):
        verdicts.append(check(*args))
        return verdicts[-1]
    exec(compile(code, name, 'exec'), {**vars(import_module(lesson.module)), 'check': checked})
    assert [(v.name, v.right, v.note) for v in verdicts] == [(name, True, '')], verdicts

@pytest.mark.parametrize('name', names)
def test_a_typical_wrong_answer_is_told_what_it_did_and_given_a_hint(name):
    answer, said = wrong[name]
    first, second = check(name, answer), check(name, answer)
    assert not first and said in first.said, first
    assert first.hint.startswith('Hint 1 of') and second.hint.startswith('Hint 2 of') and first.note == ''
    assert 'cannot be judged' not in first.said

@pytest.mark.parametrize('name', names)
def test_any_other_answer_is_wrong_in_one_sentence(name):
    for answer in (987654321, 'a text', [], {}, (1, 2), lambda *args: 1/0, lambda *args: {}['x'], lambda *args: sys.exit('bye'), type):
        verdict = check(name, answer)
        assert not verdict and verdict.said and '\n' not in verdict.said and 'Traceback' not in verdict.said, (answer, verdict)

def test_an_answer_that_leaves_is_told_where():
    said = check('exercises-1', lambda values: sys.exit('bye')).said
    assert 'it raised SystemExit in line' in said and said.endswith('of its cell: bye.')

def test_hints_come_in_steps_and_end():
    shown = [check('exercises-1', 3).hint for _ in range(5)]
    assert [h.split(':')[0] for h in shown[:2]] == ['Hint 1 of 2', 'Hint 2 of 2']
    assert shown[-1] == shown[-2] and 'solution is folded' in shown[-1]

@pytest.mark.parametrize('name', names)
def test_hints_are_several_and_differ(name):
    hints = find(name).hints
    assert 2 <= len(set(hints)) == len(hints) and all(h.endswith(('.', '?')) for h in hints)

def test_what_is_shown_is_escaped():
    verdict = check('exercises-1', lambda values: '<script>alert(1)</script>')
    assert '<script>' not in verdict._repr_html_() and '&lt;script&gt;' in verdict._repr_html_()
    assert '<code>word</code>' in exercises.with_code('a `word` &')  and '&amp;' in exercises.with_code('a `word` &')

def test_an_answer_with_an_odd_face():
    class Odd:
        def __repr__(self): raise ValueError('no face')
        def __eq__(self, other): raise ValueError('no equal')
    assert 'ValueError' in check('exercises-1', lambda values: Odd()).said and 'an object of type Odd' in check('exercises-1', Odd()).said

def test_numbers_of_any_kind_are_whole_numbers():
    import numpy as np
    assert check('evals-2', np.int64(381)) and check('evals-2', 381.0)
    assert 'A whole number' in check('evals-2', True).said and 'A whole number' in check('evals-2', 380.5).said

def test_the_notebook_of_settings_defines_the_error_anew():
    own = {'UserError': type('UserError', (ValueError,), {}), 'check': check}
    code = every['settings-3'][1]
    exec(code[:code.index("check('settings-3'")], own)
    assert check('settings-3', own['read_flag'])

def test_a_decorated_assertion_is_taken_whichever_module_decorated_it():
    from finetune_notes.foundations import evals
    own = {**vars(evals), 'check': check}
    code = every['evals-3'][1]
    exec(code[:code.index("check('evals-3'")], own)
    foreign = type('Assertion', (), {'__init__': lambda self, func: setattr(self, 'func', func), '__call__': lambda self, *args: self.func(*args)})
    for decorate in (evals.assertion, foreign): assert check('evals-3', decorate(own['ordered_by_result']))

def test_an_answer_cannot_spoil_the_next_one():
    def greedy(values): values.sort(); values.clear(); return 2
    assert 'expected' in check('exercises-1', greedy).said
    assert check('exercises-1', lambda values: sorted(values)[len(values)//2] if len(values) % 2 else sum(sorted(values)[len(values)//2 - 1:][:2])/2)

@pytest.mark.parametrize('a,b,same', [(1, 1.0, True), (1, True, False), ([1], (1,), True), ('1', 1, False), (None, 0, False), (float('inf'), float('inf'), True),
                                      ([[1], [2]], [[1], [3]], False), ({1, 2}, {2, 1}, True), ({'a': [1]}, {'a': (1.0,)}, True), (0, float('nan'), False)])
def test_alike(a, b, same): assert alike(a, b) is same and alike(b, a) is same

# Progress

def test_progress_outlives_the_process(runs):
    code = 'from finetune_notes.workbench.exercises import check; check("exercises-1", 3); check("exercises-1", sorted); import os; os._exit(9)'
    assert subprocess.run([sys.executable, '-c', code]).returncode == 9
    assert tries() == {'exercises-1': (2, 0)}
    assert check('exercises-1', 3).hint.startswith('All 2 hints')
    assert [p.name for p in runs.iterdir()] == ['exercises.sqlite']

def test_two_processes_write_at_once(runs):
    code = 'from finetune_notes.workbench.exercises import remember\nfor i in range(40): remember("exercises-1", False, str(i))'
    both = [subprocess.Popen([sys.executable, '-c', code], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(p.communicate()[1], p.returncode) for p in both] == [('', 0)]*2
    assert tries() == {'exercises-1': (80, 0)}

def test_the_journal_is_rolled_back_and_the_disk_is_waited_for(monkeypatch):
    asked = []
    def watched(con):
        asked.append([con.execute(f'PRAGMA {o}').fetchone()[0] for o in ('journal_mode', 'synchronous')])
        return []
    exercises.with_file(watched)
    assert asked == [['delete', 3]]

def other_program(path):
    with sqlite3.connect(path) as con: con.execute('CREATE TABLE mail (id)')

def newer(path):
    remember('exercises-1', True, '')
    with sqlite3.connect(path) as con: con.execute('PRAGMA user_version=2')

@pytest.mark.parametrize('spoil,word', [(other_program, 'another program'), (newer, 'newer version'), (lambda p: p.write_bytes(b'x'*5000), 'not a database'),
                                        (lambda p: p.mkdir(), 'unable to open')], ids=['other', 'newer', 'no database', 'a folder'])
def test_a_file_that_cannot_be_used_is_left_alone_and_the_answer_judged(runs, spoil, word):
    runs.mkdir()
    spoil(progress_file())
    before = progress_file().read_bytes() if progress_file().is_file() else None
    verdict = check('exercises-1', lambda values: sorted(values)[len(values)//2])
    assert not verdict and word in verdict.note and verdict.hint.startswith('Hint 1')
    assert before is None or progress_file().read_bytes() == before
    with pytest.raises(UserError, match=word): progress('exercises')

def test_a_locked_file_is_waited_for_and_then_told(monkeypatch):
    remember('exercises-1', False, '')
    connect = sqlite3.connect
    monkeypatch.setattr(exercises.sqlite3, 'connect', lambda path, timeout, **kwargs: connect(path, timeout=0.2, **kwargs))
    with connect(progress_file(), isolation_level=None) as other:
        other.execute('BEGIN EXCLUSIVE')
        verdict = check('exercises-1', 3)
        other.execute('ROLLBACK')
    assert 'locked' in verdict.note and verdict.said
    assert tries() == {'exercises-1': (1, 0)}

def test_a_solved_exercise_stays_solved():
    from statistics import median
    assert check('exercises-1', median) and not check('exercises-1', 3)
    shown = progress('exercises')
    assert (shown.solved, shown.of) == (1, 3) and shown.rows[1][2] == 'solved' and '1 of 3 solved' in repr(shown)
    assert 'value="1"' in shown._repr_html_() and progress().solved == 1

def test_nothing_is_written_before_the_first_answer(runs):
    progress(), progress('evals'), check('evals-1')
    assert not progress_file().exists()

@pytest.mark.parametrize('name', ['evals-99', 'cooking-1', 'evals', ''])
def test_an_unknown_exercise_is_told_those_there_are(name):
    with pytest.raises(UserError, match='settings|evals-1'): check(name, 3)
