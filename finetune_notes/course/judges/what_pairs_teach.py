"Judges of the exercises of what_pairs_teach"
from ..exercises import agree_with_reference, exercise

@exercise('what_pairs_teach-1', 'The best estimate of all is `max(estimates)`.',
          'A number of pairs is enough where its upper bound is not below that.',
          'Of those numbers give the smallest.')
def pairs_enough(lesson, answer):
    "Where more choices were not shown to help"
    agree_with_reference(
        answer, lambda pairs, estimates, highs: min(n for n, h in zip(pairs, highs) if h >= max(estimates)),
        ([25, 50, 100], [.6, .7, .72], [.7, .75, .8]), ([25, 50], [.5, .8], [.6, .9]),
        ([200, 100], [.7, .69], [.8, .79]), ([10], [.5], [.9])
    )

@exercise('what_pairs_teach-2', 'On the axis asked for, 25, 50, 100 and 200 are one step apart: take `np.log2`.',
          '`np.polyfit(x, y, 1)` gives slope and intercept.',
          '`np.polyfit(np.log2(pairs), shares, 1)[0]`, as a plain number.')
def gain_of_a_doubling(lesson, answer):
    "A learning curve in one number"
    from math import log2
    def right(pairs, shares):
        x = [log2(n) for n in pairs]
        mx, my = sum(x)/len(x), sum(shares)/len(x)
        return sum((a - mx)*(b - my) for a,b in zip(x, shares))/sum((a - mx)**2 for a in x)

    agree_with_reference(
        answer, right, ([25, 50, 100], [.5, .55, .6]), ([25, 400], [.6, .8]), ([10, 20, 40, 80], [.7, .7, .6, .8])
    )
