"For each exercise of the_task a typical wrong answer, and words of the sentence that its author gets"
from finetune_notes.cases.queries.dsl import to_dsl

wrong = {
    'the_task-1': ('north', 'valid and wrong'),
    'the_task-2': ({'a', 'b', 'c'}, 'one row'),
    'the_task-3': (lambda example: to_dsl(example.query), 'means the same'),
}
