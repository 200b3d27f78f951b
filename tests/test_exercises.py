"Exercises: every solution is right, every typical wrong answer is rejected with a sentence and a hint, and no try is lost"
import ast
import json
import re
import subprocess
import sys
from importlib import import_module
import pytest
from filelock import FileLock
from finetune_notes.core.settings import UserError
from finetune_notes.course import exercises
from finetune_notes.course.lessons import lessons, library
from finetune_notes.course.exercises import values_match, check, find_exercise, progress, progress_file, record_try, count_tries

folded = re.compile(r'<details><summary>Solution</summary>\n\n```python\n(.*?)\n```\n\n(?:(?!</details>).)*?</details>', re.S)
names = [e.name for e in exercises.list_exercises()]
with_exercises = {n.rpartition('-')[0] for n in names}
taught = [*{l.word: l for l in reversed(lessons() + library()) if l.word in with_exercises}.values()][::-1] # Of a lesson and a module with one word the lesson
wrong = {k: v for lesson in taught for k,v in import_module(f'wrong_answers.{lesson.word}').wrong.items()}
presets = ['tiny', pytest.param('laptop', marks=pytest.mark.nightly)]

def cells(lesson, kind): return [''.join(c['source']) for c in json.loads(lesson.notebook.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == kind]

def solutions(lesson):
    "The folded solutions of a lesson by the name of their exercise"
    return {re.search(r"check\('([a-z_]+-\d+)'", code)[1]: code for text in cells(lesson, 'markdown') for code in folded.findall(text)}

def names_of(lesson):
    "What a reader has at the end of a lesson: its imports, and what its module defines"
    names = {}
    for code in cells(lesson, 'code'):
        if all(isinstance(o, (ast.Import, ast.ImportFrom)) for o in ast.parse(code).body): exec(code, names)
    return names | (vars(import_module(lesson.module)) if lesson.module else {})

every = {name: (lesson, code) for lesson in taught for name,code in solutions(lesson).items()}

@pytest.fixture(autouse=True)
def own_progress(runs): return runs

@pytest.mark.parametrize('lesson', taught, ids=lambda l: l.word)
def test_the_exercises_of_a_lesson_are_asked_solved_and_counted_there(lesson):
    asked, own = '\n'.join(cells(lesson, 'markdown')), [e.name for e in exercises.list_exercises(lesson.word)]
    assert own == [f'{lesson.word}-{i + 1}' for i in range(len(own))] == re.findall(r'^\*\*(\S+)\.\*\* ', asked, re.M) == list(solutions(lesson))
    assert sorted(own) == sorted(n for n in wrong if n.rpartition('-')[0] == lesson.word)
    assert cells(lesson, 'code')[-1].endswith(f"progress('{lesson.word}')")

@pytest.mark.parametrize('preset', presets)
@pytest.mark.parametrize('name', names)
def test_the_folded_solution_is_right_under_every_preset(name, preset, monkeypatch):
    (lesson, code), verdicts = every[name], []
    monkeypatch.setenv('FINETUNE_NOTES_PRESET', preset)
    def checked(*args):
        verdicts.append(check(*args))
        return verdicts[-1]
    exec(compile(code, name, 'exec'), names_of(lesson) | dict(check=checked))
    assert [(v.name, v.right, v.note) for v in verdicts] == [(name, True, '')], verdicts

@pytest.mark.parametrize('name', names)
def test_a_wrong_answer_gets_a_sentence_on_what_it_did_and_a_hint(name):
    answer, said = wrong[name]
    first, second = check(name, answer), check(name, answer)
    assert not first and said in first.said, first
    assert first.hint.startswith('Hint 1 of') and second.hint.startswith('Hint 2 of') and first.hint != second.hint and first.note == ''
    assert 'cannot be judged' not in first.said
    for answer in (987654321, 'a text', [], {}, (1, 2), lambda *args: 1/0, lambda *args: {}['x'], lambda *args: sys.exit('bye'), type):
        verdict = check(name, answer)
        assert not verdict and verdict.said and '\n' not in verdict.said and 'Traceback' not in verdict.said, (answer, verdict)

def test_an_answer_that_leaves_is_told_where():
    said = check('manager-1', lambda rewards: sys.exit('bye')).said
    assert 'it raised SystemExit in line' in said and said.endswith('of its cell: bye.')

def test_hints_come_in_steps_and_end():
    shown, n = [check('scoreboard-2', 3).hint for _ in range(5)], len(find_exercise('scoreboard-2').hints)
    assert [h.split(':')[0] for h in shown[:n]] == [f'Hint {i + 1} of {n}' for i in range(n)]
    assert shown[-1] == shown[-2] and 'solution is folded' in shown[-1]

def test_what_is_shown_is_escaped():
    verdict = check('scoreboard-2', '<script>alert(1)</script>')
    assert '<script>' not in verdict._repr_html_() and '&lt;script&gt;' in verdict._repr_html_()
    assert '<code>word</code>' in exercises.code_html('a `word` &')  and '&amp;' in exercises.code_html('a `word` &')

def test_an_answer_with_an_odd_face():
    class Odd:
        def __repr__(self): raise ValueError('no face')
        def __eq__(self, other): raise ValueError('no equal')
    assert 'ValueError' in check('manager-1', lambda rewards: Odd()).said and 'an object of type Odd' in check('scoreboard-2', Odd()).said

def test_numbers_of_any_kind_are_whole_numbers():
    import numpy as np
    assert check('scoreboard-2', np.int64(381)) and check('scoreboard-2', 381.0)
    assert 'A whole number' in check('scoreboard-2', True).said and 'A whole number' in check('scoreboard-2', 380.5).said

def test_an_answer_cannot_spoil_the_next_one():
    def greedy(rewards): rewards.clear(); return 2
    assert 'expected' in check('manager-1', greedy).said

@pytest.mark.parametrize('a,b,same', [(1, 1.0, True), (1, True, False), ([1], (1,), True), ('1', 1, False), (None, 0, False), (float('inf'), float('inf'), True),
                                      ([[1], [2]], [[1], [3]], False), ({1, 2}, {2, 1}, True), ({'a': [1]}, {'a': (1.0,)}, True), (0, float('nan'), False)])
def test_alike(a, b, same): assert values_match(a, b) is same and values_match(b, a) is same

# Progress

def test_progress_outlives_the_process(runs):
    code = 'from finetune_notes.course.exercises import check; check("scoreboard-2", 3); check("scoreboard-2", 4); import os; os._exit(9)'
    assert subprocess.run([sys.executable, '-c', code]).returncode == 9
    assert count_tries() == {'scoreboard-2': (2, 0)} and json.loads(progress_file().read_text()) == {'scoreboard-2': [2, 0]}
    assert check('scoreboard-2', 3).hint.startswith(('Hint 3', 'All 2 hints'))

def test_two_processes_write_at_once(runs):
    code = 'from finetune_notes.course.exercises import record_try\nfor i in range(40): record_try("scoreboard-2", False)'
    both = [subprocess.Popen([sys.executable, '-c', code], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(p.communicate()[1], p.returncode) for p in both] == [('', 0)]*2
    assert count_tries() == {'scoreboard-2': (80, 0)}

@pytest.mark.parametrize('spoil,word', [(lambda p: p.write_text('["milk"]'), 'another program'), (lambda p: p.write_text('{"scoreboard-2": 3}'), 'another program'),
                                        (lambda p: p.write_bytes(b'\xff'*500), 'decode'), (lambda p: p.mkdir(), 'directory')], ids=['a list', 'other values', 'no text', 'a folder'])
def test_a_file_that_cannot_be_used_is_left_alone_and_the_answer_judged(runs, spoil, word):
    runs.mkdir()
    spoil(progress_file())
    before = progress_file().read_bytes() if progress_file().is_file() else None
    verdict = check('scoreboard-2', 100)
    assert not verdict and word in verdict.note and str(progress_file()) in verdict.note and verdict.hint.startswith('Hint 1')
    assert before is None or progress_file().read_bytes() == before
    with pytest.raises(UserError, match=word): progress('scoreboard')

def test_a_locked_file_is_waited_for_and_then_named(monkeypatch):
    record_try('scoreboard-2', False)
    monkeypatch.setattr(exercises, 'FileLock', lambda path, timeout: FileLock(path, timeout=0.2))
    with FileLock(f'{progress_file()}.lock'): verdict = check('scoreboard-2', 3)
    assert 'lock' in verdict.note and verdict.said and count_tries() == {'scoreboard-2': (1, 0)}

def test_progress_of_the_first_edition_is_mentioned_once_and_left_alone(runs):
    runs.mkdir()
    (runs/'exercises.sqlite').write_bytes(b'SQLite format 3')
    first, second = check('scoreboard-2', 3), check('scoreboard-2', 3)
    assert 'exercises.sqlite' in first.note and second.note == '' and (runs/'exercises.sqlite').read_bytes() == b'SQLite format 3'

def test_a_try_leaves_what_was_counted_of_other_exercises():
    record_try('scoreboard-1', True), record_try('scoreboard-2', False)
    assert count_tries() == {'scoreboard-1': (0, 1), 'scoreboard-2': (1, 0)}

def test_a_solved_exercise_stays_solved():
    assert check('scoreboard-2', 381) and not check('scoreboard-2', 3)
    shown = progress('scoreboard')
    assert (shown.solved, shown.of) == (1, 2) and shown.rows[2][2] == 'solved' and '1 of 2 solved' in repr(shown)
    assert 'value="1"' in shown._repr_html_() and progress().solved == 1

def test_nothing_is_written_before_the_first_answer(runs):
    progress(), progress('scoreboard'), check('scoreboard-1')
    assert not progress_file().exists()

@pytest.mark.parametrize('name', ['scoreboard-99', 'cooking-1', 'scoreboard', ''])
def test_an_unknown_exercise_is_answered_with_those_there_are(name):
    with pytest.raises(UserError, match='scoreboard|scoreboard-1'): check(name, 3)
