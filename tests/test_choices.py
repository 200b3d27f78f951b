"What is recorded of lesson 14 belongs to the code that is there"
from collections import Counter
import pytest
from finetune_notes.cases.queries.choices import Choice, code_of_choices, planned_choices, recorded_choices
from finetune_notes.core.settings import UserError

@pytest.fixture
def recorded():
    try: return recorded_choices()
    except UserError: pytest.skip('no recorded trainings beside this installation')

def test_the_code_that_recorded_is_the_code_that_is_there(recorded):
    assert set(recorded.code) == {code_of_choices()}, 'training, judging or data have changed: record the choices again'

def test_no_training_is_recorded_twice(recorded):
    names = list(Choice.__dataclass_fields__)
    found = Counter(Choice(**row) for row in recorded[names].to_dict('records'))
    assert [c for c, n in found.items() if n > 1] == []
    assert set(planned_choices()) <= set(found), 'some are missing: call record_choices'
