"Judges of the exercises of valuation"
from ..exercises import values_match, call_answer, exercise, expect, is_number, to_plain, short_repr

@exercise('valuation-1', 'Without a model the clerk needs 2,000 minutes for 1,000 parcels.',
          'With it the clerk needs `share` of that, and the machine 1,000 times `seconds`.',
          '`clerk - share*clerk - price(seconds*1000, 1000, per_hour)` with `clerk = 1000*2/60*30`.')
def clerk_savings(lesson, answer):
    "What a model saves"
    for share,seconds,per_hour in ((.5, .1, .1), (0, 0, 1), (.9, 2., 5.), (1, .5, 1.)):
        wanted, got = (1-share)*1000 - 1000*seconds/3600*per_hour, to_plain(
            call_answer(answer, share, seconds, per_hour))
        expect(is_number(got) and values_match(got, wanted, 1e-4),
               f'With {share:.0%} left to the clerk, {seconds:g} s and {per_hour:g} euros an hour it gave '
               f'{short_repr(got)}; expected {wanted:.2f}.')
    return 'The machine hardly counts. What the clerk has to do again decides.'

@exercise('valuation-2', 'The best answer to all rows with one text is the one that the absolute error asks for.',
          'That is the median of their values.',
          'Group the values by text, take the median of each group, and then the mean absolute distance of all rows '
          'from it.')
def conflict_floor(lesson, answer):
    "What no model can know"
    from statistics import median
    for texts, values in ((['a', 'a', 'b'], [10, 100, 7]), (['a', 'b'], [1, 2]), (['x', 'x', 'x', 'y',
                                                                                   'y'], [10, 10, 100, 5, 15])):
        groups = {t: median(v for s,v in zip(texts, values) if s == t) for t in texts}
        wanted = sum(abs(v - groups[t]) for t,v in zip(texts, values))/len(values)
        got = to_plain(call_answer(answer, texts, values))
        expect(is_number(got) and values_match(got, wanted),
               f'For texts {texts} with values {values} it gave {short_repr(got)}; expected {wanted:g}.')
