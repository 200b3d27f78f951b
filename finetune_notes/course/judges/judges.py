"Judges of the exercises of judges"
from ..exercises import exercise, expect, is_number, short_repr, to_plain, whole_number

def width(n):
    "Of the combined rate's interval, with `n` labelled answers, sensitivity 0.9, specificity 0.8, and half of 1,000 new answers good"
    from finetune_notes.evaluation.judge import combined_rate, expected_rate
    found = expected_rate(n, 1000, 0.5, 0.9, 0.8, combined_rate)
    return found.hi - found.lo

def labels_alone():
    "Labelled answers, half of them good, of which the share has an interval at most 0.15 wide"
    from finetune_notes.evaluation.intervals import wilson
    def wide(n):
        lo, hi = wilson(n//2, n)
        return hi - lo > 0.15
    return next(n for n in range(20, 1000, 2) if not wide(n))

@exercise('judges-1', 'Of the good answers 90 % are called good, and of the bad ones 30 %.',
          'If the true rate is p, the judge sees 0.9·p + 0.3·(1 − p). That is 0.64.',
          '0.64 = 0.3 + 0.6·p. Solve for p.')
def true_rate(lesson, answer):
    "The rate behind the one that is seen"
    value = to_plain(answer)
    expect(is_number(value), f'A share between 0 and 1 is asked for, and this is {short_repr(answer)}.')
    expect(0 <= value <= 1, f'{value} is no share between 0 and 1.')
    seen = 0.9*value + 0.3*(1 - value)
    expect(abs(seen - 0.64) < 0.005, f'If {value:.1%} of the answers were good, the judge would call {seen:.1%} good.')
    return 'The judge reports 64 %, and the answers are worse than that.'

@exercise('judges-2', '`expected_rate(50, 1000, 0.5, 0.9, 0.8, combined_rate)` is the plan with 50 labelled answers. How wide is its interval?',
          'Try 50, 100, 200 and 400 labelled answers, and print the width.',
          'The width falls roughly with the square root of the number. Between 50 and 200 it passes 0.15.')
def labels_needed(lesson, answer):
    "How many labels you need beside a judge"
    n = whole_number(answer)
    expect(20 <= n <= 100_000, f'{n} labelled answers: expected a number between 20 and 100,000.')
    expect(width(n) <= 0.15, f'With {n} labelled answers the interval is {width(n):.2f} wide.')
    expect(width(int(0.8*n)) > 0.15, f'{n} are enough, but {int(0.8*n)} would be as well: try fewer.')
    return f'With {n} labelled answers the interval is {width(n):.2f} wide. Without the judge, you would need {labels_alone()}.'

@exercise('judges-3', 'Go through the three sentences of the rule. Is each in the answer, with its number or name?',
          'The label is wrong where it says bad and all three sentences are there, or good and one is missing or different.',
          'In the other lines the judge is wrong. There are as many of one kind as of the other.')
def wrong_labels(lesson, answer):
    "Is the judge wrong, or the label?"
    from finetune_notes.cases.support.verdicts import disputed_answers
    rows, value = disputed_answers(), to_plain(answer)
    expect(isinstance(value, (list, tuple, set)) and all(is_number(v) for v in value),
           f'A list of line numbers is asked for, and this is {short_repr(answer)}.')
    expect(set(value) <= set(rows.index), f'The lines have the numbers 0 to {len(rows) - 1}.')
    right = set(rows.index[rows.label != rows.truth])
    missed, extra = sorted(right - set(value)), sorted(set(value) - right)
    if missed: expect(False, f'{len(missed)} wrong labels are not in your list. Read line {missed[0]} again.')
    if extra: expect(False, f'In line {extra[0]} the label is right, and the judge is wrong.')
    return 'You found all wrong labels, and you read only lines where judge and label differ.'
