"A reader's larger model beside the recorded ones"
import json
import pytest
from finetune_notes.cases.queries.dataset import query_dataset
from finetune_notes.cases.queries.dsl import to_dsl
from finetune_notes.cases.queries.prompted import asked_of_larger, best_prompt, fair_prompts, larger_models, prompted_outcomes, recorded_prompts, recorded_texts
from finetune_notes.cases.queries.trained import recorded_path, trained_rows
from finetune_notes.core.results import recorded_rows
from finetune_notes.core.settings import UserError

@pytest.fixture
def oracle(monkeypatch):
    "A server that knows the right query to every second question, and wraps it in prose"
    right, asked = {e.question: to_dsl(e.query) for e in asked_of_larger()}, []
    def answer(url, body, key, timeout):
        text = body['messages'][-1]['content']
        asked.append(text)
        question = max((q for q in right if f'NLQ: {q}' in text.rpartition('COLUMNS:')[2]), key=len)
        said = f'Sure!\n{right[question]}\nAnything else?' if list(right).index(question) % 2 == 0 else 'I cannot help with that.'
        return 200, json.dumps(dict(choices=[dict(message=dict(content=said), finish_reason='stop')])), None
    monkeypatch.setattr('finetune_notes.generation.recorder.post_json', answer)
    return asked

def test_one_command_adds_a_model_and_goes_on_where_it_stopped(oracle, runs, command):
    ask = ['record', 'queries', '--endpoint', 'http://127.0.0.1:9/v1', '--model', 'my/own model']
    assert command(*ask, '--limit', 6).returncode == 0 and len(oracle) == 6
    assert command(*ask).returncode == 0 and len(oracle) == 120
    path = larger_models()['my/own model']
    assert path == runs/'queries'/'queries_my-own-model.jsonl'
    found = prompted_outcomes(path, best_prompt.removesuffix(", grammar"))
    assert 28 <= found['execution'].sum() <= 31 and len(found['execution']) == 60, 'a query in prose counts, a refusal does not'
    assert recorded_prompts(path) == ['JSON, 8 common', 'JSON, 8 near']
    with pytest.raises(UserError, match='holds no answer to 60'): prompted_outcomes(path, 'JSON, no examples')

def test_an_endpoint_that_fails_is_one_sentence(runs, command):
    told = command('record', 'queries', '--endpoint', 'http://127.0.0.1:9/v1', '--model', 'm', '--timeout', 1)
    assert told.returncode == 2 and not told.stdout and 'gives no answer' in told.stderr and 'Traceback' not in told.stderr

@pytest.mark.parametrize('model', list(larger_models()))
def test_the_recorded_models_answered_the_prompts_as_they_are_now(model):
    path = larger_models()[model]
    for split in ('validation', 'test'):
        for name in recorded_prompts(path, split): assert len(recorded_texts(path, name, split)) == len(asked_of_larger(split))
    assert best_prompt in recorded_prompts(path)

def test_the_repair_can_be_left_out():
    large = next(path for name,path in larger_models().items() if '1.5b' in name)
    free, repaired = (prompted_outcomes(large, 'JSON, no examples', repair=r) for r in (False, True))
    assert free['unknown column'].sum() > 10 and not repaired['unknown column'].any()

def test_prompts_differ_in_what_their_names_say():
    prompts, e = fair_prompts(), query_dataset('validation')[1]
    text = {name: '\n'.join(m['content'] for m in p.messages(e)) for name,p in prompts.items()}
    assert 'EXAMPLES' not in text['JSON, no examples'] and text['DSL, 8 near'].count('NLQ:') == 9 and text['DSL, 40 varied'].count('NLQ:') == 41
    assert 'TIPS' in text['JSON, 8 common'] and 'TIPS' not in text['JSON, 8 common, no tips'] and 'QUERY SPEC' not in text['JSON, 8 common, no manual']
    assert [n for n,p in prompts.items() if p.grammar(e)] == [f'JSON, 8 {how}, grammar' for how in ('varied', 'common', 'near')]

def test_every_training_is_kept_with_what_it_was_taught():
    rows = recorded_rows(recorded_path())
    keys = [(r['layout'], tuple(r['taught']), r['seed'], r['split']) for r in rows]
    assert len(set(keys)) == len(keys) and all(len(r['free']) == len(r['held']) == len(query_dataset(r['split'])) for r in rows)

def test_answers_to_other_data_are_refused(tmp_path, monkeypatch):
    kept = recorded_rows(recorded_path())
    path = tmp_path/'assistant.jsonl'
    path.write_text(''.join(json.dumps(r | dict(data='of another set')) + '\n' for r in kept))
    monkeypatch.setattr('finetune_notes.cases.queries.trained.recorded_path', lambda: path)
    with pytest.raises(UserError, match='holds no answers of'): trained_rows()
