"For each exercise of examples a typical wrong answer, and words of the sentence that its author gets"
import random
from finetune_notes.cases.queries.equivalence import canonical_text

def at_random(rows, share, seed):
    drawn = random.Random(seed).sample(rows, len(rows))
    return drawn[round(share*len(rows)):], drawn[:round(share*len(rows))]

def different_questions(test, train):
    both = {e.question for e in test} & {e.question for e in train}
    return len(both), sum(any(canonical_text(t.query) == canonical_text(e.query) for t in test for e in train if e.question == t.question == q) for q in both)

share = dict(op='AVG', column='error')

wrong = {
    'dataset-1': (at_random, 'stands on both sides'),
    'dataset-2': (different_questions, 'Called with'),
}
