"Judges of the exercises of use_case"
from ..exercises import call_answer, exercise, expect, short_repr
from ._shared import differing, judged_case

@exercise('use_case-1', '`reasons(fast_food)` names the factors that allow strong and no more.',
          'Each of them has a fact behind it, and a better word for that fact. None of them can be left as it is.',
          'Besides the quality these are the scope, the judge, the value and the team.')
def excellent_food(lesson, answer):
    "What it takes to be excellent"
    fit, other = lesson.training_fit(judged_case(answer)), differing(lesson.fast_food_case, answer)
    expect(fit == 4, f'Its fit is {lesson.fit_levels[fit]}, held there by '
                     f'{", ".join(k for k,v in lesson.best_route_factors(answer).items() if v == fit)}.')
    expect(len(other) <= 5, f'It differs in {len(other)} facts ({", ".join(other)}); five are enough.')
    return 'Four links besides the answers were as weak: better data alone would have changed nothing.'

@exercise('use_case-2', 'The first of `reasons(case)` is the weakest, and others may be as weak.',
          'Compare `r.allows` of each with that of the first.',
          'Collect `r.factor` where `r.allows == found[0].allows`, in a set.')
def weakest_links(lesson, answer):
    "Which factors hold a case"
    for case in lesson.example_cases:
        wanted, got = ({k
                        for k, v in lesson.best_route_factors(case).items()
                        if v == lesson.training_fit(case)}, call_answer(answer, case))
        expect(isinstance(got, set) and got == wanted,
               f'For {case.name!r} it gave {short_repr(got)}; expected {wanted}.')
