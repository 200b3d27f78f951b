"The console script as a user calls it: right input in a process of its own, most wrong input in this one, where libraries are imported once"
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
import pytest

script = Path(sys.executable).with_name('finetune-notes')
row = dict(question='slow requests', columns=['duration_ms', 'http.route', 'trace.parent_id'], query={'calculations': [{'op': 'COUNT'}]})
conversation = {'conversations': [
    {'from': 'system', 'value': 'Honeycomb AI suggests queries based on user input.'},
    {'from': 'human', 'value': "\n\nNLQ: \"it's slow\"\n\nColumns: ['duration_ms', 'http.route']"},
    {'from': 'gpt', 'value': '\n{"calculations":[{"op":"MAX","column":"duration_ms"}]}'}]}

def call(*arguments, **env):
    return subprocess.run([script, *map(str, arguments)], capture_output=True, text=True, timeout=300, env={**os.environ, **env}, stdin=subprocess.DEVNULL)

def refused(done, *parts):
    assert done.returncode == 2, done.stderr
    assert done.stdout == ''
    assert 'Traceback' not in done.stderr
    said = done.stderr.strip().splitlines()[-1]
    for part in parts: assert str(part) in said, said

@pytest.fixture(scope='module')
def place(tmp_path_factory):
    "A folder with files of every format and an assistant trained on the toy model"
    place = tmp_path_factory.mktemp('cli')
    (place/'ours.jsonl').write_text('\n'.join(json.dumps({**row, 'question': f'slow requests {i}'}) for i in range(6)))
    (place/'share.jsonl').write_text(json.dumps(conversation))
    (place/'plain.csv').write_text('user_input,columns\nslow requests,"duration_ms, http.route"\nwhat are my errors?,"error, name"\n')
    (place/'bad.jsonl').write_text(json.dumps(row) + '\n{"question": "no columns"}\n')
    done = call('train', 'assistant', '--data', place/'ours.jsonl', '--json', FINETUNE_NOTES_RUNS=str(place/'runs'))
    assert done.returncode == 0, done.stderr
    (place/'facts.json').write_text(done.stdout)
    return place

@pytest.fixture
def here(command, runs):
    "The command in this process, with no run"
    return command

@pytest.fixture
def there(command, place, monkeypatch):
    "Likewise, with the assistant of `place`"
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(place/'runs'))
    return command

def test_training_prints_one_document(place):
    facts = json.loads((place/'facts.json').read_text())
    assert facts['examples'] == 6 and Path(facts['folder']).is_dir() and facts['base'] == 'two-layers'

def test_a_finished_training_is_found_again(place, there):
    again = json.loads(there('train', 'assistant', '--data', place/'ours.jsonl', '--json').stdout)
    assert again == json.loads((place/'facts.json').read_text())

@pytest.mark.parametrize('name,metrics', [('ours.jsonl', 4), ('share.jsonl', 4), ('plain.csv', 2)])
def test_evaluating_any_format(place, there, name, metrics):
    done = there('evaluate', 'assistant', '--data', place/name, '--limit', 2, '--json')
    assert done.returncode == 0, done.stderr
    systems = json.loads(done.stdout)['systems']
    assert [s['system'] for s in systems] == ['tuned', 'tuned + grammar + repair']
    assert all(len(s['metrics']) == metrics and s['n'] <= 2 for s in systems)

def test_bad_rows_stop_or_are_counted(place, there):
    refused(there('evaluate', 'assistant', '--data', place/'bad.jsonl'), 'bad.jsonl', 'row 2', 'columns')
    done = there('evaluate', 'assistant', '--data', place/'bad.jsonl', '--skip-bad', '--json')
    assert done.returncode == 0 and json.loads(done.stdout)['systems'][0]['n'] == 1
    assert '2 rows, 1 used, 1 bad row left out' in done.stderr

@pytest.mark.parametrize('verb', ['train', 'evaluate'])
def test_right_queries_that_are_not_valid_stop_or_are_counted(place, there, tmp_path, verb):
    "They are named before any model is loaded"
    rows = [row, row | dict(query=dict(time_range='24h')), row | dict(query=dict(breakdowns=['nowhere']))]
    (tmp_path/'gold.json').write_text(json.dumps(rows))
    refused(there(verb, 'assistant', '--data', tmp_path/'gold.json'), 'row 2, query, time_range', 'write 86400', 'row 3, query, breakdowns[0]', '(1 good row)')
    if verb == 'train': return
    done = there(verb, 'assistant', '--data', tmp_path/'gold.json', '--skip-bad', '--json')
    assert done.returncode == 0 and json.loads(done.stdout)['systems'][0]['n'] == 1
    assert '3 rows, 1 used, 2 bad rows left out; the first: row 2, query, time_range' in done.stderr

@pytest.mark.parametrize('content', [None, b'', b'\xff\xfe\x00', b'not json', b'{}', b'[1]'], ids=['missing', 'empty', 'not utf-8', 'not json', 'no fields', 'a list'])
@pytest.mark.parametrize('verb', ['train', 'evaluate'])
def test_bad_files(here, tmp_path, verb, content):
    path = tmp_path/'mine.jsonl'
    if content is not None: path.write_bytes(content)
    refused(here(verb, 'assistant', '--data', path), 'mine.jsonl')

def test_training_needs_the_right_queries(place, here):
    refused(here('train', 'assistant', '--data', place/'plain.csv'), 'no query to learn from')

names = ['--prompt', 'instruction', '--rejected', 'worse']

def test_choices_are_learned_and_ranked(here, tmp_path):
    rows = [dict(instruction=[dict(role='user', content=f'Where is order {i}?')], chosen=f'Order {i} comes on Monday.', worse=f'You should have asked about {i} before.') for i in range(12)]
    file = tmp_path/'mine.jsonl'
    file.write_text('\n'.join(map(json.dumps, rows)) + '\n{"instruction": ""}\n')
    refused(here('evaluate', 'service', '--data', file, *names, '--skip-bad'), 'finetune-notes train service --pairs FILE')
    refused(here('train', 'service', '--pairs', file, *names), 'mine.jsonl', 'row 13', 'chosen')
    done = here('train', 'service', '--pairs', file, *names, '--skip-bad', '--json')
    assert done.returncode == 0 and '13 rows, 12 pairs, 1 bad row left out' in done.stderr, done.stderr
    facts = json.loads(done.stdout)
    assert facts['examples'] == 12 and len(facts['first_sight']) == 2 and Path(facts['folder']).is_dir()
    done = here('evaluate', 'service', '--data', file, *names, '--skip-bad', '--json')
    assert done.returncode == 0 and json.loads(done.stdout)['n'] == 12, done.stderr
    said = here('evaluate', 'service', '--data', file, *names, '--skip-bad', '--limit', 5).stdout
    assert 'of 5 pairs ranked right' in said and 'the shorter answer was chosen in 100% of them' in said

@pytest.mark.parametrize('content,part', [(b'', 'is empty'), (b'not json', 'expected JSON'), (b'[{"prompt": "a", "chosen": "b", "rejected": "b"}]', 'equal to chosen'), (b'\xff\xfe\x00', 'UTF-8')])
def test_choices_that_cannot_be_read(here, tmp_path, content, part):
    (tmp_path/'mine.json').write_bytes(content)
    refused(here('train', 'service', '--pairs', tmp_path/'mine.json'), 'mine.json', part)

@pytest.mark.parametrize('question,options,parts', [
    ('', ['--columns', 'a'], ['empty']), ('x'*10_000, ['--columns', 'a'], ['10,000 characters']), ('errors', ['--columns', ''], ['no columns']),
    ('errors', ['--columns', '"a'], ['--columns']), ('errors', ['--columns', 'a', '--existing', '{'], ['--existing']),
    ('errors', ['--columns', 'a', '--existing', '{"limit":0}'], ['existing query', 'limit'])])
def test_bad_questions(here, question, options, parts): refused(here('ask', question, *options), *parts)

def test_asking_without_an_assistant(here):
    refused(here('ask', 'errors', '--columns', 'error'), 'finetune-notes run assistant')

def test_what_is_asked_is_what_is_evaluated(place, monkeypatch):
    from finetune_notes.cases.queries.assistant import ask, latest_assistant
    from finetune_notes.cases.queries.trained import ask_all
    from finetune_notes.cases.queries.dataset import query_dataset
    from finetune_notes.cases.queries.repair import improve
    from finetune_notes.core.settings import UserError
    monkeypatch.setenv('FINETUNE_NOTES_RUNS', str(place/'runs'))
    run, examples = latest_assistant(), query_dataset('validation')[:4]
    answers, _, _ = ask_all(examples, run)
    for example,answer in zip(examples, answers):
        try: assert ask(example.question, example.columns, run.model(), run.base.tokenizer()).query == improve(example, answer.text)[0]
        except UserError as e: assert repr(answer.text) in str(e)

hostile = '"a,b",größe,"it\'s ""quoted""",; DROP TABLE spans; --,{{7*7}},<|im_end|>'

def test_asking_with_odd_columns(there):
    done = there('ask', "errors'; DROP TABLE spans; --", '--columns', hostile, '--json')
    assert done.returncode in (0, 2) and 'Traceback' not in done.stderr
    if done.returncode == 0: assert isinstance(json.loads(done.stdout), dict)
    else: assert 'no query was found' in done.stderr and done.stdout == ''

functions = [dict(id='simple_0', question=[[dict(role='user', content='Heat the oven to 180.')]], function=[dict(name='heat', description='Heat the oven.', parameters=dict(type='dict', properties=dict(degrees=dict(type='integer')), required=['degrees']))]),
             dict(id='irrelevance_0', question=[[dict(role='user', content='Hello.')]], function=[])]
accepted = dict(id='simple_0', ground_truth=[dict(heat=dict(degrees=[180]))])

def lines_of(path, rows):
    path.parent.mkdir(exist_ok=True)
    path.write_text('\n'.join(map(json.dumps, rows)))
    return path

def test_function_calls_are_scored(here, tmp_path):
    data, answers = lines_of(tmp_path/'q.json', functions), lines_of(tmp_path/'a.jsonl', [dict(id='simple_0', result='[heat(degrees=180)]'), dict(id='irrelevance_0', result='[heat(degrees=1)]')])
    refused(here('evaluate', 'functions', '--data', data, '--answers', answers), 'q.json', 'row 1', 'ground_truth', '--skip-bad')
    truth = lines_of(tmp_path/'possible_answer'/'q.json', [accepted])
    for options in ([], ['--accepted', truth]):
        done = here('evaluate', 'functions', '--data', data, '--answers', answers, *options, '--json')
        assert done.returncode == 0, done.stderr
        assert [(r['category'], r['right'], r['n']) for r in json.loads(done.stdout)['categories']] == [('simple', 1, 1), ('irrelevance', 0, 1), ('all', 1, 2)]
    assert '1 of      1' in here('evaluate', 'functions', '--data', data, '--answers', answers).stdout
    assert '1 of 2 questions were scored; 1 not: beyond --limit' in here('evaluate', 'functions', '--data', data, '--answers', answers, '--limit', 1).stdout
    refused(here('evaluate', 'functions', '--data', data, '--answers', truth), 'finetune-notes run function_calls')
    refused(here('evaluate', 'functions', '--data', data), 'finetune-notes run function_calls')

def test_bad_rows_of_function_calls_are_counted(here, tmp_path):
    data = lines_of(tmp_path/'q.json', [functions[0] | dict(ground_truth=accepted['ground_truth']), functions[0] | dict(id='simple_1', function=[dict(name='f', parameters=dict(type='dict', properties=dict(a=dict(type='whole'))))])])
    answers = lines_of(tmp_path/'a.jsonl', [dict(id='simple_0', result=[dict(heat=dict(degrees=180))]), dict(id='simple_7', result='[]'), dict(id='x')])
    refused(here('evaluate', 'functions', '--data', data, '--answers', answers), 'q.json', 'row 2', 'function[0]', 'parameters.properties.a.type')
    done = here('evaluate', 'functions', '--data', data, '--answers', answers, '--skip-bad', '--json')
    found = json.loads(done.stdout)
    assert len(found['bad']) == done.stderr.count('left out: ') == 2 and found['categories'][-1]['right'] == 1
    assert found['left_out'] == {'bad rows': 1} and found['unmatched'] == ['simple_7']
    refused(here('evaluate', 'functions', '--data', data, '--answers', tmp_path/'none.jsonl', '--skip-bad'), 'none.jsonl')
    refused(here('evaluate', 'functions', '--answers', answers), '--data FILE')

def test_questions_of_several_turns_are_counted_and_unreadable_answers_are_wrong(here, tmp_path):
    turn = functions[0]['question'][0]
    data = lines_of(tmp_path/'q.json', [functions[1], functions[1] | dict(id='irrelevance_1')] + [dict(id=f'multi_turn_base_{i}', question=[turn, turn], involved_classes=['Files']) for i in range(3)])
    answers = lines_of(tmp_path/'a.jsonl', [dict(id='irrelevance_0', result='<tool_call>\n{"name": "heat", "argu'), dict(id='irrelevance_1', result='Hello to you.')])
    done = here('evaluate', 'functions', '--data', data, '--answers', answers)
    assert done.returncode == 0 and '2 of 5 questions were scored; 3 not: several turns' in done.stdout
    found = json.loads(here('evaluate', 'functions', '--data', data, '--answers', answers, '--json').stdout)
    assert [(r['category'], r['right'], r['unreadable']) for r in found['categories']] == [('irrelevance', 1, 1), ('all', 1, 1)]
    refused(here('evaluate', 'functions', '--data', lines_of(tmp_path/'turns.json', [functions[0] | dict(question=[turn, turn])]), '--answers', answers), 'turns.json', 'several turns')

pair = dict(prompt='Where is it?', first='Here.', second='There.')

@pytest.mark.parametrize('rows,options,parts', [
    ([dict(pair, prompt='')], [], ['mine.jsonl', 'row 1, prompt']), ([pair, dict(pair, first='There.')], [], ['row 2, second', 'skip_bad']),
    ([pair], ['--task', 'pears'], ['pair, label, correct']), ([dict(text='t')], ['--task', 'label'], ['2 to 9']), ([pair], ['--labels', 'a,b'], ['for the task label'])])
def test_files_that_cannot_be_judged(here, tmp_path, rows, options, parts):
    (tmp_path/'mine.jsonl').write_text('\n'.join(map(json.dumps, rows)))
    refused(here('annotate', tmp_path/'mine.jsonl', '--rater', 'ann', '--no-browser', *options), *parts)
    assert [p.name for p in tmp_path.iterdir()] == ['mine.jsonl']

@pytest.mark.parametrize('content,part', [(b'not votes at all, but text\n'*50, 'not a file of votes'), (b'SQLite format 3\0' + b'\xff'*4096, 'votes.db')])
def test_a_file_in_the_place_of_the_votes(here, tmp_path, content, part):
    (tmp_path/'mine.jsonl').write_text(json.dumps(pair))
    (tmp_path/'mine.jsonl.votes.db').write_bytes(content)
    refused(here('annotate', tmp_path/'mine.jsonl', '--no-browser'), part)
    assert (tmp_path/'mine.jsonl.votes.db').read_bytes() == content

def test_lists_and_checks():
    words, every = ([l['lesson'] for l in json.loads(call('list', *options, '--json').stdout)] for options in ([], ['--all']))
    assert {'assistant', 'costs'} <= set(words) and every[:len(words)] == words and {'settings', 'sft', 'execution'} <= set(every[len(words):])
    done = call('doctor', '--json')
    assert {c['check'] for c in json.loads(done.stdout)} >= {'settings', 'packages', 'weights', 'memory', 'disk'}

@pytest.mark.parametrize('arguments,part', [(['fly'], 'unknown command'), (['run', 'nothing'], 'no lesson'), (['run'], 'lesson'), (['ask'], 'question'),
                                            (['train', 'cars', '--data', 'x'], 'train knows sft, assistant and service'), (['train', 'assistant'], '--data FILE'),
                                            (['train', 'service'], '--pairs FILE'), (['evaluate', 'service'], '--data FILE'), (['evaluate', 'service', '--text', 'x'], 'for valuation, not for service')])
def test_wrong_calls(here, arguments, part):
    done = here(*arguments)
    assert done.returncode == 2 and part in done.stderr and 'Traceback' not in done.stderr and done.stdout == ''

def test_a_wrong_setting_is_one_sentence():
    refused(call('doctor', FINETUNE_NOTES_PRESET='huge'), 'FINETUNE_NOTES_PRESET', 'tiny, laptop, gpu')

def test_a_lesson_runs(tmp_path):
    done = call('run', 'artifacts', FINETUNE_NOTES_RUNS=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert '# Artefacts' in done.stdout and '## Takeaways' in done.stdout

def test_the_package_alone(tmp_path):
    "Without the repository: defaults for settings, data made again from its seed, and no notebooks to run"
    top = Path(__file__).resolve().parents[1]
    shutil.copytree(top/'finetune_notes', tmp_path/'site'/'finetune_notes')
    program = ('from finetune_notes.core.settings import load_settings; from finetune_notes.cases.queries.dataset import query_dataset;'
               's = load_settings(); print(s.seed, len(query_dataset("test")), query_dataset.__code__.co_filename, s.runs, s.cache)')
    env = {k: v for k, v in os.environ.items() if not k.startswith('FINETUNE_NOTES')} | {'PYTHONPATH': str(tmp_path/'site'), 'XDG_CACHE_HOME': str(tmp_path/'emptied'), 'XDG_DATA_HOME': str(tmp_path/'kept')}
    done = subprocess.run([sys.executable, '-c', program], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    seed, rows, where, runs, cache = done.stdout.split()
    assert (seed, rows) == ('42', '600') and where.startswith(str(tmp_path))
    assert runs == str(tmp_path/'kept'/'finetune_notes'/'runs') and cache == str(tmp_path/'emptied'/'finetune_notes'), 'cleaners empty a cache'

def test_doctor_says_what_a_small_machine_may_expect(monkeypatch):
    from finetune_notes.course import doctor
    assert [doctor.memory_check(g)[0] for g in (None, 16, 6, 5.9, 3.8, 2.9)] == [True, True, True, True, True, False]
    assert 'one lesson at a time' in doctor.memory_check(3.8)[1] and '3 are needed' in doctor.memory_check(1)[1]
    assert 'twice the time' in doctor.processors_text(1) and 'twice' not in doctor.processors_text(4) and 'not known' in doctor.processors_text(None)
    monkeypatch.setattr(os, 'cpu_count', lambda: 1)
    monkeypatch.setattr(doctor, 'memory_gib', lambda: 3.9)
    said = {name: (ok, text) for name,ok,text in doctor.environment_checks()}
    assert said['memory'][0] and said['processors'][0] and 'everything finishes' in said['processors'][1]
    assert all(f'{d} ' in said['speed'][1] for d in ('bfloat16', 'float32')) and 'is the format to compute in here' in said['speed'][1]

def test_the_time_that_doctor_gives_follows_from_the_benchmarks(monkeypatch, tmp_path):
    from finetune_notes.core import settings
    from finetune_notes.core.checkpoints import working_dtype
    from finetune_notes.course import bench
    from finetune_notes.course.doctor import speed_text, training_minutes
    line = dict(case='queries', side='ours', tokens=1000, rows=10, flop_per_token=6e8, share=.5)
    monkeypatch.setattr(bench, 'clone_folder', lambda: tmp_path)
    place = bench.committed_results(working_dtype())
    place.mkdir(parents=True)
    assert training_minutes(2400, 1e11) is None
    (place/'sft.json').write_text(json.dumps(dict(lines=[dict(line, side='stock'), line])))
    assert training_minutes(2400, 1e11) == pytest.approx(2400*100*6e8/.5e11/60) == 2*training_minutes(1200, 1e11)
    laptop = settings.Settings(preset='laptop')
    assert "training on 2,400 examples takes about" in speed_text(laptop) and 'takes about' not in speed_text(settings.Settings(preset='tiny'))

def test_benchmarks_print_one_document(here, tmp_path):
    done = here('bench', '--only', 'queries', '--rounds', '1', '--json', '--folder', tmp_path)
    assert done.returncode == 0 and list(json.loads(done.stdout)) == ['queries'] and (tmp_path/'queries.json').exists()
    assert 'a second' in here('bench', '--only', 'queries', '--rounds', '1', '--resume', '--folder', tmp_path).stdout
    refused(here('bench', '--only', 'flight'), 'there are: sft, dpo')
    refused(here('bench', '--rounds', '0'), 'rounds = 0')
