"Judges of the exercises of data_faults"
from ..exercises import (agree_with_reference, values_match, call_answer, exercise, expect, is_number, to_plain,
                         short_repr)

@exercise('data_faults-1', 'The cost of a fault is the error with it minus the error in the clean world.',
          'If faults added up, together they would cost the sum of their costs.',
          '`(together - clean) - sum(a - clean for a in alone)`.')
def fault_interaction(lesson, answer):
    "Do faults add up?"
    agree_with_reference(answer, lambda clean, alone, together: (together - clean) - sum(a - clean for a in alone),
          (.5, [.6, .7], .8), (.5, [.6, .7], 1.), (.4, [.4], .4), (.3, [.5, .6, .9, .3], 1.))
    return ('Less than zero means that they hide each other: a declaration that is wrong twice is still one wrong '
            'declaration.')

@exercise('data_faults-2', 'A parcel is declared low where `declared < true/factor`.',
          'Count them; `wilson` of the lesson on evals gives the interval.',
          '`(low/n, *wilson(low, n))`.')
def low_audit(lesson, answer):
    "Fifty parcels looked up"
    from finetune_notes.evaluation.intervals import wilson
    for declared, true, factor in (([10, 90, 100, 30], [100, 100, 100, 100], 2), ([1]*50, [10]*50, 5),
                                   ([5, 50], [10, 60], 2), (list(range(1, 51)), [60]*50, 3)):
        low = sum(d < t/factor for d,t in zip(declared, true))
        wanted, got = (low/len(true), *wilson(low, len(true))), to_plain(call_answer(answer, declared, true, factor))
        expect(isinstance(got, (list, tuple)) and len(got) == 3,
               f'A share and two bounds are asked for, and it gave {short_repr(got)}.')
        expect(values_match(got, wanted),
               f'Of {len(true)} parcels {low} were declared at less than a {factor}th; it gave '
               f'{short_repr([round(float(g), 4) if is_number(to_plain(g)) else g for g in got])}, expected '
               f'{short_repr([round(w, 4) for w in wanted])}.')
