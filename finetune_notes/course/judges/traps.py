"Judges of the exercises of traps"
from ..exercises import agree_with_reference, exercise

@exercise('traps-1', 'First subtract: how far has each answer of a pair moved?',
          'A pair is ranked better than before where the chosen answer moved by more than the rejected one.',
          'Count the pairs with `c < 0 and c > r`, where `c` and `r` are the changes.')
def falling_together(lesson, answer):
    "Better ranked, less probable"
    agree_with_reference(
        answer, lambda start, end: sum(r - r0 < c - c0 < 0 for (c0, r0), (c, r) in zip(start, end))/len(start),
        ([(-40., -60.), (-40., -60.)], [(-45., -90.), (-39., -61.)]),
        ([(-10., -10.)]*4, [(-12., -11.), (-12., -13.), (-10., -30.), (-9., -8.)])
    )

@exercise('traps-2', 'A pair with a turned label is ranked as its label says with the probability `1 - best`.',
          'So `right = best*(1 - f) + (1 - best)*f` for a share f of turned labels.',
          'Solve it for f: `(best - right)/(2*best - 1)`.')
def share_of_flips(lesson, answer):
    "How many labels are wrong"
    agree_with_reference(answer, lambda right, best: (best-right)/(2*best - 1), (0.9, 0.9), (0.5, 0.8), (0.74, 0.9),
                         (0.1, 0.9), (0.7, 1.))
    return 'A share above one half means that chosen and rejected are swapped.'
