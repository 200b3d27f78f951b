"Judges of the exercises of triage"
from ..exercises import agree_with_reference, exercise

@exercise('triage-1', 'Answering costs `wrong` times the probability of being wrong; handing over costs `person`.',
          'At the threshold both cost the same: `wrong*(1 - p) == person`.',
          'Solve for p, and think of a person who costs more than a wrong answer.')
def break_even(lesson, answer):
    "When to answer"
    agree_with_reference(answer, lambda wrong, person: max(0, 1 - person/wrong), (12, 2), (10, 1), (2, 2), (1, 4),
                         (100, 2))

@exercise('triage-2', 'Try every confidence that occurs as the threshold, and keep what is at least so sure.',
          'Not the first threshold that fits: the risk may rise and fall again, and the largest share is asked for.',
          '`1 - sum(kept)/len(kept) <= risk` says whether a threshold will do; compare `len(kept)/len(sure)`.')
def most_mail(lesson, answer):
    "As much as the risk allows"
    def reference(sure, right, risk):
        kept = lambda t: [r for s,r in zip(sure, right) if s >= t]
        return max((len(kept(t))/len(sure) for t in sure if 1 - sum(kept(t))/len(kept(t)) <= risk + 1e-12), default=0)

    agree_with_reference(answer, reference, ([.9, .8, .7, .6], [1, 0, 1, 1], .3), ([.9, .8, .7, .6], [1, 1, 0, 0], .1),
                         ([.9, .8], [0, 0], .2), ([.9, .9, .5], [1, 0, 1], .4), ([.5, .9, .7], [1, 1, 1], .02))
