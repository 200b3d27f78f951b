"What the notebook on the recorder does not show: servers that fail in every way, programs that are killed, and damaged files"
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import pytest
from fastcore.docments import docments
from hypothesis import given, settings, strategies as st
from finetune_notes.core.checkpoints import load_checkpoint
from finetune_notes.core.settings import UserError
from finetune_notes.data.questions import load_questions
from finetune_notes.generation.recorder import EndpointModel, GgufModel, Question, load_grammar, load_recording, record_answers
from finetune_notes.generation.serving import engine_available, running_engine, write_gguf

needed = pytest.mark.skipif(not engine_available(), reason='llama.cpp is not installed')
secret = 'sk-proj-A1b2C3d4E5f6G7h8'

def chat(text, **more): return json.dumps(dict(choices=[dict(message=dict(role='assistant', content=text), finish_reason='stop')]) | more)

@pytest.fixture
def serve():
    "Start servers that answer each request by a function of its number and its last message: a status, a text and headers"
    started = []
    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            calls, asked, bodies, lock = 0, [], [], threading.Lock()
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                asked = body['messages'][-1]['content'] if 'messages' in body else body['prompt']
                with Handler.lock:
                    Handler.calls += 1
                    number = Handler.calls
                    Handler.asked.append(asked)
                    Handler.bodies.append((self.path, dict(self.headers), body))
                status, text, *headers = answer(number, asked)
                self.send_response(status)
                for name, value in headers: self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())
            def log_message(self, *args): pass
        class Server(ThreadingHTTPServer):
            def handle_error(self, *args): pass # A program that was killed does not read its answer
        server = Server(('127.0.0.1', 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f'http://127.0.0.1:{server.server_port}/v1', Handler
    yield start
    for server in started: server.shutdown(); server.server_close()

def echo(number, asked): return 200, chat(f'<{asked}>')
def ask_for(n): return [Question(f'q{i}', [dict(role='user', content=str(i))]) for i in range(n)]
def expected(n): return {f'q{i}': f'<{i}>' for i in range(n)}
def recorded(questions, path, url, key=None, **options):
    return record_answers(questions, path, EndpointModel(url, 'm', key), **dict(wait=0.001, timeout=5) | options)

@pytest.fixture
def out(tmp_path): return tmp_path/'out.jsonl'

def test_the_head_says_what_answered_what(serve, out):
    url, log = serve(lambda n, asked: (200, chat(f'<{asked}>', model='m-2026', usage=dict(prompt_tokens=3, completion_tokens=2, details=dict(a=1)))))
    questions = ask_for(3) + [Question('t', prompt='ready')]
    made = recorded(questions, out, url, max_tokens=7, temperature=0.3, seed=5)
    head = json.loads(out.read_text().split('\n')[0])
    assert made.head == head and head['model'] == 'm' and head['sha256'] is None and head['prompts'] == {q.id: q.hash for q in questions}
    assert head['settings'] == dict(max_tokens=7, temperature=0.3, seed=5, grammar=None)
    run, = head['runs']
    assert run['endpoint'] == url and run['date'].endswith('+00:00') and set(run['asked_from']) == {'processor', 'cores', 'system'}
    assert made.answers == expected(3) | dict(t='<ready>') and set(made.rows['t']) == {'id', 'text', 'finish_reason', 'seconds', 'model', 'prompt_tokens', 'completion_tokens'}
    sent = {body.get('prompt') or body['messages'][0]['content']: (path, body) for path,_,body in log.bodies}
    assert sent['1'] == ('/v1/chat/completions', dict(model='m', messages=questions[1].messages, max_tokens=7, temperature=0.3, seed=5))
    assert sent['ready'] == ('/v1/completions', dict(model='m', prompt='ready', max_tokens=7, temperature=0.3, seed=5))

@pytest.mark.parametrize('text, ending', [('Sure! Here is your query.', 'stop'), ('', 'stop'), ('{"half": ', 'length'), ('"\u2028\n\x00é', 'content_filter')])
def test_an_answer_is_kept_as_it_is(serve, out, text, ending):
    url, _ = serve(lambda n, asked: (200, json.dumps(dict(choices=[dict(message=dict(content=text), finish_reason=ending)]))))
    schema = '{"type": "object"}'
    made = recorded(ask_for(1), out, url, grammar=schema)
    assert made.answers == dict(q0=text) == load_recording(out, ask_for(1)).answers and made.rows['q0']['finish_reason'] == ending

def test_an_engine_that_ignores_a_grammar_is_no_source(serve, out):
    url, _ = serve(lambda n, asked: (200, chat('COUNT by x' if asked == '0' else 'Sure!')))
    model = EndpointModel(url, 'm')
    object.__setattr__(model, 'holds_grammars', True)
    object.__setattr__(model, 'constraint', lambda question, grammar: {})
    with pytest.raises(UserError, match='outside the grammar, which its engine did not read'):
        record_answers(ask_for(3), out, model, grammar='start: "COUNT" (" by " /[a-z]/)~1..3', concurrency=1, wait=0.001)
    assert load_recording(out).answers == dict(q0='COUNT by x')

def test_half_a_character_is_replaced_and_the_file_stays_readable(serve, out):
    url, _ = serve(lambda n, asked: (200, r'{"model": "\ud800", "choices": [{"message": {"content": "a\ud83d\ude00\ud83d"}, "finish_reason": "\udc00"}]}'))
    assert recorded(ask_for(1), out, url).answers == dict(q0='a😀\ufffd') == load_recording(out).answers

def faulty():
    "A server that fails the first time in a way of its own for every question but the first"
    met = set()
    def answer(n, asked):
        q = int(asked)
        if q in met or q == 0: return echo(n, asked)
        met.add(q)
        if q % 4 == 1: return 500, 'broken'
        if q % 4 == 2: return 429, 'busy', ('Retry-After', '0')
        if q % 4 == 3: time.sleep(0.6)
        else: return 200, chat('half')[:20], ('Content-Length', '5000')
        return echo(n, asked)
    return answer

def test_faults_of_every_kind_cost_time_and_no_answer(serve, out):
    url, log = serve(faulty())
    assert recorded(ask_for(17), out, url, timeout=0.3, concurrency=8).answers == expected(17) and log.calls >= 17 + 16

def test_the_server_says_when_to_come_back(serve, out):
    url, _ = serve(lambda n, asked: (429, 'later', ('Retry-After', '0.3')) if n == 1 else echo(n, asked))
    began = time.monotonic()
    assert recorded(ask_for(1), out, url).answers == expected(1) and time.monotonic() - began >= 0.3

@pytest.mark.parametrize('reply, why', [((400, 'context is full'), 'status 400: context is full'), ((200, '{"choices": []}'), 'no chat completion'),
    ((200, 'not json'), 'no chat completion'), ((200, '['*100_000), 'no chat completion'), ((200, chat(None)), 'no text'), ((503, 'busy'), 'status 503: busy')])
def test_a_question_without_an_answer_costs_only_itself(serve, out, reply, why):
    bad = {'3', '5'}
    url, log = serve(lambda n, asked: reply if asked in bad else echo(n, asked))
    with pytest.raises(UserError, match='2 questions got no answer') as told: recorded(ask_for(8), out, url, concurrency=1)
    assert f"the first 'q3' ({why}" in str(told.value) and f'6 of 8 answers are in {out}, and the same command goes on' in str(told.value)
    assert load_recording(out).answers == {k: v for k,v in expected(8).items() if k not in ('q3', 'q5')}
    bad.clear()
    before = log.calls
    assert recorded(ask_for(8), out, url).answers == expected(8) and log.asked[before:] in (['3', '5'], ['5', '3'])

@pytest.mark.parametrize('status', [401, 402, 403, 404, 302])
def test_a_wrong_key_or_address_stops_at_once(serve, out, status):
    url, log = serve(lambda n, asked: (status, f'{{"error": "Incorrect API key: {secret[:9]}***. See the manual."}}', ('Location', 'http://127.0.0.1:9/')))
    with pytest.raises(UserError, match=f'gives no answer .status {status}') as told: recorded(ask_for(500), out, url, key=secret)
    assert log.calls <= 8 and 'check the address, the model and the key' in str(told.value) and '0 of 500 answers' in str(told.value)
    assert not [secret[i:i + 4] for i in range(len(secret) - 3) if secret[i:i + 4] in str(told.value) + out.read_text()]

def test_a_key_that_ends_half_way_stops_and_the_answers_are_kept(serve, out):
    url, log = serve(lambda n, asked: echo(n, asked) if n <= 20 else (402, 'no credit left'))
    with pytest.raises(UserError, match='no credit left.* of 500 answers are in'): recorded(ask_for(500), out, url)
    assert log.calls < 40 and 15 <= len(load_recording(out).rows) <= 20

def test_a_server_that_dies_half_way_is_not_asked_for_ever(serve, out):
    alive = [20]
    url, log = serve(lambda n, asked: echo(n, asked) if n <= alive[0] else (503, 'gone'))
    with pytest.raises(UserError, match='gives no answer .status 503: gone.; .* 20 of 500 answers'): recorded(ask_for(500), out, url, concurrency=2)
    assert log.calls < 20 + 5*12
    alive[0], before = 10**6, log.calls
    made = recorded(ask_for(500), out, url)
    assert made.answers == expected(500) and len(made.head['runs']) == 2
    assert 480 <= log.calls - before <= 490 # Those of the first recording that were on their way

def test_a_model_that_the_server_refuses_every_time_is_not_asked_for_every_question(serve, out):
    url, log = serve(lambda n, asked: (400, 'no such model'))
    with pytest.raises(UserError, match='gives no answer .status 400: no such model'): recorded(ask_for(500), out, url)
    assert log.calls < 20

def test_many_long_questions_do_not_stop_the_others(serve, out):
    url, _ = serve(lambda n, asked: (400, 'too long') if 5 <= int(asked) < 50 else echo(n, asked))
    with pytest.raises(UserError, match='45 questions got no answer'): recorded(ask_for(60), out, url, concurrency=2)
    assert len(load_recording(out).rows) == 15

def test_no_server_and_a_silent_server(out):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        url = f'http://127.0.0.1:{s.getsockname()[1]}/v1'
        with pytest.raises(UserError, match='gives no answer .*whether the server runs'): recorded(ask_for(3), out, url)
        s.listen()
        began = time.monotonic()
        with pytest.raises(UserError, match='timed out'): recorded(ask_for(3), out, url, timeout=0.1)
        assert time.monotonic() - began < 5

def test_never_more_questions_at_once_than_asked_for(serve, out):
    at_once, most, lock = [0], [0], threading.Lock()
    def answer(n, asked):
        with lock: at_once[0] += 1; most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        with lock: at_once[0] -= 1
        return echo(n, asked)
    url, _ = serve(answer)
    assert recorded(ask_for(30), out, url, concurrency=3).answers == expected(30) and most[0] == 3

def test_only_what_is_new_is_asked(serve, out):
    url, log = serve(echo)
    recorded(ask_for(5), out, url)
    assert recorded(ask_for(8), out, url).answers == expected(8) and log.calls == 8
    assert recorded(ask_for(8), out, url).answers == expected(8) and log.calls == 8 and len(load_recording(out).head['runs']) == 2
    assert load_recording(out, ask_for(3)).answers == expected(8)

def test_a_recording_goes_on_only_with_what_it_began_with(serve, out):
    url, log = serve(echo)
    recorded(ask_for(3), out, url)
    before = out.read_text()
    for options, part in ((dict(temperature=1), 'temperature'), (dict(max_tokens=9), 'max_tokens'), (dict(grammar='{"type": "object"}'), 'grammar'), (dict(seed=1), 'seed')):
        with pytest.raises(UserError, match=f'was recorded with {part} '): recorded(ask_for(4), out, url, **options)
    with pytest.raises(UserError, match="was recorded with model 'm'"): record_answers(ask_for(4), out, EndpointModel(url, 'other'))
    changed = [*ask_for(2), Question('q2', [dict(role='user', content='another')])]
    for use in (lambda: recorded(changed, out, url), lambda: load_recording(out, changed)):
        with pytest.raises(UserError, match="1 answers were given to other prompts than those asked now, the first to 'q2'"): use()
    assert out.read_text() == before and log.calls == 3

@pytest.mark.parametrize('change', [dict(prompt='1', messages=None), dict(messages=[dict(role='system', content='1')]), dict(grammar='start: "1"'),
    dict(messages=[dict(role='user', content='1 ')]), dict(messages=[dict(role='user', content='1', name='x')])])
def test_whatever_the_model_would_see_belongs_to_the_hash(change):
    question = dict(id='q1', messages=[dict(role='user', content='1')])
    assert Question(**question | change).hash != Question(**question).hash == Question(**question | dict(id='another')).hash

# Files

@pytest.mark.parametrize('cut', [1, 2, 9, 40])
def test_a_torn_last_line_is_dropped(serve, out, cut):
    url, log = serve(lambda n, asked: (200, chat(f'<{asked}>é')))
    recorded(ask_for(5), out, url, concurrency=1)
    whole = out.read_bytes()
    out.write_bytes(whole[:-cut])
    kept = 5 if cut == 1 else 4 # Without its line break alone the last line is whole
    assert len(load_recording(out).rows) == kept
    if kept < 5:
        with pytest.raises(UserError, match="no answer to 1 of 5 questions, the first 'q4'"): load_recording(out, ask_for(5))
    recorded(ask_for(5), out, url)
    assert len(load_recording(out, ask_for(5)).rows) == 5 and log.calls == 5 + (5 - kept)

@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_file_that_was_cut_anywhere_gives_whole_answers_or_one_sentence(tmp_path_factory, seed):
    path = tmp_path_factory.mktemp('cut')/'r.jsonl'
    head = dict(recording=1, model='m', sha256=None, settings={}, prompts={'a': 'x', 'b': 'y'}, runs=[])
    rows = [head, dict(id='a', text='{"é'), dict(id='b', text='\u2028')]
    whole = ''.join(json.dumps(r) + '\n' for r in rows).encode()
    path.write_bytes(whole[:seed % (len(whole) + 1)])
    try: answers = load_recording(path).answers
    except UserError as e: assert '\n' not in str(e) and len(path.read_bytes()) < len(json.dumps(head))
    else: assert list(answers.items()) == [('a', '{"é'), ('b', '\u2028')][:len(answers)]

@pytest.mark.parametrize('damage, part', [
    (lambda lines: lines[1:], 'row 1, recording: expected the head of a recording'), (lambda lines: ['{"id": 1}', *lines], 'row 1, recording'),
    (lambda lines: [lines[0], lines[1][:-5], *lines[2:]], 'row 2, the line: expected JSON'), (lambda lines: [*lines, lines[1]], 'stands in the file twice'),
    (lambda lines: [lines[0].replace('"recording": 1', '"recording": 2'), *lines[1:]], 'row 1, recording'), (lambda lines: [*lines, '{"id": "q9", "text": "x"}'], 'expected a question of the head'),
    (lambda lines: [lines[0], '{"id": "q0", "text": null}'], 'row 2, text: expected a text, found nothing')])
def test_other_damage_is_one_sentence_and_nothing_is_written_over(serve, out, damage, part):
    url, log = serve(echo)
    recorded(ask_for(3), out, url, concurrency=1)
    out.write_text('\n'.join(damage(out.read_text().splitlines())) + '\n')
    before = out.read_bytes()
    for use in (lambda: load_recording(out), lambda: recorded(ask_for(4), out, url)):
        with pytest.raises(UserError) as told: use()
        assert part in str(told.value) and str(out) in str(told.value) and '\n' not in str(told.value)
    assert out.read_bytes() == before and log.calls == 3

@pytest.mark.parametrize('last, part', [
    ('{"id": "q9", "text": "x"}', "row 5, id: expected a question of the head, found str 'q9'"), ('{"id": "q0", "text": "x"}', "row 5, id: 'q0' stands in the file twice"),
    ('{"id": "q3"}', 'row 5, id'), ('{"id": "q0", "id": "q0", "text": "x"}', "row 5, the line: expected JSON"), ('7', 'row 5, the line: expected a JSON object'), ('['*10_000 + ']'*10_000, 'row 5, the line')])
def test_a_last_line_that_is_whole_is_never_dropped(serve, out, last, part):
    url, log = serve(echo)
    recorded(ask_for(3), out, url, concurrency=1)
    out.write_text(out.read_text() + last)
    for use in (lambda: load_recording(out), lambda: recorded(ask_for(4), out, url)):
        with pytest.raises(UserError) as told: use()
        assert part in str(told.value)
    assert out.read_text().endswith('\n' + last) and log.calls == 3

@pytest.mark.parametrize('last', ['{"id": "q9", "te', '{', '{"id": "q0", "text": "x"', '"', '{"id": NaN'])
def test_a_last_line_that_is_not_whole_is_dropped(serve, out, last):
    url, log = serve(echo)
    recorded(ask_for(3), out, url, concurrency=1)
    out.write_text(out.read_text() + last)
    assert load_recording(out).answers == expected(3)
    assert recorded(ask_for(4), out, url).answers == expected(4) and len(out.read_text().splitlines()) == 5

@pytest.mark.parametrize('end', ['\n', '\n\n', '\n  '])
def test_a_broken_line_with_a_line_break_was_not_cut_short(serve, out, end):
    url, log = serve(echo)
    recorded(ask_for(3), out, url, concurrency=1)
    out.write_text(out.read_text() + '{"id": "q9", "te' + end)
    with pytest.raises(UserError, match='row 5, the line: expected JSON'): load_recording(out)

def test_names_that_cannot_be_a_recording(serve, tmp_path):
    url, log = serve(echo)
    (tmp_path/'folder.jsonl').mkdir()
    (tmp_path/'notes.jsonl').write_text('My notes.\n')
    for name, part in (('out.csv', 'ends in .jsonl'), ('out', 'ends in .jsonl'), ('folder.jsonl', 'ends in .jsonl'), ('notes.jsonl', 'row 1')):
        with pytest.raises(UserError, match=part): recorded(ask_for(1), tmp_path/name, url)
    (tmp_path/'file').write_text('')
    with pytest.raises(UserError, match='cannot be written'): recorded(ask_for(1), tmp_path/'file'/'out.jsonl', url)
    assert log.calls == 0 and (tmp_path/'notes.jsonl').read_text() == 'My notes.\n'
    (tmp_path/'empty.jsonl').write_text('')
    assert recorded(ask_for(1), tmp_path/'empty.jsonl', url).answers == expected(1) == recorded(ask_for(1), tmp_path/'new'/'out.jsonl', url).answers

def test_two_programs_do_not_record_into_one_file(serve, out):
    def answer(n, asked):
        if n == 1:
            with pytest.raises(UserError, match='another program is recording into it'): recorded(ask_for(2), out, url)
        return echo(n, asked)
    url, log = serve(answer)
    assert recorded(ask_for(2), out, url).answers == expected(2) and log.calls == 2

def test_a_full_disk_is_one_sentence_and_the_answers_are_kept(serve, out, monkeypatch):
    url, _ = serve(echo)
    from finetune_notes.generation import recorder
    monkeypatch.setattr(recorder.json, 'dumps', lambda value, stock=json.dumps, **options: full() if isinstance(value, dict) and value.get('id') == 'q3' else stock(value, **options))
    def full(): raise OSError(28, 'No space left on device')
    with pytest.raises(UserError, match='cannot be written .No space left on device.; the answers so far are kept'): recorded(ask_for(5), out, url, concurrency=1)
    monkeypatch.setattr(recorder, 'write_text', lambda *_: full())
    with pytest.raises(UserError, match='cannot be written .No space left on device.'): recorded(ask_for(5), out, url)
    monkeypatch.undo()
    assert recorded(ask_for(5), out, url).answers == expected(5)

@pytest.mark.parametrize('questions, options, part', [
    ([], {}, 'no questions: expected at least one'), ([Question('a', prompt='x'), Question('b', prompt='x'), Question('a', prompt='y')], {}, "the id 'a' belongs to several questions"),
    (ask_for(1), dict(tries=0), 'tries 0: expected 1 or more'), (ask_for(1), dict(tries=-1), 'tries -1')])
def test_what_cannot_be_asked_is_said_before_anything_is_written(serve, out, questions, options, part):
    url, log = serve(echo)
    with pytest.raises(UserError) as told: recorded(questions, out, url, **options)
    assert part in str(told.value) and log.calls == 0 and not out.exists()

class OwnModel:
    "A model of somebody's own: no more than what the notebook lists"
    name, sha256 = 'own', None
    def __init__(self, url, fault=None): self.url, self.fault = url, fault
    def about(self): return dict(engine='mine')
    @contextmanager
    def serving(self, slots):
        if self.fault: raise self.fault
        yield self.url, None
    def constraint(self, question, grammar): return dict(own=grammar)

def test_a_model_of_your_own(serve, out):
    url, log = serve(echo)
    made = record_answers(ask_for(2), out, OwnModel(url), '{"type": "object"}')
    assert made.answers == expected(2) and made.head['runs'][0]['engine'] == 'mine' and log.bodies[0][2]['own'] == '{"type": "object"}'
    for model in (EndpointModel, GgufModel): assert docments(model.serving)['slots']

@pytest.mark.parametrize('fault', [BrokenPipeError(32, 'Broken pipe'), FileNotFoundError(2, 'No such file', 'engine'), TimeoutError('no engine')])
def test_what_an_engine_raises_is_no_fault_of_the_file(out, fault):
    with pytest.raises(type(fault)) as told: record_answers(ask_for(1), out, OwnModel('', fault))
    assert told.value is fault and not out.exists()
    with pytest.raises(type(fault)): record_answers(ask_for(1), out, OwnModel('', fault)) # The lock is free again

def test_an_engine_that_ends_before_it_is_told_what_to_serve(tmp_path, monkeypatch):
    program = tmp_path/'python'
    program.write_text('#!/bin/sh\necho "error: no such engine" >&2\nexit 7\n')
    program.chmod(0o755)
    monkeypatch.setattr('finetune_notes.generation.serving.engine_available', lambda: True)
    monkeypatch.setattr(sys, 'executable', str(program))
    with pytest.raises(UserError, match=r'model.gguf: it ended with code 7 \(error: no such engine\)'):
        with running_engine(tmp_path/'model.gguf', long='x'*1_000_000): pass # More than a pipe holds

without_extras = """import sys
from finetune_notes.core.extras import MissingExtra, extras
for names in extras.values(): sys.modules |= dict.fromkeys(names)
from finetune_notes.data.questions import load_questions
from finetune_notes.generation.recorder import GgufModel, load_grammar, load_recording, record_answers
from finetune_notes.generation.serving import export_run, write_gguf
recording, questions, grammar, gguf, out = sys.argv[1:]
asked = load_questions(questions)
print(sorted(load_recording(recording, asked).answers))
for use in (lambda: load_grammar(grammar), lambda: write_gguf(None, 'x.gguf'), lambda: export_run(None), lambda: record_answers(asked, out, GgufModel(gguf))):
    try: use()
    except MissingExtra as e: print(e)
"""

def test_a_recording_is_read_without_any_extra_and_the_rest_names_its_extra(serve, tmp_path, out):
    url, _ = serve(lambda n, asked: (200, json.dumps(dict(choices=[dict(text=f'<{asked}>', finish_reason='stop')]))))
    file = question_file(tmp_path, *rows_of(3))
    recorded(load_questions(file), out, url)
    (tmp_path/'g.lark').write_text('start: "x"')
    (tmp_path/'m.gguf').write_bytes(b'GGUF')
    arguments = [out, file, tmp_path/'g.lark', tmp_path/'m.gguf', tmp_path/'new.jsonl']
    done = subprocess.run([sys.executable, '-c', without_extras, *map(str, arguments)], capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr
    needs = [f"{what} needs {package}, which is not installed: pip install 'finetune_notes[{extra}]'" for what,package,extra in
             (('a grammar', 'llguidance', 'train'), ('write_gguf', 'gguf', 'serve'), ('export_run', 'gguf', 'serve'), ('llama.cpp', 'xllamacpp', 'serve'))]
    assert done.stdout.splitlines() == ["['q0', 'q1', 'q2']", *needs]

# Questions

def question_file(tmp_path, *rows, name='questions.jsonl'):
    (tmp_path/name).write_text('\n'.join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return tmp_path/name

def test_questions_of_every_format(tmp_path):
    user = [dict(role='user', content='x')]
    rows = [dict(id=7, prompt='x', gold='y'), dict(id='b', messages=user), dict(id='c', prompt=user, grammar=dict(type='object'))]
    made = [Question('7', prompt='x'), Question('b', user), Question('c', user, grammar='{"type": "object"}')]
    assert load_questions(question_file(tmp_path, *rows)) == made == load_questions(question_file(tmp_path, json.dumps(rows), name='q.json'))
    turns = [dict(zip(('from', 'value'), turn)) for turn in (('human', 'x'), ('gpt', 'y'), ('human', 'z'))]
    chat = [dict(role='system', content='s'), *user, dict(role='assistant', content='y'), dict(role='user', content='z')]
    assert load_questions(question_file(tmp_path, dict(id=1, conversations=turns, system='s', messages=''), name='share.jsonl')) == [Question('1', chat)]
    cells = ['id,messages,prompt,grammar', '1,"' + json.dumps(user).replace('"', '""') + '",,', '2,,x,']
    assert load_questions(question_file(tmp_path, *cells, name='cells.csv')) == [Question('1', user), Question('2', prompt='x')]
    assert load_questions(question_file(tmp_path, 'id;prompt', '7;x', name='q.csv')) == made[:1] == load_questions(question_file(tmp_path, *rows), 1)

@pytest.mark.parametrize('row, part', [
    ({}, 'id: expected a text or a whole number, found nothing'), (dict(id=True, prompt='x'), 'id: expected'), (dict(id='', prompt='x'), 'id: expected'), (dict(id=1.5, prompt='x'), 'id: expected'),
    (dict(id=1), 'found neither; the row has: id'), (dict(id=1, prompt='x', messages=[dict(role='user', content='x')]), 'found prompt and messages'), (dict(id=1, prompt=7), 'messages: expected a list'),
    (dict(id=1, messages=[dict(role='user', content='x')], conversations=[]), 'found messages and conversations'), (dict(id=1, prompt=' \n'), 'prompt: expected a text, found only blanks'),
    (dict(id=1, prompt='x', system='s'), 'system: a ready text has no system message'), (dict(id=1, messages=[dict(role='narrator', content='x')]), "found str 'narrator'"),
    (dict(id=1, messages=[dict(role='user', content=' ')]), 'messages, turn 1'), (dict(id=1, messages='{"role": "user"'), 'messages: expected JSON'),
    (dict(id=1, messages=['x']), 'messages, turn 1'), (dict(id=1, messages=[dict(role='user', content=None)]), 'messages, turn 1'),
    (dict(id=1, messages=[dict(role='user', content='x'), dict(role='assistant', content='y')]), 'the model is to write it'),
    (dict(id=1, prompt='x', grammar='start: "x'), 'grammar: expected a JSON schema or a grammar of Lark'), (dict(id=1, prompt='x', grammar=7), 'grammar: expected a text'), (dict(id='first', prompt='x'), 'stands in the file twice')])
def test_bad_questions_are_named(tmp_path, row, part):
    with pytest.raises(UserError) as told: load_questions(question_file(tmp_path, dict(id='first', prompt='x'), row))
    assert part in str(told.value) and 'row 2' in str(told.value) and '\n' not in str(told.value)

@pytest.mark.parametrize('text', ['', '{"type": "objekt"}', '{"type": ', 'start: rule', 'the answer is yes or no'])
def test_bad_grammars_are_one_sentence(tmp_path, text):
    (tmp_path/'g.lark').write_text(text)
    with pytest.raises(UserError, match='g.lark: the grammar: expected') as told: load_grammar(tmp_path/'g.lark')
    assert '\n' not in str(told.value)

def test_what_an_endpoint_cannot_hold_is_said_before_anything_is_asked(serve, out):
    url, log = serve(echo)
    for questions, grammar in ((ask_for(2), 'start: "x"'), ([Question('a', prompt='x')], '{"type": "object"}')):
        with pytest.raises(UserError, match='needs a GGUF file'): recorded(questions, out, url, grammar=grammar)
    assert log.calls == 0 and not out.exists()
    own = Question('own', [dict(role='user', content='x')], grammar='{"type": "array"}')
    recorded([*ask_for(1), own], out, url, grammar='{"type": "object"}')
    assert {b['response_format']['json_schema']['schema']['type'] for _,_,b in log.bodies} == {'object', 'array'}

def test_a_key_goes_to_the_server_and_nowhere_else(serve, out):
    url, log = serve(echo)
    recorded(ask_for(1), out, url, key=secret)
    assert log.bodies[0][1]['Authorization'] == f'Bearer {secret}' and secret not in out.read_text() + repr(EndpointModel(url, 'm', secret))
    with pytest.raises(UserError, match='https only'): EndpointModel('http://models.example/v1', 'm', secret)
    with pytest.raises(UserError, match='which model'): EndpointModel('https://models.example/v1', '')
    with pytest.raises(UserError, match='user name'): EndpointModel('https://me:pass@models.example/v1', 'm')
    recorded(ask_for(2), out, url + '/chat/completions')
    model = EndpointModel(url, 'm', secret)
    assert asdict(model) == dict(url=url, name='m') and model.key == replace(model, name='n').key == secret

# The command

def command(*arguments, **env):
    "The command in a process that can be interrupted, also where this one was started in the background and cannot"
    listen = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen([sys.executable, '-m', 'finetune_notes.course.cli', 'record', *map(str, arguments)], env={**os.environ, **env}, cwd=Path(__file__).parents[1],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listen)

def rows_of(n): return [dict(id=f'q{i}', prompt=str(i)) for i in range(n)]

@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGINT])
def test_a_program_that_is_stopped_goes_on(serve, tmp_path, out, how):
    def slow(n, asked):
        time.sleep(0.02)
        return 200, json.dumps(dict(choices=[dict(text=f'<{asked}>', finish_reason='stop')]))
    url, log = serve(slow)
    arguments = [question_file(tmp_path, *rows_of(300)), '--endpoint', url, '--model', 'm', '--out', out]
    process, until = command(*arguments), time.monotonic() + 60
    while time.monotonic() < until and log.calls < 50: time.sleep(0.01)
    began = time.monotonic()
    process.send_signal(how)
    said = process.communicate()[1]
    assert time.monotonic() - began < 10 and process.returncode == (-9 if how == signal.SIGKILL else 130)
    assert how == signal.SIGKILL or 'interrupted; the same command goes on' in said and 'Traceback' not in said
    there, before = len(load_recording(out).rows), log.calls
    assert 30 <= there < 300
    again = command(*arguments, '--json')
    stdout, stderr = again.communicate()
    assert again.returncode == 0 and json.loads(stdout)['answers'] == expected(300) and 300 - there <= log.calls - before <= 300 - there + 4 # Those that were on their way

def test_the_command_says_what_it_recorded(serve, tmp_path, out):
    url, log = serve(echo)
    (tmp_path/'schema.json').write_text('{"type": "object"}')
    file = question_file(tmp_path, *(dict(id=f'q{i}', messages=[dict(role='user', content=str(i))]) for i in range(9)))
    done = command(file, '--endpoint', url, '--model', 'm', '--out', out, '--grammar', tmp_path/'schema.json', '--limit', 3, '--max-tokens', 5, '--concurrency', 2, FINETUNE_NOTES_API_KEY=secret)
    stdout, stderr = done.communicate()
    assert done.returncode == 0 and stdout.startswith(f'{out}: 3 answers of m, ') and log.bodies[0][1]['Authorization'] == f'Bearer {secret}', stderr
    assert load_recording(out, load_questions(file, 3)).answers == expected(3) and log.bodies[0][2]['max_tokens'] == 5 and 'response_format' in log.bodies[0][2]

@pytest.mark.parametrize('arguments, part', [
    ([], 'give it with --out'), (['--out', 'o.jsonl'], 'give either --endpoint URL'), (['--out', 'o.jsonl', '--endpoint', 'http://127.0.0.1:9', '--gguf', 'x'], 'give either'),
    (['--out', 'o.jsonl', '--endpoint', 'http://127.0.0.1:9'], 'which model'), (['--out', 'o.jsonl', '--endpoint', '127.0.0.1:9', '--model', 'm'], 'expected an address'),
    (['--out', 'o.jsonl', '--endpoint', 'http://models.example/v1', '--model', 'm'], 'https only'), (['--out', 'o.jsonl', '--gguf', 'none.gguf'], 'none.gguf: cannot be read'),
    (['--out', 'o.jsonl', '--gguf', __file__], 'is no GGUF file'), (['--out', 'o.jsonl', '--limit', '-1', '--gguf', 'x'], 'limit -1'), (['--out', 'o.jsonl', '--endpoint', 'http://127.0.0.1:9', '--model', 'm', '--concurrency', '0'], 'concurrency 0'),
    (['--out', 'o.jsonl', '--endpoint', 'http://127.0.0.1:9', '--model', 'm', '--temperature', 'nan'], 'temperature nan'), (['--out', 'o.jsonl', '--endpoint', 'http://127.0.0.1:9', '--model', 'm', '--timeout', '0'], 'timeout 0'),
    (['--out', 'o.csv', '--endpoint', 'http://127.0.0.1:9', '--model', 'm'], 'ends in .jsonl'), (['--out', 'o.jsonl', '--gguf', 'x', '--grammar', 'none.lark'], 'none.lark: cannot be read')])
def test_wrong_calls(command, tmp_path, monkeypatch, arguments, part):
    monkeypatch.setenv('FINETUNE_NOTES_API_KEY', secret)
    file = question_file(tmp_path, dict(id=1, prompt='x'))
    monkeypatch.chdir(tmp_path)
    done = command('record', file, *arguments)
    assert done.returncode == 2 and part in done.stderr and 'Traceback' not in done.stderr and done.stdout == '' and not (tmp_path/'o.jsonl').exists()

# llama.cpp

@pytest.fixture(scope='module')
def toy(tmp_path_factory):
    path = tmp_path_factory.mktemp('gguf')/'toy.gguf'
    write_gguf(load_checkpoint('tiny').model('float32'), path)
    return path

@needed
def test_a_gguf_file_answers_inside_grammars_of_both_kinds(toy, out):
    lark, schema = 'start: "ab" | "cd"', json.dumps(dict(type='object', properties=dict(a=dict(enum=['x', 'y'])), required=['a'], additionalProperties=False))
    user = [dict(role='user', content='which?')]
    questions = [Question('chat', user), Question('text', prompt='which?'), Question('schema', user, grammar=schema), Question('text schema', prompt='which?', grammar=schema)]
    made = record_answers(questions, out, GgufModel(toy, context=256, threads=1), lark, max_tokens=24)
    assert {made.answers['chat'], made.answers['text']} <= {'ab', 'cd'}
    assert {made.answers['schema'], made.answers['text schema']} <= {'{"a":"x"}', '{"a":"y"}'}
    run, = made.head['runs']
    assert str(toy.parent) not in out.read_text() and made.head['model'] == 'toy' and run['machine']['threads'] == 1 and run['machine']['processor'] and run['engine'].startswith('llama.cpp in xllamacpp 20')

@needed
def test_other_weights_do_not_go_on_and_a_file_with_all_answers_starts_no_engine(toy, tmp_path, out, monkeypatch):
    asked = [Question('a', prompt='x')]
    record_answers(asked, out, GgufModel(toy, context=256, threads=1), max_tokens=2)
    other = tmp_path/'toy.gguf'
    other.write_bytes(toy.read_bytes() + b'\0'*32)
    with pytest.raises(UserError, match='was recorded with sha256'): record_answers([*asked, Question('b', prompt='y')], out, GgufModel(other, context=256, threads=1), max_tokens=2)
    monkeypatch.setattr('finetune_notes.generation.recorder.running_engine', None)
    assert len(record_answers(asked, out, GgufModel(toy, context=256, threads=1), max_tokens=2).rows) == 1

@needed
def test_a_question_that_is_too_long_costs_only_itself(toy, out):
    questions = [Question('a', prompt='x'), Question('long', prompt='word '*2000), Question('c', prompt='z')]
    with pytest.raises(UserError, match="1 questions got no answer, the first 'long' .status 400.*2 of 3 answers"):
        record_answers(questions, out, GgufModel(toy, context=256, threads=1), max_tokens=2, concurrency=1)

@needed
def test_a_file_that_is_no_model_is_one_sentence(tmp_path, out):
    (tmp_path/'broken.gguf').write_bytes(b'GGUF' + b'\0'*100)
    with pytest.raises(UserError, match='llama.cpp could not serve') as told: record_answers(ask_for(1), out, GgufModel(tmp_path/'broken.gguf'))
    assert '\n' not in str(told.value) and not out.exists()
