"The loader against broken files, and the frozen data against leaks"
import gzip, hashlib, json
from pathlib import Path

import pytest

from finetune_notes.cases.queries import dataset as examples
from finetune_notes.cases.queries.dsl import to_dsl
from finetune_notes.cases.queries.prompts import answer_grammar, check_question, pick_columns
from finetune_notes.cases.queries.equivalence import equivalent
from finetune_notes.cases.queries.schema import validate
from finetune_notes.cases.queries.dataset import Example, check_queries, query_dataset, freeze_query_dataset, load_examples, make_examples, read_examples, to_record
from finetune_notes.cases.queries.scoring import open_spans, score_answer
from finetune_notes.cases.queries.telemetry import FAMILIES, TEST_FAMILIES, TRAIN_FAMILIES, VALIDATION_FAMILIES, generate_schema, generate_spans, generate_spans_for
from finetune_notes.core.settings import UserError
from finetune_notes.generation.recorder import check_grammar

def human(question='slow requests', columns="['host', 'duration_ms']", existing=''): return f'\n\nNLQ: "{question}"\n\n{existing}Columns: {columns}'
def talk(*turns): return json.dumps({'conversations': [{'from': who, 'value': value} for who, value in turns]})
def ours(**changes): return json.dumps(dict(question='slow requests', columns=['host', 'duration_ms'], query={}) | changes)
GOLD = '\n{"breakdowns": ["host"]}'
GOOD = ours()

BAD_LINES = {
    'not json': ('not json', 'row 2, the line: expected JSON'),
    'cut off': (GOOD[:30], 'row 2, the line: expected JSON'),
    'single quotes': ("{'question': 'x', 'columns': ['a']}", 'row 2, the line: expected JSON'),
    'two objects': (GOOD+GOOD, 'row 2, the line: expected JSON'),
    'number': ('3', 'row 2, the line: expected a JSON object with fields, found int'),
    'null': ('null', 'row 2, the line: expected a JSON object with fields, found nothing'),
    'list': ('[1]', 'row 2, the line: expected a JSON object with fields, found list'),
    'NaN': ('{"question": "x", "columns": ["a"], "query": NaN}', 'row 2, the line: expected JSON'),
    'infinity': ('{"question": "x", "columns": ["a"], "query": {"limit": Infinity}}', 'row 2, the line: expected JSON'),
    'deep': ('['*100_000, 'row 2, the line: expected JSON'),
    '10 MB': (ours(question='x'*10_000_000), 'row 2, the line: expected at most 1,000,000 characters'),
    'huge number': ('1'*5000, 'row 2, the line: expected JSON'),
    'no known field': ('{"text": "x"}', 'row 2, the row: expected "messages", "conversations", "question" or "user_input"'),
    'empty object': ('{}', 'row 2, the row: expected "messages", "conversations", "question" or "user_input"'),
    'question null': (ours(question=None), 'row 2, question: expected a question, found nothing'),
    'question empty': (ours(question='  '), 'row 2, question: expected a question'),
    'question list': (ours(question=['x']), 'row 2, question: expected a question, found list'),
    'columns missing': ('{"question": "x"}', 'row 2, columns: expected a list of column names, found nothing'),
    'columns text': (ours(columns='a,b'), 'row 2, columns: expected a list of column names, found str'),
    'columns empty': (ours(columns=[]), 'row 2, columns: expected at least one column name'),
    'column number': (ours(columns=['a', 3]), 'row 2, columns: expected a list of column names'),
    'column blank': (ours(columns=['a', '']), 'row 2, columns: expected a list of column names'),
    'query text': (ours(query='{}'), 'row 2, query: expected a query as a JSON object, found str'),
    'query list': (ours(query=[]), 'row 2, query: expected a query as a JSON object, found list'),
    'existing number': (ours(existing=1), 'row 2, existing: expected a query as a JSON object, found int'),
    'no turns': ('{"conversations": []}', 'row 2, conversations: expected at least one turn, found an empty list'),
    'turns text': ('{"conversations": "x"}', 'row 2, conversations: expected JSON'),
    'turns object': ('{"conversations": {}}', 'row 2, conversations: expected a list of turns, found dict'),
    'turn number': ('{"conversations": [1]}', 'row 2, conversations, turn 1: expected a turn such as'),
    'turn without value': ('{"conversations": [{"from": "human"}]}', 'row 2, conversations, turn 1: expected a text'),
    'value null': (talk(('human', None)), 'row 2, conversations, turn 1: expected a text'),
    'value empty': (talk(('human', human()), ('gpt', ' ')), 'row 2, conversations, turn 2: expected a text, found'),
    'wrong order': (talk(('gpt', GOLD), ('human', human())), 'row 2, conversations: turn 1: expected system or user first, found assistant'),
    'unknown role': (talk(('user', human()), ('oracle', GOLD)), 'row 2, conversations, turn 2: expected one of the roles system, developer, user, human, '
        'assistant, gpt, model, bot, chatgpt, tool, function, observation, found str'),
    'no role': ('{"messages": [{"content": "x"}]}', 'row 2, messages, turn 1: expected one of the roles'),
    'two questions': (talk(('human', human()), ('human', human())), 'row 2, conversations: turn 2: expected assistant after the user, found user'),
    'two rounds': (talk(('human', human()), ('gpt', GOLD), ('human', human()), ('gpt', GOLD)), 'row 2, the turns: expected one user and at most one assistant'),
    'only system': (talk(('system', 'x')), 'row 2, conversations: turn 2: expected user after the system'),
    'system last': (talk(('human', human()), ('system', 'x')), 'row 2, conversations: turn 2: expected assistant after the user, found system'),
    'a call': ('{"messages": [{"role": "user", "content": ' + json.dumps(human()) + '}, {"role": "assistant", "content": null, "tool_calls": [{}]}]}', 'row 2, the assistant turn: expected JSON'),
    'no NLQ': (talk(('human', 'hello'), ('gpt', GOLD)), 'row 2, the user turn: expected NLQ'),
    'columns code': (talk(('human', human(columns='[open("x")]')), ('gpt', GOLD)), 'row 2, Columns: expected a Python list'),
    'columns unclosed': (talk(('human', human(columns="['a]")), ('gpt', GOLD)), 'row 2, Columns: expected a Python list'),
    'columns numbers': (talk(('human', human(columns='[1, 2]')), ('gpt', GOLD)), 'row 2, Columns: expected a list of column names'),
    'columns of objects': (talk(('human', human(columns='[{["a"]: 1}]')), ('gpt', GOLD)), 'row 2, Columns: expected a Python list of names'),
    'columns unfilled': (talk(('human', human(columns='[{{}}]')), ('gpt', GOLD)), 'row 2, Columns: expected a Python list of names'),
    'columns half a character': (talk(('human', human(columns=r"['\ud83d']")), ('gpt', GOLD)), 'row 2, Columns: expected a Python list of names'),
    'NLQ blank': (talk(('human', human(question=' ')), ('gpt', GOLD)), 'row 2, NLQ: expected a question'),
    'answer prose': (talk(('human', human()), ('gpt', 'Sure! Here it is')), 'row 2, the assistant turn: expected JSON'),
    'answer repr': (talk(('human', human()), ('gpt', "{'limit': 3}")), 'row 2, the assistant turn: expected JSON'),
    'answer list': (talk(('human', human()), ('gpt', '[]')), 'row 2, the assistant turn: expected a query as a JSON object'),
    'answer null': (talk(('human', human()), ('gpt', 'null')), 'row 2, the assistant turn: expected a query as a JSON object, found nothing'),
    'key twice': ('{"question": "x", "columns": ["a"], "columns": ["b"]}', 'row 2, the line: expected JSON'),
    'half a character': (r'{"question": "\ud83d", "columns": ["a"]}', 'row 2, the line: expected JSON'),
    'invalid query': (ours(query=dict(limit=0)), 'row 2, query, limit: 0 is too small; it must be at least 1'),
    'two problems': (ours(query=dict(limit=0, huh=1)), 'row 2, query, limit: 0 is too small; it must be at least 1 (and 1 more problems)'),
    'invented column': (ours(query=dict(breakdowns=['x'])), "row 2, query, breakdowns[0]: there is no column 'x'; use a column of the schema"),
    'invalid answer': (talk(('human', human()), ('gpt', '{"time_range": "1 day"}')), "row 2, the assistant turn, time_range: '1 day' was given where a whole number of seconds is expected; write 86400"),
    'invalid existing': (ours(existing=dict(limit=0)), 'row 2, existing, limit: 0 is too small'),
    'existing broken': (talk(('human', human(existing='EXISTING QUERY: {oops}\n\n')), ('gpt', GOLD)), 'row 2, EXISTING QUERY: expected JSON'),
}

@pytest.mark.parametrize('line, message', BAD_LINES.values(), ids=BAD_LINES)
def test_bad_line(tmp_path, line, message):
    path = tmp_path/'rows.jsonl'
    path.write_text(f'{GOOD}\n{line}\n')
    with pytest.raises(UserError) as e: load_examples(path)
    assert str(e.value).startswith(f'{path}: {message}') and len(str(e.value)) < 400 and '\n' not in str(e.value)
    assert load_examples(path, skip_bad=True) == [Example('slow requests', ('host', 'duration_ms'), {})]

BAD_FILES = {
    'empty.jsonl': (b'', 'is empty'),
    'blank.jsonl': (b'\n \n', 'is empty'),
    'bom-only.jsonl': (b'\xef\xbb\xbf', 'is empty'),
    'latin1.jsonl': (GOOD.encode()+b'\n{"question": "caf\xe9"}', 'row 2: expected text in UTF-8, found the byte 0xe9'),
    'utf16.jsonl': (GOOD.encode('utf-16'), 'row 1: expected text in UTF-8'),
    'zip.jsonl': (b'PK\x03\x04\xff\xfe', 'row 1: expected text in UTF-8'),
    'empty.csv': (b'', 'is empty'),
    'header.csv': (b'user_input,columns\n', 'holds no examples'),
    'other.csv': (b'question,fields\nx,"a,b"\n', 'row 1, the header: expected user_input,columns, but user_input and columns is missing'),
    'chat.csv': (b'messages,note\n[],x\n', 'row 2, messages: expected at least one turn'),
    'twice.csv': (b'user_input,columns,columns\nx,a,b\n', 'row 1, the header: expected different names'),
    'short.csv': (b'user_input,columns\nx\n', 'row 2, the line: 1 cells, 2 columns'),
    'long.csv': (b'user_input,columns\nx,a,b\n', 'row 2, the line: 3 cells, 2 columns'),
    'no-question.csv': (b'user_input,columns\n,"a,b"\n', 'row 2, user_input: expected a question'),
    'no-columns.csv': (b'user_input,columns\nx,\n', 'row 2, columns: expected at least one column name'),
    'quote.csv': (b'user_input,columns\n"x,a\n', 'row 2, the line: the double quotes here'),
    'big.csv': (b'user_input,columns\nx,' + b'a'*2_000_000 + b'\n', 'row 2, the line: expected at most 1,000,000 characters in a cell'),
    'list-open.csv': (b'user_input,columns\nx,"[a, b]"\n', 'row 2, columns: expected a Python list of names'),
    'list-of-numbers.csv': (b'user_input,columns\nx,"[1, 2]"\n', 'row 2, columns: expected a list of column names'),
    'list-empty.csv': (b'user_input,columns\nx,[]\n', 'row 2, columns: expected at least one column name'),
}

@pytest.mark.parametrize('name', BAD_FILES)
def test_bad_file(tmp_path, name):
    raw, message = BAD_FILES[name]
    (tmp_path/name).write_bytes(raw)
    with pytest.raises(UserError) as e: load_examples(tmp_path/name)
    assert str(e.value).startswith(f'{tmp_path/name}: {message}') and '\n' not in str(e.value)
    with pytest.raises(UserError): load_examples(tmp_path/name, skip_bad=True)

def test_no_file(tmp_path):
    with pytest.raises(UserError, match='no such file'): load_examples(tmp_path/'absent.jsonl')
    with pytest.raises(UserError, match='is a folder'): load_examples(tmp_path)

def test_many_bad_rows(tmp_path):
    path = tmp_path/'rows.jsonl'
    path.write_text('\n'.join(['x', GOOD, 'x', '', '{}', '3', 'null']))
    with pytest.raises(UserError, match=r'row 1, .*; row 3, .*; row 5, .*; and 2 more bad rows \(1 good row\)'): load_examples(path)
    loaded = read_examples(path)
    assert (len(loaded.items), loaded.numbers, [p.row for p in loaded.problems]) == (1, [2], [1, 3, 5, 6, 7])

def test_good_files(tmp_path):
    path, want = tmp_path/'rows.jsonl', Example('slow "host" requests', ('a,b', "l'été", 'DROP TABLE x;--', 'host'), {'breakdowns': ['host']}, {'limit': 3})
    line = talk(('system', 'You are'), ('human', human('slow "host" requests', repr(list(want.columns)), 'EXISTING QUERY: {"limit": 3}\n\n')), ('gpt', GOLD))
    path.write_bytes(b'\xef\xbb\xbf' + f'{line}\r\n\r\n{to_record(want)}\r\n'.encode())
    assert load_examples(path) == [want, want]
    (tmp_path/'rows.csv').write_bytes('\ufeffuser_input,extra,columns\r\n"a ""b""\nc",1,"x, y z,été,x"\r\n\r\n1,2,q\r\n'.encode())
    assert load_examples(tmp_path/'rows.csv') == [Example('a "b"\nc', ('x', 'y z', 'été')), Example('1', ('q',))]

@pytest.mark.parametrize('cell', ['a,b', 'a; b', '["a", "b"]', "['a', 'b']", ' ["a",\n"b"] '])
def test_columns_of_a_cell(tmp_path, cell):
    quoted = cell.replace('"', '""')
    (tmp_path/'rows.csv').write_text(f'user_input,columns\nx,"{quoted}"\n')
    assert load_examples(tmp_path/'rows.csv') == [Example('x', ('a', 'b'))]

def test_a_semicolon_beside_commas_is_part_of_a_name(tmp_path):
    (tmp_path/'rows.csv').write_text('user_input,columns\nx,"a;b,c"\n')
    assert load_examples(tmp_path/'rows.csv') == [Example('x', ('a;b', 'c'))]

def test_repeated_examples_are_counted(tmp_path, capsys):
    (tmp_path/'rows.jsonl').write_text('\n'.join([GOOD, ours(question='other'), '{"query": {}, "columns": ["host", "duration_ms"], "question": "slow requests"}', GOOD]))
    loaded = read_examples(tmp_path/'rows.jsonl')
    assert len(loaded.items) == 4 and loaded.remarks == ['rows that repeat an earlier one: 2, the first is row 3']
    load_examples(tmp_path/'rows.jsonl')
    assert 'rows that repeat an earlier one: 2' in capsys.readouterr().err
    (tmp_path/'rows.jsonl').write_text(f"{GOOD}\n{ours(question='other')}\n{ours(query=dict(limit=3))}")
    assert read_examples(tmp_path/'rows.jsonl').remarks == []

def test_csv_rows_are_counted_in_lines(tmp_path):
    (tmp_path/'rows.csv').write_text('user_input,columns\n"two\nlines",a\nx,\n')
    assert [p.row for p in read_examples(tmp_path/'rows.csv').problems] == [4]

def as_lines(records): return '\n'.join(records)
def as_array(records): return f'[{", ".join(records)}]'
def as_indented(records): return json.dumps([json.loads(r) for r in records], indent=2)

@pytest.mark.parametrize('packed', [bytes, gzip.compress])
@pytest.mark.parametrize('name, written', [('rows.jsonl', as_lines), ('rows.json', as_array), ('rows.json', as_indented)])
def test_round_trip(tmp_path, name, written, packed):
    "What is written is read again, with the characters at which Python's splitlines would cut a line"
    odd = Example('a\u2028b\x85c\u2029"d"', ('x\x0cy', 'né'), dict(breakdowns=['né'], filters=[dict(column='né', op='=', value='\u2028')]))
    rows = [*make_examples(TEST_FAMILIES, 200, seed=11, split='test'), odd]
    (tmp_path/name).write_bytes(packed(written(list(map(to_record, rows))).encode()))
    assert load_examples(tmp_path/name) == rows

def test_table(tmp_path):
    "In Parquet every row has every key of a query, null where it says nothing"
    pandas = pytest.importorskip('pandas')
    pytest.importorskip('pyarrow')
    rows = [Example('slow', ('a', 'b'), dict(calculations=[dict(op='MAX', column='a')], breakdowns=['b'])), Example('how many', ('a',), dict(limit=5))]
    pandas.DataFrame([json.loads(to_record(e)) for e in rows]).to_parquet(tmp_path/'rows.parquet')
    assert load_examples(tmp_path/'rows.parquet') == rows

@pytest.mark.parametrize('first, mark', [('', ';'), ('sep=;\n', ';'), ('', '\t'), ('', '|'), ('\ufeff', ',')])
def test_tables_of_any_delimiter(tmp_path, first, mark):
    lines = [['user_input', 'columns', 'query', 'note'], ['slow, please', '"host, d"', '"{""breakdowns"": [""host""]}"', ''], ['all', 'd', '', 'no query']]
    (tmp_path/'rows.csv').write_text(first + '\r\n'.join(mark.join(f'"{c}"' if mark in c and c[0] != '"' else c for c in line) for line in lines), newline='')
    assert load_examples(tmp_path/'rows.csv') == [Example('slow, please', ('host', 'd'), dict(breakdowns=['host'])), Example('all', ('d',))]

def test_chats_of_every_shape(tmp_path):
    "Names of roles and of fields differ between tools; the example is the same"
    query, want = '{"calculations": [{"op": "AVG", "column": "d"}], "time_range": 7200}', Example('mean', ('d', 'route'), dict(calculations=[dict(op='AVG', column='d')], time_range=7200))
    ask = 'NLQ: "mean"\nColumns: [\'d\', \'route\']'
    system = [{'from': 'system', 'value': 'Write the query.'}]
    said = [[{'from': a, 'value': ask}, {'from': b, 'value': query}] for a,b in (('human', 'gpt'), ('user', 'assistant'), ('Human', 'bot'), ('USER', 'ChatGPT'), ('human', 'model'))]
    turns = [dict(role='user', content=ask), dict(role='assistant', content=query)]
    rows = [*(dict(conversations=t) for t in said), dict(conversations=system + said[0], id='row-3', source='own', weight=1), dict(conversations=turns),
            dict(messages=[dict(role='system', content='Write the query.'), *turns]), dict(messages=[dict(role='developer', content='Write.'), *turns], tools=[])]
    (tmp_path/'chats.jsonl').write_text('\n'.join(map(json.dumps, rows)))
    assert load_examples(tmp_path/'chats.jsonl') == [want]*len(rows)

VENDOR = [
    (dict(calculations=[dict(op='COUNT', name='failures', filters=[dict(column='error', op='=', value=True)])], breakdowns=['route'],
          orders=[dict(column='failures', order='descending')], time_range=7200), None),
    (dict(id='q9Zx1', calculations=[dict(op='P95', column='duration_ms')], breakdowns=['service.name'],
          orders=[dict(op='P95', column='duration_ms', order='descending')], time_range=7200), None),
    (dict(calculations=[dict(op='COUNT')], time_range='24h'), "query, time_range: '24h' was given where a whole number of seconds is expected; write 86400"),
    (dict(calculations=[dict(op='COUNT')], filters=[dict(column='route', op='search', value='cart')], filter_combination='AND', time_range=600),
     "query, filters[0].op: the service has the operator 'search', but it is outside the api-2026 dialect; use another one, such as contains, or leave the query out"),
    (dict(calculated_fields=[dict(name='failed', expression='IF($error, 1, 0)')], calculations=[dict(op='AVG', column='failed')], time_range=3600), None),
    (dict(query_id='x', created_at='2026-01-01', updated_at=None, url='https://example.com', limit=None, havings=[], orders=[dict(op='COUNT', column=None)],
          filters=[dict(column='route', op='exists', value=None, join_column='')]), None),
    (dict(filters=[dict(column='route', op='in', value=['a'], join_column='trace.trace_id')]), "query, filters[0].join_column: 'join_column' is not a key here"),
    (dict(start_time='2026-01-01T00:00:00Z', time_range=60), "query, start_time: '2026-01-01T00:00:00Z' was given where a whole number of seconds is expected; write 1767225600"),
    (dict(end_time='yesterday'), "query, end_time: 'yesterday' was given where a whole number of seconds is expected; write seconds since 1970, such as 1767225600"),
]

def test_queries_as_the_service_returns_them(tmp_path):
    "Each right query is equivalent to itself, or named with its row and the remedy"
    rows = [json.dumps(dict(question='x', columns=['duration_ms', 'error', 'route', 'service.name'], query=q)) for q,_ in VENDOR]
    (tmp_path/'rows.jsonl').write_text('\n'.join(rows))
    loaded = read_examples(tmp_path/'rows.jsonl')
    wanted = {row: message for row,(_,message) in enumerate(VENDOR, 1)}
    found = {p.row: f'{p.field}: {p.sentence}' for p in loaded.problems}
    assert set(found) == {row for row,message in wanted.items() if message} and all(found[row].startswith(wanted[row]) for row in found), found
    assert all(equivalent(e.query, e.query) for e in loaded.items) and len(loaded.items) == 4
    assert loaded.items[3].query == dict(orders=[dict(op='COUNT')], filters=[dict(column='route', op='exists')])
    check_queries(loaded.items)
    spans = open_spans(loaded.items)
    perfect = [score_answer(e, to_dsl(e.query), spans) for e in loaded.items]
    assert perfect == [{'valid': True, 'unknown column': False, 'same meaning': True, 'execution': True}]*4

def test_right_queries_are_equivalent_to_themselves():
    assert all(equivalent(e.query, e.query) for split in ('train', 'test') for e in query_dataset(split)[::8])

def test_examples_made_in_code_are_checked_too():
    good = Example('x', ('a',), dict(breakdowns=['a']))
    check_queries([good, Example('x', ('a',))])
    with pytest.raises(UserError, match=r"1 of 2 right queries are not valid: example 2, id: 'id' is not a key here"):
        check_queries([good, Example('x', ('a',), dict(id='q'))])

def test_frozen(tmp_path, monkeypatch):
    hashes = freeze_query_dataset(tmp_path/'assistant')
    assert hashes == examples._SHA256
    shipped = Path(__file__).parents[1]/'data'/'assistant'
    assert {s: hashlib.sha256((shipped/f'{s}.jsonl').read_bytes()).hexdigest() for s in hashes} == hashes
    assert all(h in (shipped.parent/'README.md').read_text() for h in hashes.values())
    monkeypatch.setattr(examples, 'load_settings', lambda: type('S', (), dict(data=tmp_path)))
    made = query_dataset('validation')
    (tmp_path/'assistant'/'validation.jsonl').unlink()
    assert query_dataset('validation') == made
    (tmp_path/'assistant'/'test.jsonl').write_text('tampered\n')
    with pytest.raises(UserError, match='test.jsonl has sha256'): query_dataset('test')
    with pytest.raises(UserError, match='no split'): query_dataset('all')

def test_no_leak():
    parts = {s: query_dataset(s) for s in ('train', 'more', 'validation', 'test')}
    taught = parts['train'] + parts['more']
    assert {e.family for e in taught} == set(TRAIN_FAMILIES) and {e.family for e in parts['test']} == set(TEST_FAMILIES)
    assert len(set(TRAIN_FAMILIES + VALIDATION_FAMILIES + TEST_FAMILIES)) == len(FAMILIES)
    train = {(e.question.lower(), frozenset(e.columns)) for e in taught}
    seen = {c for _, c in train}
    for e in parts['validation'] + parts['test']:
        columns = frozenset(e.columns)
        assert (e.question.lower(), columns) not in train
        assert max(len(columns & c)/len(columns | c) for c in seen) < .8

def test_answers_are_valid():
    for e in make_examples(FAMILIES, 1500, seed=99, split='test'):
        for q in (e.query, e.existing): assert q is None or not validate(q, e.columns), (e.question, q)
        assert 1 <= len(e.question) <= 175 and '\x01' not in e.question and e.query != e.existing

def test_values_are_said():
    "Every value that a filter asks for stands in the question or in the query before it"
    for e in make_examples(FAMILIES, 1500, seed=98, split='test'):
        for f in e.query.get('filters', []):
            values = f['value'] if isinstance(f.get('value'), list) else [f.get('value')]
            for v in (v for v in values if isinstance(v, str)):
                assert v.lower() in e.question.lower() or v in json.dumps(e.existing, ensure_ascii=False), (e.question, v)

def test_arguments():
    with pytest.raises(UserError): make_examples([], 3)
    with pytest.raises(UserError, match='no schema family'): make_examples(['nonsense'], 3)
    with pytest.raises(UserError, match='n >= 0'): make_examples(TRAIN_FAMILIES, -1)
    assert make_examples(['pos-terminals'], 0) == []

def test_spans_of_every_family():
    for f in FAMILIES:
        s = generate_schema(f, 3)
        table = generate_spans(s, 300, seed=1)
        assert set(table.columns) == {'timestamp', *s.columns} and len(table) == 300 and table.timestamp.is_monotonic_increasing

def test_spans_for_plants_values():
    rows = make_examples(TEST_FAMILIES, 150, seed=12, split='test')
    for e in rows:
        events = generate_spans_for(e.columns, [e.query], n=600)
        assert set(events.columns) == {'timestamp', *e.columns}
        for f in e.query.get('filters', []):
            if f['op'] == '=' and f['column'] in events and f['value'] is not True and f['value'] is not False: assert (events[f['column']] == f['value']).any(), (e.question, f)

def test_the_free_questions_can_be_asked():
    free = load_examples(Path(__file__).parents[1]/'data'/'assistant'/'free_form.jsonl')
    assert len(free) == 120 and len({e.family for e in free}) == 25 and not any(e.query for e in free)
    for e in free:
        assert check_question(e.question, e.columns, e.existing).columns == e.columns and not (e.existing and validate(e.existing, e.columns))
        chosen = pick_columns(e)
        assert set(chosen) <= set(e.columns) and check_grammar(answer_grammar(e), e.question)
