"Judges of the exercises of diagnosis"
from ..exercises import exercise, expect, is_number, to_plain, short_repr

@exercise('diagnosis-1', 'The rule looks for clumps: values within a quarter of each other.',
          'Let no two values be near each other, on either side.',
          'On each side let each value be several times the one before.')
def unseen_conflict(lesson, answer):
    "A conflict that is not seen"
    import numpy as np
    answer = to_plain(answer)
    expect(
        isinstance(answer,
                   (list, tuple)) and len(answer) >= 6 and all(is_number(to_plain(v)) and v >= 1 for v in answer),
        f'At least six values of 1 or more are asked for, and this is {short_repr(answer)}.')
    cheap, dear = sum(v <= 60 for v in answer), sum(v >= 1000 for v in answer)
    expect(2*cheap >= len(answer) and cheap + dear == len(answer) and dear,
           f'{cheap} of {len(answer)} values are 60 or less and {dear} are 1,000 or more; expected at least half '
           'cheap, and the others dear.')
    expect(not lesson.has_two_clusters(np.array(answer, dtype=float)), 'two_clumps sees this conflict.')
