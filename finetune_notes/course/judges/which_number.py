"Judges of the exercises of which_number"
from ..exercises import call_answer, exercise, expect, is_number, short_repr, to_plain, values_match

_beliefs = ({10: .5, 12: .2, 100: .3}, {50: .4, 55: .3, 60: .3}, {5: .3, 200: .3, 220: .4})

@exercise('which_number-1', 'Exact match pays for the most probable number. What do the two errors pay for?',
          'The absolute error asks for the median: the smallest number with at least half of the probability at or below it.',
          'The squared error asks for the mean: the sum of number times probability.')
def three_rules(lesson, answer):
    "One distribution, three answers"
    for belief in _beliefs:
        below, median = 0., None
        for number in sorted(belief):
            below += belief[number]
            if median is None and below >= .5 - 1e-9: median = number
        wanted = (max(belief, key=belief.get), median, sum(n*p for n,p in belief.items()))
        got = to_plain(call_answer(answer, dict(belief)))
        expect(isinstance(got, (list, tuple)) and len(got) == 3, f'Three numbers are asked for, and it gave {short_repr(got)}.')
        for name, g, w in zip(('exact match', 'the absolute error', 'the squared error'), got, wanted):
            expect(is_number(to_plain(g)) and values_match(g, w, 1e-6),
                   f'For {belief} and {name} it gave {short_repr(g)}; expected {w:g}.')
    return 'Three questions, three answers, one model. Decide what an error costs before you read an answer.'

@exercise('which_number-2', 'If both cost the same, half of the belief should lie below.',
          'Raise the answer a little: with which probability does that help, and with which does it hurt?',
          'It helps where the value lies above, it hurts where it lies below: at the best place `below*too_high == (1 - below)*too_low`.')
def share_below_the_answer(lesson, answer):
    "Which quantile fits a cost"
    for too_low,too_high in ((1, 1), (3, 1), (1, 4), (9, 1), (2.5, 2)):
        wanted, got = too_low/(too_low + too_high), to_plain(call_answer(answer, too_low, too_high))
        expect(is_number(got) and values_match(got, wanted, 1e-6),
               f'If a euro too low costs {too_low:g} and a euro too high {too_high:g}, it gave {short_repr(got)}; expected {wanted:.3f}.')
    return 'Newspaper sellers solved this long ago: it is also how many copies to order.'

_why = dict(a='It is right by the letter for one parcel in ten, and far off for the others. An insurance pays by distance.',
            c='They do not contradict each other: they measure two things, and only one of them costs money.')

@exercise('which_number-3', 'What does an insurance pay for?', 'Which of the two measures says how far off a value is?',
          'Matches with a declared value say nothing about the truth.')
def which_system(lesson, answer):
    "Which measure decides"
    expect(answer in ('a', 'b', 'c'), f'A letter, a, b or c, is asked for, and this is {short_repr(answer)}.')
    expect(answer == 'b', _why.get(answer, ''))
    return 'The measure that follows the money decides. Say which one it is before you look at the systems.'
