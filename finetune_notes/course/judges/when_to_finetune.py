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

@exercise('when_to_finetune-2', 'The lowest row decides: which row is it, and which fact stands behind it?',
          'Try `assess(replace(use_case.news_case, value="high")).fit`, and the same with other facts.',
          'Only one row of the news is weak. The fact behind it is the only one that raises the fit alone.')
def facts_that_raise(lesson, answer):
    "Which single fact raises a fit"
    from finetune_notes.decisions.use_case import case_problems, news_case, questionnaire, training_fit
    expect(isinstance(answer, (set, frozenset)), f'A set of names of facts is asked for, and this is {short_repr(answer)}.')
    unknown = [a for a in answer if a not in questionnaire]
    expect(not unknown, f'{short_repr(unknown[0] if unknown else "")} is no fact; they are {", ".join(questionnaire)}.')
    raising = set()
    for fact, ask in questionnaire.items():
        cases = [replace(news_case, **{fact: option}) for option in ask.options]
        if any(not case_problems(c) and training_fit(c) > training_fit(news_case) for c in cases): raising.add(fact)
    more, fewer = sorted(answer - raising), sorted(raising - answer)
    expect(not more, f'{", ".join(more)} changed alone does not raise the fit: another row is lower.')
    expect(not fewer, 'There is a fact that raises the fit alone, and it is not in the set.')
    return 'The lowest row is the only one worth working on.'

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
