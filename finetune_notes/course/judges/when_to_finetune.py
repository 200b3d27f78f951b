"Judges of the exercises of when_to_finetune"
from dataclasses import replace
from ..exercises import exercise, expect, short_repr, whole_number

def _described():
    "The four cases of the first exercise: number, case, what decides it"
    from finetune_notes.decisions.use_case import fast_food_case, query_case, news_case
    return [
        ('1', replace(news_case, privacy='inside', result='enough', judged_by='expert'),
         'the prompt is good enough, and the real data may not go to the hosted model'),
        ('2', replace(fast_food_case, tried='few-shot', result='stuck', facts_change=True),
         'the wrong answers rest on facts that change'),
        ('3', replace(query_case, examples=50_000, tried='nothing', result='unmeasured'),
         'nobody knows what something simple would do'),
        ('4', replace(news_case, result='improving', judged_by='expert'), 'the cheapest rung still pays'),
    ]

@exercise('when_to_finetune-1', 'The first rule that applies decides: nothing tried, good enough, still improving, stuck.',
          'Ask of each: is it good enough? If not, does work on the present rung still pay? If not, what kind are the '
          'wrong answers?',
          'Two of the four stay on the two lowest rungs. The other two need a rung that is drawn with a dashed line.')
def rungs_now(lesson, answer):
    "On which rung to work now"
    from finetune_notes.decisions.use_case import current_rung, rungs
    expect(isinstance(answer, (list, tuple)) and len(answer) == 4,
           f'Four names of rungs are asked for, and this is {short_repr(answer)}.')
    for (number, case, why), given in zip(_described(), answer):
        expect(given in rungs, f'{number}: {short_repr(given)} is no rung; they are {", ".join(rungs)}.')
        expect(given == current_rung(case), f'{number}: not {given}; {why}.')
    return 'None of the four should train a model now, and each for another reason.'

@exercise('when_to_finetune-2', 'The exit test asks two things: what was tried, and whether the questions were enough to exclude a gain.',
          'Is a gain of ten points outside of the interval? Were the attempts such that something could be gained?',
          'One team is left: it made good attempts, excluded a gain worth the work on fresh questions, and read the errors.')
def reports_of_a_wall(lesson, answer):
    "Which reports of a wall to believe"
    expect(isinstance(answer, (set, frozenset)) and all(isinstance(a, str) for a in answer),
           f'A set of letters is asked for, and this is {short_repr(answer)}.')
    expect(answer <= {'a', 'b', 'c'}, 'The teams are a, b and c.')
    expect('a' not in answer, 'Team a: two prompts without examples are bad attempts; examples per request were never tried.')
    expect('b' not in answer, 'Team b: an interval that reaches to 14 points excludes no gain of ten.')
    expect('c' in answer, 'There is a team that tried what the rung offers and excluded a gain worth the work.')
    return 'A wall needs good attempts, enough questions, fresh ones at the end, and errors that somebody has read.'

@exercise('when_to_finetune-3', 'Make two lists of right (1) and wrong (0) and give them to `attempt_gains`; its result has a `hi`.',
          'Of ten questions five are right in both lists, but for two: one that only the older and one that only the '
          'newer gets right.',
          'Compute `attempt_gains([older[:n], newer[:n]])[0].hi` for each n, and take the first below 0.1.')
def enough_to_exclude(lesson, answer):
    "How many questions exclude a gain of ten points"
    from finetune_notes.decisions.use_case import attempt_gains
    n = whole_number(answer)
    expect(n in (25, 50, 100, 200, 400), f'{n} is none of 25, 50, 100, 200 and 400.')
    def upper(n):
        older, newer = ([1]*5 + [0]*5)*n, ([1]*4 + [0, 1] + [0]*4)*n
        return attempt_gains([older[:n], newer[:n]])[0].hi
    found = upper(n)
    expect(found < .1, f'With {n} questions the interval reaches to {found:+.2f}: ten points more are not excluded.')
    expect(upper(n//2) >= .1, f'With {n} questions the interval ends at {found:+.2f}; half as many would do.')
    return f'With {n} questions the interval ends at {found:+.2f}; with half as many at {upper(n//2):+.2f}.'
