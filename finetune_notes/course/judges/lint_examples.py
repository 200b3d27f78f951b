"Judges of the exercises of lint_examples"
from ..exercises import values_match, call_answer, exercise, expect, to_plain, short_repr

def cut_cases():
    "Rows as (length, positions of graded tokens), and which of them a limit of 10 tokens damages"
    yield ([(8, range(5, 8)), (12, range(5, 12)), (10, range(5, 10)), (11, range(5, 11))], [1, 3],
           'rows that end with their answer')
    yield [(14, range(5, 9)), (14, range(5, 12))], [1], 'rows with padding behind the answer'
    yield [(14, range(11, 14)), (30, range(0))], [0], 'a row cut inside its prompt, and one that grades nothing'

@exercise('lint_examples-1', 'A row that is longer than the limit loses tokens. Does it always lose some that are '
                             'graded?',
          'Padding and a line end behind the answer may go. Look at the labels behind the limit.',
          '`[i for i,r in enumerate(rows) if any(l != ignore for l in r["labels"][limit:])]`.')
def damaged(lesson, answer):
    "Which rows does a limit damage?"
    for shapes,wanted,what in cut_cases():
        rows = [
            dict(input_ids=list(range(n)), labels=[i if i in graded else -100 for i in range(n)])
            for n, graded in shapes
        ]
        got = to_plain(call_answer(answer, rows, 10))
        expect(isinstance(got, (list, tuple)) and values_match(list(got), wanted),
               f'Of {what}, {len(rows)} of them, a limit of 10 tokens damages {wanted}; it gave {short_repr(got)}.')
