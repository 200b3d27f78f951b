"Judges of the exercises of agreement"
from ..exercises import exercise, expect

@exercise('agreement-1', 'κ is below 0 where two people agree less often than their habits alone would make them.',
          'Both vote second nearly always, and each has an exception now and then. On the same pairs?',
          'Of 20 pairs let each vote first once, each on a pair of their own.')
def worse_than_chance(lesson, answer):
    "Agreement of nine in ten that is worth nothing"
    expect(isinstance(answer, (tuple, list)) and len(answer) == 2 and all(isinstance(o, (tuple, list)) for o in answer),
           'Two lists are asked for, as a tuple.')
    a, b = answer
    expect(10 <= len(a) == len(b) <= 100 and {*a, *b} <= {'first', 'second'},
           'Each list has 10 to 100 votes, first or second, and both have as many.')
    same, k = sum(map(str.__eq__, a, b))/len(a), lesson.cohen_kappa(a, b).estimate
    expect(same >= 0.9, f'They agree on {same:.0%} of the pairs.')
    expect(k < -1e-9, f'They agree on {same:.0%} of the pairs, and κ is {k:.2f}, not below 0.')
    return f'They agree on {same:.0%} of the pairs, and κ is {k:.2f}. Say both, and how often each vote was given.'
