"Judges of the exercises of evals"
from ..exercises import exercise, expect, short_repr, whole_number

def seen(n, gained=0.20, lost=0.10, experiments=4000):
    "Share of experiments with `n` questions whose paired 95 % interval lies above 0"
    import numpy as np
    gap = np.random.default_rng(7).choice([1, -1, 0], p=[gained, lost, 1 - gained - lost], size=(experiments, n))
    return float((gap.mean(1) > 1.96*gap.std(1)/n**0.5).mean())

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
          'Nine times in ten means 1.96 + 1.28 standard errors: solve 0.1 = 3.24·√(0.29/n).')
def questions_for_ten_points(lesson, answer):
    "How many questions show a lead of ten points"
    n = whole_number(answer)
    expect(n > 1, f'With {n} questions there is no interval.')
    share = seen(n) if n < 2000 else 1.0
    expect(share > 0.88, f'With {n} questions the lead shows in {share:.0%} of 4,000 simulated experiments.')
    expect(share < 0.94, f'With {n} questions the lead shows in {share:.0%} of 4,000 simulated experiments: fewer would '
                         'do.')
    return f'With {n} questions it shows in {share:.0%} of the experiments, with sixty in {seen(60):.0%}.'

@exercise('evals-3', 'What was drawn first, and would be drawn anew if the study were repeated with other customers?',
          'The votes on one email belong together: they form a cluster.')
def votes_or_emails(lesson, answer):
    "The unit of five votes on each of forty emails"
    n = whole_number(answer)
    expect(n != 200, '200 votes were given, but five votes on a clear email are one fact, told five times.')
    expect(n != 5, 'Five colleagues voted, but the question is what happens on other emails, not with other colleagues.')
    expect(n == 40, f'There are 200 votes, 40 emails and 5 colleagues; {n} is none of them.')

@exercise('evals-4', '`wilson(0, n)` gives an interval for the rate of failures after n answers without one.',
          'Its upper end must fall below 0.01. Try some n, or a loop.',
          'The rule of three gives 300; the upper end of Wilson falls like 3.84 / n, so look a little above 380.')
def failures_below_one_in_a_hundred(lesson, answer):
    "What no failure in n answers proves"
    from finetune_notes.evaluation.scoreboard import wilson
    n = whole_number(answer)
    expect(n > 0, f'{n} answers show nothing.')
    hi = wilson(0, n)[1]
    expect(hi < 0.01, f'After {n} answers without a failure, a rate of {hi:.2%} is still inside the interval.')
    expect(n == 1 or wilson(0, n - 1)[1] >= 0.01, f'{n} are enough, and {n - 1} would be, too: find the fewest.')
