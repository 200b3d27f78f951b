"Judges of the exercises of skew"
from ..exercises import (agree_with_reference, values_match, call_answer, exercise, expect, is_number, to_plain,
                         short_repr)

def counted_auc(high, low):
    "The share of pairs in which the first is higher, a tie counting half"
    return sum((a > b) + (a == b)/2 for a in high for b in low)/(len(high)*len(low))

@exercise('skew-1', 'Take every served score with every trained one. In how many of these pairs is the served one '
                    'higher?',
          'Where the two are equal a coin decides: half a pair.',
          '`sum((a > b) + (a == b)/2 for a in high for b in low)`, over the number of pairs.')
def pairs_won(lesson, answer):
    "An AUC by counting"
    agree_with_reference(answer, counted_auc, ([3, 4], [1, 2]), ([1, 2, 3], [1, 2, 3]), ([0.2, 0.9, 0.4], [0.4, 0.1]),
                         ([1], [2]), ([5, 5], [5]))
    expect(values_match(call_answer(answer, [2, 2, 3], [1, 2]), lesson.delong_auc([2, 2, 3], [1, 2])[0]),
           'It is not what `auc` of the lesson gives for [2, 2, 3] and [1, 2].')

def strangers(share, n=4000):
    "Scores of prompts of which a share comes from elsewhere and is recognised; the others look alike"
    import numpy as np
    rng = np.random.default_rng(3)
    return np.where(np.arange(n) < share*n, 2., rng.random(n)), rng.random(n)

@exercise('skew-2', 'A prompt from elsewhere beats every trained one. How often does one of the usual kind?',
          'The usual ones win half of their pairs, so the AUC is `share + (1 - share)/2`. Solve it for the share.',
          '`2*auc - 1`, and 0 where the AUC is below one half, which is chance.')
def share_behind(lesson, answer):
    "The share behind an AUC"
    for share in (0, 0.2, 0.5, 1):
        value, _ = lesson.delong_auc(*strangers(share))
        got = to_plain(call_answer(answer, value))
        expect(is_number(got) and abs(got - share) < 0.03,
               f'Where {share:.0%} of the served prompts come from elsewhere and are recognised, the AUC is '
               f'{value:.3f}; from that it gave {short_repr(got)}.')
    got = to_plain(call_answer(answer, 0.4))
    expect(values_match(got, 0), f'An AUC of 0.4 gave {short_repr(got)}; a share cannot be below 0.')
    return 'An AUC of 0.6, where drift is called, is one prompt in five from elsewhere, if each of them can be told.'
