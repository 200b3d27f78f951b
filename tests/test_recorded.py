"Recorded answers: each file answers exactly the questions that the code builds, and says where it comes from"
import re
import pytest
from finetune_notes.cases.support.verdicts import judge_questions, recorded_verdicts
from finetune_notes.core.settings import load_settings
from finetune_notes.data.rewrites import all_rewrite_requests, recorded_rewrites, rewrite_questions
from finetune_notes.generation.recorder import load_recording

recordings = {'judge.jsonl': (recorded_verdicts, judge_questions),
              'rewrites.jsonl': (recorded_rewrites, lambda: rewrite_questions(all_rewrite_requests()))}

def test_every_recording_has_its_questions():
    folder = load_settings().data/'recorded'
    assert {p.name for p in folder.glob('*.jsonl')} >= set(recordings)

@pytest.mark.parametrize('name', recordings)
def test_a_recording_answers_exactly_the_questions_of_the_code(name):
    load, questions = recordings[name]
    recording, asked = load(), questions()
    assert set(recording.rows) == {q.id for q in asked} == set(recording.head['prompts'])
    assert {q.id: q.hash for q in asked} == recording.head['prompts']

@pytest.mark.parametrize('name', recordings)
def test_a_recording_says_where_it_comes_from(name):
    head = load_recording(load_settings().data/'recorded'/name).head
    assert re.fullmatch('[0-9a-f]{64}', head['sha256']) and head['model'] and head['runs']
    for run in head['runs']: assert run['date'] and run['engine'] and run['machine']['processor']
    assert '/' not in head['model']
