"Judges of the exercises of evals"
from ..exercises import exercise, expect, short_repr, whole_number

def seen(n, gained=0.20, lost=0.10, experiments=4000):
    "Share of experiments with `n` questions in which McNemar's exact test finds the lead"
    import numpy as np
    from scipy.stats import binom
    new, old, _ = np.random.default_rng(7).multinomial(n, [gained, lost, 1 - gained - lost], size=experiments).T
    return float(((new > old) & (2*binom.cdf(old, new + old, 0.5) < 0.05)).mean())

@exercise('evals-1', 'Only the questions that one of the two got right alone can tell them apart: 9 against 6.',
          'Toss a coin fifteen times: how often is one side at least nine times on top? '
          '`scipy.stats.binomtest(9, 15).pvalue` says it.',
          'That a difference was not shown does not show that there is none.')
def nine_against_six(lesson, answer):
    "What 51 against 48 of 60 says"
    letter = answer.strip('() .').lower() if isinstance(answer, str) else None
    expect(letter in ('a', 'b', 'c'), f"A letter, 'a', 'b' or 'c', is asked for, and this is {short_repr(answer)}.")
    expect(letter != 'a', 'Nine questions against six: two equal systems differ so much, or more, in six of ten '
                          'experiments.')
    expect(letter != 'b', 'The interval of the difference reaches from about −8 to +17 points: a large gain is possible, '
                          'and so is a loss.')

@exercise('evals-2', 'Try `detected(200, 0.20, 0.10)` and `detected(500, 0.20, 0.10)`. The number lies between the two.',
          'The difference of one question has a variance of about 0.30 − 0.01 = 0.29. How wide is the interval of its '
          'mean?',
          'Nine times in ten means 1.96 + 1.28 standard errors: solve 0.1 = 3.24·√(0.29/n). The exact test asks for a '
          'few questions more.')
def questions_for_ten_points(lesson, answer):
    "How many questions show a lead of ten points"
    n = whole_number(answer)
    expect(n > 1, f'{n} questions can show no lead.')
    share = seen(n) if n < 2000 else 1.0
    expect(share > 0.88, f'With {n} questions the lead shows in {share:.0%} of 4,000 simulated experiments.')
    expect(share < 0.94, f'With {n} questions the lead shows in {share:.0%} of 4,000 simulated experiments: fewer would '
                         'do.')
    return f'With {n} questions it shows in {share:.0%} of the experiments, with sixty in {seen(60):.0%}.'

@exercise('evals-3', 'What would be drawn anew if the study were repeated with other customers?',
          'The votes on one email belong together: they form a cluster. How many clusters does each plan have?')
def votes_or_emails(lesson, answer):
    "Whom to ask with 200 votes on emails"
    letter = answer.strip('() .').lower() if isinstance(answer, str) else None
    expect(letter in ('a', 'b', 'c'), f"A letter, 'a', 'b' or 'c', is asked for, and this is {short_repr(answer)}.")
    expect(letter != 'a', 'Five votes on a clear email are one fact, counted five times: this plan has 40 units.')
    expect(letter != 'c', 'This plan knows one email very well, and says nothing about other emails.')

@exercise('evals-4', '`wilson(0, n)` gives an interval for the rate of failures after n answers without one.',
          'Its upper end must fall below 0.01. Try some n, or a loop.',
          'The rule of three gives 300; the upper end of Wilson falls like 3.84 / n, so look a little above 380.')
def failures_below_one_in_a_hundred(lesson, answer):
    "What no failure in n answers proves"
    from finetune_notes.evaluation.intervals import wilson
    n = whole_number(answer)
    expect(n > 0, f'{n} answers show nothing.')
    hi = wilson(0, n)[1]
    expect(hi < 0.01, f'After {n} answers without a failure, a rate of {hi:.2%} is still inside the interval.')
    expect(n == 1 or wilson(0, n - 1)[1] >= 0.01, f'{n} are enough, and {n - 1} would be, too: find the fewest.')
