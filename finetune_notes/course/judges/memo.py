"Judges of the exercises of memo"
from dataclasses import replace
from ..exercises import call_answer, exercise, expect, short_repr
from ._shared import differing, judged_case

@exercise('memo-1', 'For every fact of `b`: what is the fit of `a` with this one fact taken from `b`?',
          '`replace(a, **{k: v})` takes one fact over, and `training_fit` says how far the case comes then.',
          'Keep the names `k` of `vars(b)` for which `training_fit(replace(a, **{k: v})) != training_fit(a)`, in a '
          'set.')
def disputes(lesson, answer):
    "What two people should talk about"
    from finetune_notes.decisions.use_case import training_fit, fast_food_case, news_case
    for a, b in ((fast_food_case, replace(fast_food_case, name='Ours', scope='open', seconds=5., quality='good')),
                 (news_case, replace(news_case, rules='partly', team='nobody', per_month=9)),
                 (news_case, fast_food_case), (fast_food_case, fast_food_case)):
        wanted, got = (
            {k for k, v in vars(b).items() if training_fit(replace(a, **{k: v})) != training_fit(a)},
            call_answer(answer, a, b),
        )
        expect(isinstance(got, set) and got == wanted,
               f'For {a.name!r} and {b.name!r} it gave {short_repr(got)}; expected {wanted or "an empty set"}.')

@exercise('memo-2', '`UseCase` takes a name, a task and fifteen facts, in the order of the questionnaire.',
          '`case_problems(case)` says what is missing or contradictory, all at once.',
          'Take the case of `example_cases` that is nearest to yours, and give `replace` its name, its task and what '
          'differs.')
def own_case(lesson, answer):
    "A case of your own"
    from finetune_notes.decisions.use_case import assess, example_cases
    case = judged_case(answer)
    near = [k.name for k in example_cases if k.task == case.task or len(differing(k, case)) < 3]
    expect(not near, f'That is {", ".join(near)} again; write down one of yours.')
    expect(len(case.task.split()) >= 6, f'The task {case.task!r} does not say what goes in and what comes out.')
    found = assess(case)
    return f'Work on the rung {found.rung} now; fit for training {found.fit}. This week: {found.step}'
