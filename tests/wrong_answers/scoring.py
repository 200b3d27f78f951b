"For each exercise of scoring a typical wrong answer, and words of the sentence that its author gets"
from finetune_notes.cases.queries.dsl import to_dsl

def counted_twice(scores):
    pairs = list(zip(scores['same meaning'], scores['execution'], scores['valid']))
    return {'no query': scores['valid'].count(False), 'unknown column': sum(scores['unknown column']), 'another result': sum(v and not r for _,r,v in pairs),
            'right, another way': sum(r and not s for s,r,_ in pairs), 'right': sum(scores['same meaning'])}

wrong = {
    'scoring-1': (lambda example: to_dsl(example.query), 'means the same as the right query'),
    'scoring-2': (counted_twice, "'no query': 1"),
}
