"For each exercise of examples a typical wrong answer, and words of the sentence that its author gets"
import random
from finetune_notes.cases.meaning import compact

def at_random(rows, share, seed):
    drawn = random.Random(seed).sample(rows, len(rows))
    return drawn[round(share*len(rows)):], drawn[:round(share*len(rows))]

def different_questions(test, train):
    both = {e.question for e in test} & {e.question for e in train}
    return len(both), sum(any(compact(t.query) == compact(e.query) for t in test for e in train if e.question == t.question == q) for q in both)

share = dict(op='AVG', column='error')

wrong = {
    'examples-1': (at_random, 'stands on both sides'),
    'examples-2': (different_questions, 'Called with'),
}
