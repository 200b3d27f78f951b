"Votes that are never lost, files that are odd, the kernel's side of the screen, and what is exported"
import json
import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
import pytest
from finetune_notes.annotation.screen import MAX_TEXT_LENGTH, Annotator, annotate, open_annotation_file, read_items
from finetune_notes.core.settings import UserError
from finetune_notes.annotation.agreement import preference_pairs, rater_agreement, votes_with_items, left_choice_rate, preference_dataset, save_votes_jsonl, to_frame
from finetune_notes.annotation.store import STORE_VERSION, VoteStore

load = Path(__file__).with_name('votes_load.py')
items = [dict(prompt=f'p{i}', first='a', second=f'b{i}') for i in range(5)]

def python(program, *arguments, timeout=120):
    done = subprocess.run([sys.executable, '-c', program, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout

def rows(path, sql='SELECT * FROM vote ORDER BY id'):
    with VoteStore(path).transaction() as db: return db.execute(sql).fetchall()

@pytest.fixture
def store(tmp_path):
    made = VoteStore(tmp_path/'votes.db', 'pair', wait=0.2)
    made.add(items)
    made.vote(1, 'ann', 'first')
    return made

# Nothing that was confirmed is lost

@pytest.mark.nightly
def test_two_hundred_kills_lose_nothing():
    done = subprocess.run([sys.executable, load, 'kills', '200'], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said['kills'] == 200 and said['lost'] == 0 and said['damaged'] == 0
    assert said['confirmed'] > 200 and said['journals_left'] > 0, 'the kills did not come in the middle of a transaction'

def test_the_benchmark_runs():
    said = json.loads(python("import json, sys; sys.path.insert(0, sys.argv[1]); from votes_load import speed; print(json.dumps(speed(200, 20)))", load.parent))
    assert said['commits']['n'] == 20 and said['next_pair']['p95_ms'] > 0

def test_a_transaction_is_on_the_disk_before_it_returns(store):
    with store.transaction() as db:
        assert [db.execute(f'PRAGMA {p}').fetchone()[0] for p in ('synchronous', 'journal_mode', 'foreign_keys')] == [3, 'delete', 1]

writer = """
import sys
from finetune_notes.annotation.store import VoteStore
store = VoteStore(sys.argv[1], 'pair')
store.add([dict(prompt=f'p{i}', first='a', second=f'b{i}') for i in range(5)])
for i in range(100): store.vote(1 + i % 5, sys.argv[2], 'tie', note=str(i))
"""

def test_processes_that_make_the_file_and_write_at_once(tmp_path):
    path = tmp_path/'votes.db'
    children = [subprocess.Popen([sys.executable, '-c', writer, path, rater], stderr=subprocess.PIPE, text=True) for rater in ('ann', 'ann', 'ben')]
    assert [c.communicate(timeout=120)[1] for c in children] == ['', '', '']
    assert [r for r, in rows(path, 'SELECT id FROM vote ORDER BY id')] == list(range(1, 301))
    assert rows(path, 'SELECT rater, count(*), max(seq) FROM vote GROUP BY rater ORDER BY rater') == [('ann', 200, 40), ('ben', 100, 20)]
    assert rows(path, 'SELECT count(*) FROM item') == [(5,)]

def test_a_full_disk_loses_nothing(store):
    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (store.path.stat().st_size, store.path.stat().st_size))
        with pytest.raises(UserError, match='nothing was saved now'): store.vote(2, 'ann', 'tie', note='x'*100_000)
    in_a_child(full)
    assert [r[2] for r in rows(store.path)] == ['ann'] and rows(store.path, 'PRAGMA integrity_check') == [('ok',)]
    assert store.vote(2, 'ann', 'tie', note='x'*100_000) == 2

def in_a_child(function):
    "Run `function` in a forked process, and fail where it fails"
    child = os.fork()
    if child == 0:
        code = 1
        try: function(); code = 0
        except BaseException as e: os.write(2, f'{e!r}\n'.encode())
        finally: os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

# Bad files

def test_a_locked_file(store):
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute('BEGIN EXCLUSIVE')
    for act in (lambda: store.vote(2, 'ann', 'tie'), lambda: store.next('ann'), lambda: VoteStore(store.path, wait=0.1)):
        with pytest.raises(UserError, match=r'votes\.db is locked by another program: nothing was saved'): act()
    other.execute('ROLLBACK')
    assert store.vote(2, 'ann', 'tie') == 2

def test_a_reader_does_not_lose_a_vote(store):
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute('BEGIN')
    other.execute('SELECT * FROM vote').fetchall()
    with pytest.raises(UserError, match='locked'): store.vote(2, 'ann', 'tie')
    assert store.next('ann').id == 2
    other.execute('COMMIT')
    assert store.vote(2, 'ann', 'tie') == 2

def test_a_read_only_file():
    with TemporaryDirectory() as place:
        store = VoteStore(Path(place)/'votes.db', 'pair')
        store.add(items)
        os.chmod(store.path, 0o444)
        os.chmod(place, 0o555)
        def read_only():
            if os.getuid() == 0: os.setuid(65534)
            assert store.next('ann').id == 1 and VoteStore(store.path).progress('ann')['items'] == 5
            with pytest.raises(UserError, match='read-only: nothing was saved now'): store.vote(1, 'ann', 'tie')
            with pytest.raises(UserError, match='cannot be opened; does its folder exist'): VoteStore(Path(place)/'new.db', 'pair')
        in_a_child(read_only)
        os.chmod(place, 0o755)

def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match='does its folder exist'): VoteStore(tmp_path/'none'/'votes.db', 'pair')
    with pytest.raises(UserError, match='cannot be opened'): VoteStore(tmp_path, 'pair')
    with pytest.raises(UserError, match='task = None'): VoteStore(tmp_path/'none.db')
    assert not (tmp_path/'none.db').exists()

def test_a_file_of_another_program(tmp_path):
    path = tmp_path/'other.db'
    other = sqlite3.connect(path)
    other.execute('CREATE TABLE vote (x)')
    other.commit()
    before = path.read_bytes()
    with pytest.raises(UserError, match='other.db is an SQLite database of another program; choose another name'): VoteStore(path, 'pair')
    (tmp_path/'text.db').write_text('not a database\n'*100)
    with pytest.raises(UserError, match='not a file of votes'): VoteStore(tmp_path/'text.db', 'pair')
    assert path.read_bytes() == before

@pytest.mark.parametrize('version,word', [(0, 'an older form'), (STORE_VERSION + 1, 'a newer form')])
def test_a_file_of_another_version(store, version, word):
    with sqlite3.connect(store.path) as db: db.execute(f'PRAGMA user_version = {version}')
    db.close()
    before = store.path.read_bytes()
    with pytest.raises(UserError, match=f'{word} .*left as it is'): VoteStore(store.path, 'pair')
    with pytest.raises(UserError, match=word): store.vote(1, 'ann', 'tie')
    assert store.path.read_bytes() == before

def test_a_damaged_file(store):
    with open(store.path, 'r+b') as f: f.seek(4096); f.write(b'\xff'*8192)
    with pytest.raises(UserError, match='is damaged; keep a copy'): VoteStore(store.path).next('ann')

def test_an_empty_file_is_made(tmp_path):
    (tmp_path/'votes.db').touch()
    assert VoteStore(tmp_path/'votes.db', 'label', ['good', 'bad']).labels == ('good', 'bad')
    assert VoteStore(tmp_path/'votes.db').task == 'label'

def test_odd_names_of_files(tmp_path):
    path = tmp_path/'50% ?mode=ro#ä b.db'
    assert VoteStore(path, 'pair').add(items) == 5 and path.exists() and len(list(tmp_path.iterdir())) == 1

@pytest.mark.parametrize('task,labels,part', [('label', [], '2 to 9'), ('label', ['a', 'a'], '2 to 9'), ('label', list('abcdefghij'), '2 to 9'),
                                              ('label', ['a', ' '], 'expected words'), ('pair', ['a', 'b'], 'are for the task label'), ('', [], 'expected one of')])
def test_odd_tasks(tmp_path, task, labels, part):
    with pytest.raises(UserError, match=part): VoteStore(tmp_path/'votes.db', task, labels)
    assert not (tmp_path/'votes.db').exists()

# Acts and their order

def test_rows_are_only_added(store):
    with store.transaction(write=True) as db:
        for sql in ("UPDATE vote SET note = ''", 'DELETE FROM vote', "UPDATE item SET content = ''", 'DELETE FROM item', "INSERT OR REPLACE INTO vote SELECT * FROM vote",
                    "INSERT OR REPLACE INTO vote SELECT 99, item, rater, seq, 'skip', NULL, '', left, 1, at FROM vote", "INSERT OR REPLACE INTO item SELECT 99, key, '{}' FROM item"):
            with pytest.raises(sqlite3.IntegrityError): db.execute(sql)

def test_undo_steps_back_and_the_history_stays(store):
    store.vote(2, 'ann', 'second', note='hm')
    store.vote(2, 'ben', 'tie')
    assert [store.undo('ann')['item'] for _ in range(2)] == [2, 1]
    assert store.undo('ann') is None and store.next('ann').id == 1
    assert store.progress('ann') == dict(items=5, voted=0, skipped=0) and store.progress('ben')['voted'] == 1
    assert rows(store.path, "SELECT item, kind, value FROM vote WHERE rater = 'ann' ORDER BY id") == [(1, 'vote', 'first'), (2, 'vote', 'second'), (2, 'undo', None), (1, 'undo', None)]

def test_skipped_items_come_last_and_in_turn(store):
    for i in (2, 3): store.skip(i, 'ann')
    for i in (4, 5): store.vote(i, 'ann', 'tie')
    assert store.next('ann').id == 2
    store.skip(2, 'ann')
    assert store.next('ann').id == 3
    store.vote(3, 'ann', 'first')
    assert store.undo('ann')['item'] == 3 and store.next('ann').id == 3
    store.vote(3, 'ann', 'first'), store.vote(2, 'ann', 'tie')
    assert store.next('ann') is None and store.progress('ann') == dict(items=5, voted=5, skipped=0)

@pytest.mark.parametrize('rater', ['', '  ', None, 3])
def test_a_vote_has_a_voter(store, rater):
    with pytest.raises(UserError, match='who votes'): store.vote(1, rater, 'tie')

@pytest.mark.parametrize('value', ['', 'A', None, 1, 'First'])
def test_a_vote_answers_the_task(store, value):
    with pytest.raises(UserError, match='expected first or second or tie'): store.vote(1, 'ann', value)
    assert len(rows(store.path)) == 1

# The reader's own file

def written(tmp_path, *rows, name='mine.jsonl'):
    path = tmp_path/name
    path.write_text('\n'.join(r if isinstance(r, str) else json.dumps(r) for r in rows), encoding='utf-8')
    return path

pair = dict(prompt='p', first='a', second='b')

@pytest.mark.parametrize('task,row,part', [
    ('pair', dict(first='a', second='b'), 'row 1, prompt: expected a text, found nothing'), ('pair', dict(pair, prompt=' \n'), 'row 1, prompt: expected a text, found an empty text'),
    ('pair', dict(pair, second=' a\n'), 'row 1, second: expected another text than first'), ('pair', dict(pair, first=3), 'row 1, first: expected a text, found int'),
    ('pair', dict(prompt='p', chosen='a'), 'row 1, second: expected a text, found nothing'), ('pair', [1], 'row 1, the line: expected a JSON object'),
    ('pair', '{"prompt": "p"', 'row 1, the line: expected JSON'), ('pair', '['*100_000, 'row 1, the line: expected JSON'), ('pair', 'NaN', 'row 1, the line: expected JSON'),
    ('pair', dict(pair, first='x'*(MAX_TEXT_LENGTH + 1)), 'at most 1,000,000 characters, found 1,000,001'), ('pair', dict(pair, first='\ud800'), 'half of a character'),
    ('pair', dict(pair, other=float('nan')), 'NaN is not JSON'), ('pair', dict(pair, first=[dict(content='a'), dict(content='b')]), 'row 1, first: expected a text, found list'),
    ('label', dict(prompt='p'), 'row 1, text: expected a text, found nothing'), ('correct', dict(answer='a'), 'row 1, prompt: expected a text'), ('pear', pair, 'expected one of pair, label, correct')])
def test_rows_that_cannot_be_judged(tmp_path, task, row, part):
    path = written(tmp_path, row)
    with pytest.raises(UserError) as e: open_annotation_file(path, task, ['x', 'y'] if task == 'label' else ())
    assert part in str(e.value) and len(str(e.value)) < 400
    assert [p.name for p in tmp_path.iterdir()] == ['mine.jsonl']

def test_bad_rows_are_counted_and_the_good_are_kept(tmp_path):
    path = written(tmp_path, pair, dict(first='a', second='b'), '', dict(pair, first='c'), 'nonsense', pair)
    with pytest.raises(UserError, match=r'row 2, prompt.*\(and 2 more\)'): annotate(path, 'ann')
    made, problems = read_items(path)
    assert made == [pair, dict(pair, first='c')] and [p.split(',')[0] for p in problems] == ['row 2', 'row 5', 'row 6']
    assert '3 rows of the file were left out' in annotate(path, 'ann', skip_bad=True).view['message']

@pytest.mark.parametrize('content', [b'', b'\n\n', b'\xff\xfe', None], ids=['empty', 'blank', 'not utf-8', 'missing'])
@pytest.mark.parametrize('name', ['mine.jsonl', 'mine.csv'])
def test_files_that_cannot_be_read(tmp_path, name, content):
    if content is not None: (tmp_path/name).write_bytes(content)
    with pytest.raises(UserError, match=name): open_annotation_file(tmp_path/name)

def test_formats_of_the_trade(tmp_path):
    trl = dict(prompt=[dict(role='user', content='Where?')], chosen=[dict(role='assistant', content='Here.')], rejected=[dict(role='assistant', content='There.')], score=3)
    assert read_items(written(tmp_path, trl))[0] == [dict(prompt=trl['prompt'], first='Here.', second='There.', score=3)]
    csv = written(tmp_path, 'prompt,first,second,id', '"a, ""quoted""\nprompt",yes,no,7', 'p,same,same,8', name='mine.csv')
    made, problems = read_items(csv)
    assert made == [dict(prompt='a, "quoted"\nprompt', first='yes', second='no', id='7')] and problems[0].startswith('row 4, second')
    assert read_items(written(tmp_path, '\ufeff' + json.dumps(pair)))[0] == [pair]

def test_tables_and_arrays_of_other_programs(tmp_path):
    array = written(tmp_path, json.dumps([dict(prompt='Open?', first='At nine.', second='At ten.'), dict(prompt='Tea?', response_a='Yes.', response_b='No.')], indent=2), name='pairs.json')
    assert [item['first'] for item in read_items(array)[0]] == ['At nine.', 'Yes.']
    semicolons = written(tmp_path, 'prompt;first;second', 'Open?;At nine, as always.;At 9.', name='semicolons.csv')
    assert read_items(semicolons) == ([dict(prompt='Open?', first='At nine, as always.', second='At 9.')], [])
    with pytest.raises(UserError, match="twice.csv: row 1, the header: expected different names, found 'first' twice"):
        read_items(written(tmp_path, 'prompt,first,second,first', 'Open?,At nine.,At 9.,At ten.', name='twice.csv'))

def test_conversations_of_a_preference_set_are_judged(tmp_path):
    talk = [dict(role='user', content='Where?'), dict(role='assistant', content='Here.')]
    row = dict(prompt='Where?', chosen=talk, rejected=[talk[0], dict(role='assistant', content='There.')], score=3)
    assert read_items(written(tmp_path, row))[0] == [dict(prompt='Where?', first='Here.', second='There.', score=3)]
    assert 'row 1, rejected: has no answer' in read_items(written(tmp_path, row | dict(rejected=talk[:1])))[1][0]

def test_names_of_the_file_are_used_in_messages_and_never_mixed(tmp_path):
    assert read_items(written(tmp_path, dict(prompt='p', chosen='a', rejected=' a')))[1] == ['row 1, rejected: expected another text than chosen; there is nothing to compare']
    assert 'second: expected a text, found nothing' in read_items(written(tmp_path, dict(prompt='p', first='a', response_a='x', response_b='y')))[1][0]
    assert read_items(written(tmp_path, dict(instruction='Translate.', input='Bonjour', response_a='Hello', response_b='Hi')))[0][0]['prompt'] == 'Translate.\n\nBonjour'

def test_an_answer_that_a_comma_would_cut_is_not_judged(tmp_path):
    path = written(tmp_path, 'prompt,first,second', 'Open?,At nine.,At 9.', 'Tea?,Yes, green and black.,No, only coffee.', '"Open, now?",Yes.,No.', name='mine.csv')
    items, problems = read_items(path)
    assert [item['prompt'] for item in items] == ['Open?', 'Open, now?'] and len(problems) == 1 and problems[0].startswith('row 3, the line: 5 cells, 3 columns')
    with pytest.raises(UserError, match='row 3, the line: 5 cells, 3 columns'): annotate(path, 'ann')

def test_what_cannot_be_kept_as_json_is_named(tmp_path):
    import datetime, pyarrow as pa, pyarrow.parquet as parquet
    parquet.write_table(pa.Table.from_pylist([dict(pair, at=datetime.date(2026, 1, 1))]), tmp_path/'mine.parquet')
    assert 'row 1, the row: expected text and numbers that can be saved' in read_items(tmp_path/'mine.parquet')[1][0]

def test_judging_leads_to_training(store):
    store.vote(1, 'ann', 'first')
    (found,) = preference_pairs(store)
    assert (found.prompt, found.chosen, found.rejected) == tuple(store.item(1).content[k] for k in ('prompt', 'first', 'second'))
    with pytest.raises(UserError, match='no answer was chosen'): preference_pairs(store, ['ben'])

def test_very_long_answers(tmp_path):
    long = dict(prompt='p'*100_000, first='a'*100_000, second='b'*100_000)
    path = written(tmp_path, long)
    screen = annotate(path, 'ann')
    assert [len(text) for _, text in screen.view['above'] + screen.view['beside']] == [100_000]*3
    screen.receive(screen, dict(kind='vote', value='tie', turn=1), [])
    assert to_frame(screen.store)['second'][0] == long['second'] and len(repr(screen)) < 300

# The kernel's side of the screen

@pytest.fixture
def screen(store): return Annotator(store, 'ben')

def press(screen, kind, value=None, note='', turn=None): screen.receive(screen, dict(kind=kind, value=value, note=note, turn=turn or screen.turn), [])

def test_a_screen_resumes(store, screen):
    for _ in range(3): press(screen, 'vote', 'left')
    again = Annotator(VoteStore(store.path), 'ben')
    assert again.view['item'] == 4 and again.view['progress'] == '3 of 5 saved'
    assert Annotator(store, 'ann').view['item'] == 2

def test_skip_and_the_end(store, screen):
    press(screen, 'skip', note='odd')
    assert screen.view['progress'] == '0 of 5 saved, 1 skipped' and screen.view['item'] == 2
    for _ in range(5): press(screen, 'vote', 'tie')
    assert screen.view['item'] is None and 'All is done' in screen.view['message']
    press(screen, 'vote', 'tie')
    assert 'out of date' in screen.view['message']
    press(screen, 'undo')
    assert screen.view['item'] == 1 and screen.view['progress'] == '4 of 5 saved'

def test_left_and_right_are_what_was_shown(store, screen):
    for i in range(1, 6):
        texts = dict(screen.view['beside'])
        press(screen, 'vote', 'left')
        row = [r for r in votes_with_items(store) if r['rater'] == 'ben'][-1]
        assert row['content'][row['value']] == texts['A'] and row['value'] == row['left'] and row['seconds'] >= 0
    assert left_choice_rate(store).left['ben'] == 1

def test_a_failure_to_save_is_said_and_the_item_stays(store, screen):
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute('BEGIN EXCLUSIVE')
    press(screen, 'vote', 'left', note='typed')
    assert screen.view['message'].startswith('Not saved: ') and 'locked' in screen.view['message'] and screen.view['item'] == 1 and screen.view['turn'] == 1
    other.execute('ROLLBACK')
    press(screen, 'vote', 'left', note='typed')
    assert screen.view['item'] == 2 and rows(store.path, "SELECT note FROM vote WHERE rater = 'ben'") == [('typed',)]

@pytest.mark.parametrize('act', [dict(), dict(kind='vote', turn=1), dict(kind='vote', value='A', turn=1), dict(kind='vote', value=['left'], turn=1), dict(turn=1), dict(kind='fly', value='left', turn=1)])
def test_nonsense_from_the_browser_changes_nothing(store, screen, act):
    screen.receive(screen, act, [])
    assert screen.view['turn'] == 1 and screen.view['message'] and len(rows(store.path)) == 1

def test_two_screens_of_one_person(store):
    one, two = Annotator(store, 'ben'), Annotator(store, 'ben')
    press(one, 'vote', 'left')
    press(two, 'vote', 'tie')
    assert [r[:2] for r in rows(store.path, "SELECT item, seq, value FROM vote WHERE rater = 'ben'")] == [(1, 1), (1, 2)]
    assert two.view['item'] == 2 and len([r for r in votes_with_items(store) if r['rater'] == 'ben']) == 1

def test_corrections(tmp_path):
    path = written(tmp_path, dict(prompt='p', answer='one\r\ntwo'), dict(prompt='q', answer='fine'), dict(prompt='r', answer='bad'))
    screen = annotate(path, 'ann', 'correct')
    press(screen, 'vote', 'one\n2')
    press(screen, 'vote', None)
    press(screen, 'vote', '  ')
    assert 'Not saved' in screen.view['message'] and screen.view['item'] == 3
    press(screen, 'vote', 'good')
    press(screen, 'undo')
    assert screen.view['edit'] == 'good' and not screen.view['unedited']
    press(screen, 'vote', 'better')
    assert [r['value'] for r in votes_with_items(screen.store)] == ['one\r\n2', 'fine', 'better']
    data = preference_dataset(screen.store, conversational=False)
    assert [(d['chosen'], d['rejected']) for d in data] == [('one\r\n2', 'one\r\ntwo'), ('better', 'bad')]

def test_labels(tmp_path):
    path = written(tmp_path, dict(text='where is it?', prompt='c'), dict(text='too dear'))
    screen = annotate(path, 'ann', 'label', ['delivery', 'price'])
    assert screen.view['choices'] == [('1', 'delivery', 'delivery'), ('2', 'price', 'price')]
    press(screen, 'vote', 'price')
    press(screen, 'vote', 'weather')
    assert 'expected delivery or price' in screen.view['message']
    with pytest.raises(UserError, match='prefers nothing'): preference_dataset(screen.store)
    with pytest.raises(UserError, match="only a pair has sides"): left_choice_rate(screen.store)
    with pytest.raises(UserError, match='holds votes for label'): annotate(path, 'ann', 'label', ['a', 'b'])
    with pytest.raises(UserError, match='who votes'): annotate(path, ' ', 'label')

# Exports

def test_tables_and_lines_say_the_same(store, tmp_path):
    store.vote(2, 'ann', 'tie', note='<b>, "x"\n\u2028')
    store.vote(2, 'ann', 'second')
    store.skip(3, 'ann')
    assert to_frame(store).value.tolist() == ['first', 'second'] and to_frame(store, history=True).kind.tolist() == ['vote', 'vote', 'vote', 'skip']
    assert save_votes_jsonl(store, tmp_path/'v.jsonl', history=True) == 4
    lines = [json.loads(line) for line in (tmp_path/'v.jsonl').read_text(encoding='utf-8').split('\n')[:-1]]
    assert lines[1]['note'] == '<b>, "x"\n\u2028' and lines[1]['second'] == 'b1'
    assert to_frame(VoteStore(tmp_path/'new.db', 'pair')).empty

def test_fields_of_the_same_name_are_both_kept(tmp_path):
    store = VoteStore(tmp_path/'votes.db', 'label', ['a', 'b'])
    store.add([dict(text='t', value='v', rater='model')])
    store.vote(1, 'ann', 'a')
    assert to_frame(store)[['value', 'item_value', 'rater', 'item_rater']].values.tolist() == [['a', 'v', 'ann', 'model']]

def test_agreement_counts_shared_items(store):
    store.vote(2, 'ann', 'tie'), store.vote(2, 'ben', 'tie'), store.vote(1, 'ben', 'second'), store.vote(5, 'cleo', 'tie')
    assert rater_agreement(store)[['a', 'b', 'n', 'agree']].values.tolist() == [['ann', 'ben', 2, 0.5]]

def test_trl_trains_on_the_votes(store, tmp_path):
    import math
    from trl import DPOConfig, DPOTrainer
    from finetune_notes.core.checkpoints import load_checkpoint
    for i in (2, 3, 4): store.vote(i, 'ann', 'second')
    base = load_checkpoint()
    args = DPOConfig(output_dir=str(tmp_path/'dpo'), max_steps=1, per_device_train_batch_size=2, use_cpu=True, bf16=False, report_to='none', logging_steps=1)
    trainer = DPOTrainer(model=base.model(), args=args, train_dataset=preference_dataset(store), processing_class=base.tokenizer())
    trainer.train()
    assert trainer.state.log_history[0]['loss'] == pytest.approx(math.log(2), abs=1e-3)
