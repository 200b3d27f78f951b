"What the lesson on synthetic data does not show: servers that fail in every way, odd answers, and many random rows"
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import pytest
from hypothesis import given, settings, strategies as st
from own_case import own_case
from finetune_notes.core.settings import UserError
from finetune_notes.core.http import UnusableAnswer, retry_after
from finetune_notes.data.synthesize import parse_answer_row, facet_coverage, endpoint_generator, count_failures, append_answer, coverage_requests, function_generator, read_kept, rename_column, spoken_names, split_groups, synthesize
from finetune_notes.templates.template import Template

template = Template(system='You write rows.', user='{q}')

def chat(text, ending='stop'): return json.dumps(dict(choices=[dict(message=dict(role='assistant', content=text), finish_reason=ending)]))

@pytest.fixture
def serve():
    "Start servers that answer each request by a function of its number and body: a status, a text and headers"
    started = []
    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            calls, bodies = 0, []
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                Handler.calls += 1
                Handler.bodies.append((self.path, dict(self.headers), body))
                status, text, *headers = answer(Handler.calls, body)
                self.send_response(status)
                for name, value in headers: self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode() if isinstance(text, str) else text)
            def log_message(self, *args): pass
        server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f'http://127.0.0.1:{server.server_port}/v1', Handler
    yield start
    for server in started: server.shutdown(); server.server_close()

def asked(url, **options): return endpoint_generator(url, 'm', template, wait=0.001, **options)

def test_what_is_sent_and_in_which_order_answers_come(serve):
    url, log = serve(lambda n, body: (time.sleep(random.random()/50), (200, chat('<' + body['messages'][1]['content'] + '>')))[1])
    requests = [dict(q=str(i), seed=i) for i in range(30)]
    assert asked(url + '/', key='open', limit=7, temperature=0.3)(requests) == [f'<{i}>' for i in range(30)]
    path, headers, body = log.bodies[0]
    assert path == '/v1/chat/completions' and headers['Authorization'] == 'Bearer open'
    assert body == dict(model='m', messages=template.messages(requests[0]), max_tokens=7, temperature=0.3, seed=0)
    assert asked(url)([]) == []

def test_a_busy_server_is_asked_again_and_then_given_up(serve):
    url, log = serve(lambda n, body: (503, 'busy') if n in (1, 2) else (200, chat('ok')))
    assert asked(url)([dict(q='a')]) == ['ok'] and log.calls == 3
    url, log = serve(lambda n, body: (200, chat('ok')) if body['messages'][1]['content'] == 'a' else (429, 'slow down'))
    first, second = asked(url)([dict(q='a'), dict(q='b')])
    assert first == 'ok' and isinstance(second, ConnectionError) and '429' in str(second) and log.calls == 6

@pytest.mark.parametrize('reply, said', [((401, 'no such key'), 'status 401: no such key'), ((404, 'nothing here'), 'status 404'), ((302, '', ('Location', 'http://127.0.0.1:9/')), 'status 302'),
    ((200, 'not json'), 'no chat completion'), ((200, '[]'), 'no chat completion'), ((200, '{"choices": []}'), 'no chat completion'), ((200, '{"choices": [null]}'), 'no chat completion'),
    ((200, '{"choices": ["x"]}'), 'no chat completion'), ((200, b'\xff\xfe'), 'no chat completion'),
    ((500, '\x1b[31m<script>'*1000), r'status 500: \\x1b')])
def test_a_bad_first_reply_stops_with_one_sentence(serve, reply, said):
    url, log = serve(lambda n, body: reply)
    with pytest.raises(UserError, match=said) as e: asked(url, key='open-sesame')([dict(q='a')]*50)
    assert log.calls <= 5 and 'sesame' not in str(e.value) and len(str(e.value)) < 400 and '\x1b' not in str(e.value)

secret = 'sk-proj-A1b2C3d4E5f6G7h8'

@pytest.mark.parametrize('status', [200, 401, 429])
@pytest.mark.parametrize('part', [secret, 'sk-pr***G7h8', 'sk-proj-A1b2', '...f6G7h8', '"A1B2C3D4"', f'key={secret}&x', f'{"x "*44}{secret}'])
def test_no_part_of_the_key_is_repeated(serve, status, part):
    url, _ = serve(lambda n, body: (status, f'{{"error": "Incorrect API key: {part}. See the manual."}}'))
    with pytest.raises(UserError) as e: asked(url, key=secret)([dict(q='a')])
    said = str(e.value).lower()
    assert not [secret[i:i + 4] for i in range(len(secret) - 3) if secret[i:i + 4].lower() in said]
    assert 'api key: ' in said and (f'status {status}' in said or status == 200)

@pytest.mark.parametrize('key', [secret + '\n', f' {secret}', f'{secret}…'])
def test_a_key_with_a_stray_character_is_refused_and_not_shown(key):
    with pytest.raises(UserError, match='the key holds') as e: asked('http://127.0.0.1:9/v1', key=key)
    assert secret[:8] not in str(e.value)

@pytest.mark.parametrize('reply, said', [((200, chat(None)), 'no text'), ((200, chat('half a', 'length')), 'cut off at the limit')])
def test_a_first_answer_that_is_no_good_is_the_models_fault_and_stops_nothing(serve, reply, said):
    url, log = serve(lambda n, body: reply if n == 1 else (200, chat('good')))
    first, *others = asked(url)([dict(q='a')]*5)
    assert isinstance(first, UnusableAnswer) and str(first) == said and others == ['good']*4 and log.calls == 5

def test_a_bad_later_reply_costs_only_its_own_row(serve):
    url, log = serve(lambda n, body: (400, 'too long') if body['messages'][1]['content'] == 'b' else (200, chat('{"a": 1}')))
    answers = asked(url)([dict(q=c) for c in 'abc'])
    assert answers[0] == answers[2] == '{"a": 1}' and 'status 400' in str(answers[1])
    assert log.calls == 3

def test_no_server_and_a_silent_server():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        with pytest.raises(UserError, match='check the address'): asked(f'http://127.0.0.1:{s.getsockname()[1]}/v1')([dict(q='a')])
        s.listen()
        start = time.time()
        with pytest.raises(UserError, match='timed out'): asked(f'http://127.0.0.1:{s.getsockname()[1]}/v1', timeout=0.1)([dict(q='a')])
        assert time.time() - start < 5

def question(body): return body['messages'][1]['content']
def echo(n, body): return 200, chat('<' + question(body) + '>')
def ask_for(n): return [dict(q=str(i)) for i in range(n)]

def test_the_server_says_when_to_come_back(serve):
    url, log = serve(lambda n, body: (429, 'later', ('Retry-After', '0.3')) if n == 1 else echo(n, body))
    start = time.monotonic()
    assert asked(url)(ask_for(1)) == ['<0>'] and time.monotonic() - start >= 0.3

@pytest.mark.parametrize('header, seconds', [('7', 7), (' 1.5 ', 1.5), ('1e9', 0), ('99999999', 60), ('-3', 0), ('soon', 0), ('', 0), (None, 0), ('nan', 0), ('.', 0),
    ('Wed, 21 Oct 2015 07:28:00 GMT', 0), ('Wed, 21 Oct 2015 07:28:00', 0), ('Fri, 31 Dec 9999 23:59:59 GMT', 60)])
def test_any_retry_after_is_a_bounded_pause(header, seconds): assert retry_after(header) == seconds

def test_waits_double_and_vary(serve, monkeypatch):
    slept = []
    monkeypatch.setattr('finetune_notes.core.http.time.sleep', slept.append)
    url, log = serve(lambda n, body: (500, 'broken'))
    for _ in range(4):
        with pytest.raises(UserError): endpoint_generator(url, 'm', template, wait=1)(ask_for(1))
    assert log.calls == 20 and len(set(slept)) == 16
    assert all(2**(i % 4)/2 <= s <= 2**(i % 4)*1.5 for i,s in enumerate(slept))

def test_never_more_questions_at_once_than_workers(serve):
    at_once, most, lock = [0], [0], threading.Lock()
    def answer(n, body):
        with lock: at_once[0] += 1; most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        with lock: at_once[0] -= 1
        return echo(n, body)
    url, log = serve(answer)
    assert asked(url, workers=3)(ask_for(30)) == [f'<{i}>' for i in range(30)] and most[0] == 3

def faulty(dropped):
    "A server that fails the first time in a way of its own for every question, and answers the second time"
    met = set()
    def answer(n, body):
        q = int(question(body))
        if q in met or q == 0: return echo(n, body)
        met.add(q)
        if q % 4 == 1: return 500, 'broken'
        if q % 4 == 2: return 429, 'busy', ('Retry-After', '0')
        if q % 4 == 3: time.sleep(0.6)
        elif dropped: return 200, chat('half')[:20], ('Content-Length', '5000')
        return echo(n, body)
    return answer

def test_faults_of_every_kind_cost_time_and_no_answer(serve):
    url, log = serve(faulty(dropped=True))
    assert asked(url, timeout=0.3, workers=8)(ask_for(17)) == [f'<{i}>' for i in range(17)]
    assert log.calls >= 17 + 16

def test_malformed_answers_are_counted_and_asked_for_by_the_next_call(serve, tmp_path):
    bad = {3, 5}
    url, log = serve(lambda n, body: (200, '{"choices": [{"mess') if int(question(body)) in bad else echo(n, body))
    answers = asked(url, kept=tmp_path/'a.jsonl')(ask_for(8))
    assert [i for i,a in enumerate(answers) if not isinstance(a, str)] == [3, 5]
    table = count_failures(answers)
    assert table.rows.tolist() == [2] and 'no chat completion' in table.index[0] and len(count_failures(['a'])) == 0
    bad.clear()
    before = log.calls
    assert asked(url, kept=tmp_path/'a.jsonl')(ask_for(8)) == [f'<{i}>' for i in range(8)] and log.calls == before + 2

def test_a_server_that_dies_half_way_is_not_asked_for_ever(serve, tmp_path):
    alive = [20]
    url, log = serve(lambda n, body: echo(n, body) if n <= alive[0] else (503, 'gone'))
    answers = asked(url, workers=2, kept=tmp_path/'a.jsonl')(ask_for(500))
    assert sum(isinstance(a, str) for a in answers) == 20 and log.calls < 20 + 5*12
    table = count_failures(answers)
    assert table.index[0] == 'ConnectionError: not asked: the server has stopped answering' and table.rows.sum() == 480
    alive[0], before = 10**6, log.calls
    assert asked(url, workers=2, kept=tmp_path/'a.jsonl')(ask_for(500)) == [f'<{i}>' for i in range(500)] and log.calls == before + 480

def test_an_asker_that_is_killed_half_way_goes_on(serve, tmp_path):
    url, log = serve(lambda n, body: (time.sleep(0.02), echo(n, body))[1])
    program = ('import sys; from finetune_notes.data.synthesize import endpoint_generator; from finetune_notes.templates.template import Template\n'
               "endpoint_generator(sys.argv[1], 'm', Template(system='You write rows.', user='{q}'), kept=sys.argv[2])([dict(q=str(i)) for i in range(300)])")
    process = subprocess.Popen([sys.executable, '-c', program, url, str(tmp_path/'a.jsonl')], cwd=os.path.dirname(os.path.dirname(__file__)))
    until = time.monotonic() + 60
    while time.monotonic() < until and log.calls < 50: time.sleep(0.01)
    process.kill(); process.wait()
    time.sleep(0.2)
    there, before = len(read_kept(tmp_path/'a.jsonl')), log.calls
    assert 30 <= there < 300
    assert asked(url, workers=16, kept=tmp_path/'a.jsonl')(ask_for(300)) == [f'<{i}>' for i in range(300)] and log.calls == before + 300 - there

def test_answers_that_were_kept(tmp_path):
    file = tmp_path/'a.jsonl'
    assert read_kept(None) == {} == read_kept(file)
    for k in 'ab': append_answer(file, k, f'{k}\n"\u2028é\ud800')
    file.write_bytes(file.read_bytes() + b'{"key": "c", "ans')
    append_answer(file, 'd', 'd')
    file.write_bytes(b'\xff\x00\n[1]\nnull\n{"key": "e", "answer": 7}\n{"key": ["f"], "answer": "x"}\n' + file.read_bytes())
    assert read_kept(file) == dict(a='a\n"\u2028é\ud800', b='b\n"\u2028é\ud800', d='d')

def test_a_question_asked_twice_is_answered_twice(serve, tmp_path):
    url, log = serve(lambda n, body: (200, chat(str(n))))
    for _ in range(2): assert sorted(asked(url, kept=tmp_path/'a.jsonl')([dict(q='same')]*3)) == ['1', '2', '3'] and log.calls == 3
    assert asked(url, kept=tmp_path/'a.jsonl', temperature=0)([dict(q='same')]) == ['4']

@pytest.mark.parametrize('url', ['', 'localhost:8080', 'ftp://127.0.0.1/v1', 'http://', 'file:///etc/passwd', 'http://127.0.0.1:x/v1', 'http://[::1/v1', 'http://a b/v1', 'http://127.0.0.1:0/v1', 'http://\u00e9/v1'])
def test_an_address_that_is_none(url):
    with pytest.raises(UserError, match='expected an address'): endpoint_generator(url, 'm', template)

def test_a_key_travels_in_https_or_stays_here():
    with pytest.raises(UserError, match='https only'): endpoint_generator('http://models.example/v1', 'm', template, key='k')
    with pytest.raises(UserError, match='https only'): endpoint_generator('HTTP://models.example/v1', 'm', template, key='k')
    endpoint_generator('https://models.example/v1', 'm', template, key='k'), endpoint_generator('http://models.example/v1', 'm', template)

def test_answers_are_read_where_they_can_be():
    assert parse_answer_row('Sure!\n```json\n{"a": 1}\n```\nAnything else?', {}) == parse_answer_row(' {"a": 1} ', {}) == dict(a=1)
    for text in ('', 'Sure!', '[1]', '{"a": 1', '```json\n```'):
        with pytest.raises(UserError): parse_answer_row(text, {})

def test_every_request_has_one_fate():
    def boom(row, request): raise ZeroDivisionError('odd')
    def positive(row, request): return row['n'] > 0
    texts = ['{"n": 1}', None, 'x', '{"n": 0}', '{"n": 1}', '{}']
    made = synthesize(function_generator(lambda r: r['text'] if r['text'] else 1/0), [dict(text=t) for t in texts], [positive], threshold=1)
    assert list(made.fates.fate) == ['kept', 'no answer', 'unreadable', 'rejected', 'duplicate', 'rejected']
    assert made.rows == [dict(n=1)] and 'ZeroDivisionError' in made.fates.reason[1] and 'KeyError' in made.fates.reason[5]
    assert synthesize(function_generator(lambda r: r), [dict(n=1)], [boom]).fates.fate.tolist() == ['rejected']
    assert synthesize(function_generator(lambda r: r), []).rows == [] and 'fate' in synthesize(function_generator(lambda r: r), []).fates
    assert synthesize(function_generator(lambda r: r), [dict(n=1), dict(n=2)], known=[dict(n=1)], threshold=1).rows == [dict(n=2)]

def test_a_generator_that_loses_answers_is_refused():
    with pytest.raises(UserError, match='1 answers to 2 requests'): synthesize(lambda requests: ['{}'], [{}, {}])

def test_repair_gets_answer_and_critique_and_ends():
    def even(row, request): return row['n'] % 2 == 0 or 'odd number'
    seen = []
    def mend(request):
        seen.append(request)
        return dict(n=json.loads(request['answer'])['n'] + request['step'])
    requests = [dict(n=1, step=1), dict(n=2, step=1), dict(n=3, step=2)]
    made = synthesize(function_generator(lambda r: dict(n=r['n'])), requests, [even], repair=function_generator(mend), rounds=3, threshold=1)
    assert [d.round for d in made.drafts] == [1, 0, 3] and list(made.fates.fate) == ['kept', 'duplicate', 'rejected']
    assert seen[0] == dict(n=1, step=1, answer='{"n": 1}', critique='even: odd number') and len(seen) == 4
    assert [json.loads(s['answer'])['n'] for s in seen if s['step'] == 2] == [3, 5, 7]

def test_spoken_names():
    assert spoken_names('http.status_code') == ['http.status_code', 'http status code', 'status code']
    assert spoken_names('durationMs') == ['durationMs', 'duration ms', 'duration ms']
    assert spoken_names('name') == ['name']*3 and spoken_names('k8s.pod.uid')[1] == 'k8s pod uid' and spoken_names('Größe') is not None

@pytest.mark.parametrize('question, renamed_to', [('max net bytes', 'max fresh word'), ('Max net.bytes?', 'Max fresh.word?'), ('max NET BYTES.', 'max fresh word.'),
    ('max net bytes sent', None), ('max of subnet bytes', None), ('max root.net.bytes', None), ('max traffic', None)])
def test_rename_changes_whole_names_only(question, renamed_to):
    row = dict(question=question, columns=['net.bytes', 'net.bytes_sent', 'host'], query=dict(calculations=[dict(op='MAX', column='net.bytes')]))
    made = rename_column(row, 'net.bytes', 'fresh.word')
    assert (made and made['question']) == renamed_to
    assert row['query']['calculations'][0]['column'] == 'net.bytes'
    if made: assert made['query'] == dict(calculations=[dict(op='MAX', column='fresh.word')]) and made['columns'][0] == 'fresh.word'

def test_rename_refuses_what_it_cannot_do_alike():
    row = dict(question='slow hosts where zone is host', columns=['duration_ms', 'host', 'zone'], query=dict(filters=[dict(column='zone', op='=', value='host')]))
    assert rename_column(row, 'duration_ms', 'host') is None
    assert rename_column(row, 'host', 'machine.box') is None
    assert rename_column(row, 'absent', 'machine.box') is None
    assert rename_column(row, 'zone', 'area.part')['query'] == dict(filters=[dict(column='area.part', op='=', value='host')])
    assert rename_column(row, 'duration_ms', 'elapsed.time')['columns'] == ['elapsed.time', 'host', 'zone']

def test_coverage_and_orders():
    table = facet_coverage([dict(a=['x', 'y']), dict(a=['x'])], dict(a=lambda r: r['a']), dict(a=['x', 'z']), least=2)
    assert table.values.tolist() == [['a', 'x', 2, 0], ['a', 'y', 1, 1], ['a', 'z', 0, 2]]
    assert coverage_requests(table, seed=5) == [dict(facet='a', value='y', seed=5), dict(facet='a', value='z', seed=6), dict(facet='a', value='z', seed=7)]
    assert facet_coverage([], dict(a=len), dict(a=['x'])).values.tolist() == [['a', 'x', 0, 20]]

@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=3, max_size=80), st.integers(0, 3))
def test_splits_keep_groups_whole_and_lose_nothing(names, seed):
    shares = dict(train=0.8, validation=0.1, test=0.1)
    rows = list(enumerate(names))
    if len(set(names)) < 3:
        with pytest.raises(UserError, match='at least as many groups'): split_groups(rows, names, shares, seed)
        return
    parts = split_groups(rows, lambda r: r[1], shares, seed)
    assert sorted(r for p in parts.values() for r in p) == rows and all(parts.values())
    groups = [{r[1] for r in p} for p in parts.values()]
    assert sum(map(len, groups)) == len(set(names))
    assert parts == split_groups(rows, names, shares, seed)

def test_splits_come_near_their_shares():
    rng = random.Random(0)
    names = [rng.randrange(60) for _ in range(2000)]
    parts = split_groups(names, lambda r: r, dict(train=8, validation=1, test=1))
    assert [round(len(p)/2000, 1) for p in parts.values()] == [0.8, 0.1, 0.1]
    assert len({frozenset(split_groups(range(60), lambda r: r, dict(a=1, b=1), seed)['a']) for seed in range(5)}) == 5

def test_a_local_answer_that_was_cut_off_is_no_answer():
    from finetune_notes.core.checkpoints import load_checkpoint
    from finetune_notes.data.synthesize import local_generator
    checkpoint = load_checkpoint('tiny')
    writer = local_generator(checkpoint.model('float32'), checkpoint.tokenizer(), template, limit=2)
    answers = writer([dict(q='a'), dict(q='b')])
    assert len(answers) == 2 and all(isinstance(a, str) or str(a) == 'cut off after 2 tokens' for a in answers)
    assert any(isinstance(a, ValueError) for a in answers) and writer([]) == []

def test_the_largest_groups_are_dealt_first():
    parts = split_groups(range(100), ['large']*50 + [*range(50)], dict(train=.5, test=.5))
    assert [len(p) for p in parts.values()] == [50, 50]

def test_the_lines_for_your_own_case_run_as_they_stand(serve, runs, tmp_path, monkeypatch, capsys):
    row, code, file = own_case('22_synthetic_data')
    said = iter(range(1000))
    url, _ = serve(lambda n, body: (200, chat(f"{body['messages'][-1]['content'].split(': ')[1]}{f', please ({next(said)})'*(n % 3 > 0)}", 'stop')))
    monkeypatch.chdir(tmp_path)
    rows = [dict(json.loads(row), question=f'mean {c} per {d}') for c in ('latency', 'size', 'price') for d in ('shop', 'region', 'month', 'user')]
    Path(file).write_text(''.join(json.dumps(r) + '\n' for r in rows), encoding='utf-8')
    exec(code.replace('http://127.0.0.1:8080/v1', url).replace('steps = load_checkpoint(), 100', 'steps = load_checkpoint(), 1'), {})
    out = capsys.readouterr().out
    assert [f'{name}: 0 of 6 right' in out for name in ('no rewrites', 'all rewrites', 'checked', 'random')] == [True]*4
    assert 'rejected' in out and 'checked − random +0.000 [' in out
