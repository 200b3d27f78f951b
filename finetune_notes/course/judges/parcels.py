"Judges of the exercises of parcels"
from ..exercises import call_answer, exercise, expect, is_number, short_repr, to_plain, values_match

@exercise('parcels-1', 'A parcel is declared low where `declared < true/factor`.',
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
    return 'Ten of fifty are 20 %, with an interval from 11 % to 33 %. That is enough to know that there is a problem, and not how large it is.'

@exercise('parcels-2', 'What is the best single answer to all rows with one text, if the absolute error counts?',
          'It is the median of their values.',
          'Group the values by text, take the median of each group, and then the mean absolute distance of all rows from it.')
def conflict_floor(lesson, answer):
    "What no model can know"
    from statistics import median
    for texts, values in ((['a', 'a', 'b'], [10, 100, 7]), (['a', 'b'], [1, 2]),
                          (['x', 'x', 'x', 'y', 'y'], [10, 10, 100, 5, 15])):
        groups = {t: median(v for s,v in zip(texts, values) if s == t) for t in texts}
        wanted = sum(abs(v - groups[t]) for t,v in zip(texts, values))/len(values)
        got = to_plain(call_answer(answer, texts, values))
        expect(is_number(got) and values_match(got, wanted),
               f'For texts {texts} with values {values} it gave {short_repr(got)}; expected {wanted:g}.')
    return 'Below this error is only a model that knows rows by heart, and it will not help with new ones.'

_why_not = dict(a='Rounding goes up and down: it hardly moves the size of an error. Which fault lies on one side only?',
                c='A larger model learns the same labels. What do they teach it?')

@exercise('parcels-3', 'Which fault makes the average answer wrong, and not only the single one?',
          'Rounding goes up and down. What does declaring low do?', 'The answer is a letter: a, b or c.')
def what_to_fix(lesson, answer):
    "What to fix before a training"
    expect(answer in ('a', 'b', 'c'), f'A letter, a, b or c, is asked for, and this is {short_repr(answer)}.')
    expect(answer == 'b', _why_not.get(answer, ''))
    return 'Low values all lie on one side, so every method learns them. The lesson on data faults measures it.'
