"Judges of the exercises of scoreboard"
from ..exercises import exercise, expect, whole_number

def seen(n, lead=(0.75, 0.85), experiments=4000):
    "Share of experiments with `n` questions in which the 95 % interval of the lead lies above 0"
    import numpy as np
    rng = np.random.default_rng(7)
    old, new = ((rng.random((experiments, n)) < p).astype(np.int8) for p in lead)
    gap = new - old
    return float((gap.mean(1) - 1.96*gap.std(1)/n**0.5 > 0).mean())

@exercise('scoreboard-1', 'Simulate: draw both systems\' outcomes for n questions, and see how often the lower bound '
                          'is above 0.',
          'The gap of one question has a variance of about 0.75·0.25 + 0.85·0.15 = 0.315. How wide is the interval of '
          'its mean?',
          'A lead is seen nine times in ten when it is 1.96 + 1.28 standard errors: solve 0.1 = 3.24·√(0.315/n).')
def enough_questions(lesson, answer):
    "How many questions show a lead of ten points"
    n = whole_number(answer)
    expect(n > 1, f'With {n} questions there is no interval.')
    share = seen(n) if n < 2000 else 1.0
    expect(share > 0.87, f'With {n} questions the lead is seen in {share:.0%} of 4,000 simulated experiments.')
    expect(share < 0.935, f'With {n} questions the lead is seen in {share:.0%} of 4,000 simulated experiments: fewer '
                          'would do.')
    return f'With {n} questions it is seen in {share:.0%} of experiments, with twenty in {seen(20):.0%}.'

@exercise('scoreboard-2', '`wilson(0, n)` gives an interval for the rate of failures after n answers without one.',
          'Its upper bound must fall below 0.01. Try some n, or a loop.',
          'It falls like 3.84/n: look between 300 and 400 for the first n that is enough.')
def no_failure(lesson, answer):
    "What no failure in n answers proves"
    n = whole_number(answer)
    expect(n > 0, f'{n} answers show nothing.')
    hi = lesson.wilson(0, n)[1]
    expect(hi < 0.01, f'After {n} answers without a failure, a failure rate of {hi:.2%} is still inside the interval.')
    expect(n == 1 or lesson.wilson(0, n - 1)[1] >= 0.01, f'{n} are enough, and {n - 1} would be, too: find the fewest.')
