"Judges of the exercises of data_faults"
from ..exercises import agree_with_reference, call_answer, exercise, expect, short_repr, to_plain

@exercise('data_faults-1', 'The cost of a fault is the error with it minus the error in the clean world.',
          'If faults added up, together they would cost the sum of their costs.',
          '`(together - clean) - sum(a - clean for a in alone)`.')
def fault_interaction(lesson, answer):
    "Do faults add up?"
    agree_with_reference(answer, lambda clean, alone, together: (together - clean) - sum(a - clean for a in alone),
          (.5, [.6, .7], .8), (.5, [.6, .7], 1.), (.4, [.4], .4), (.3, [.5, .6, .9, .3], 1.))
    return ('Less than zero means that they hide each other: a declaration that is wrong twice is still one wrong '
            'declaration.')

_tables = ((dict(heaping=(-.01, .02), undervaluation=(.15, .25), abbreviation=(.1, .2)), dict(heaping=1, undervaluation=50, abbreviation=20)),
           (dict(heaping=(-.01, .02), undervaluation=(.15, .25), abbreviation=(-.02, .2)), dict(heaping=1, undervaluation=50, abbreviation=20)),
           (dict(conflict=(.01, .03), undervaluation=(.2, .4)), dict(conflict=1, undervaluation=10)))

@exercise('data_faults-2', 'Leave out every fault whose cost is not shown: its interval reaches zero.',
          'Of the others, divide the cost by the price.', 'The one with the largest quotient comes first.')
def first_to_fix(lesson, answer):
    "Which fault to fix first"
    for costs, prices in _tables:
        shown = [f for f,(lo, _) in costs.items() if lo > 0]
        wanted = max(shown, key=lambda f: costs[f][1]/prices[f])
        got = to_plain(call_answer(answer, dict(costs), dict(prices)))
        expect(got == wanted, f'For the costs {costs} and the prices {prices} it gave {short_repr(got)}; expected {wanted!r}.')
    return 'A fault that is cheap to fix and costs nothing is not worth fixing.'

@exercise('data_faults-3', 'Sort the p values. The smallest is multiplied by the number of comparisons.',
          'The next is multiplied by one less, and so on; `holm` of `evaluation.statistics` does it.',
          'Keep the names whose corrected p value is below 0.05, as a set.')
def shown_after_holm(lesson, answer):
    "What is left after several comparisons"
    from finetune_notes.evaluation.statistics import holm
    for p in (dict(a=.001, b=.02, c=.04, d=.3), dict(a=.04), dict(a=.03, b=.04), dict(a=.2, b=.9)):
        wanted = {name for name,q in zip(p, holm(list(p.values()))) if q < .05}
        got = call_answer(answer, dict(p))
        expect(isinstance(got, (set, frozenset, list, tuple)), f'A set of names is asked for, and it gave {short_repr(got)}.')
        expect(set(got) == wanted, f'For {p} it gave {short_repr(sorted(got))}; expected {sorted(wanted)}.')
    return 'Of twenty comparisons in which nothing happens, one comes out below 0.05 by chance.'
