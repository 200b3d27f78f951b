"Judges of the exercises of valuation"
from math import log
from ..exercises import call_answer, exercise, expect, is_number, short_repr, to_plain, values_match

_reports = (([10]*50 + [60]*50, [10, 60, 60], .6), ([10]*50 + [60]*50, [10, 60, 60], .75), ([5]*90 + [80]*10, [5]*9 + [80], .3),
            ([5]*90 + [80]*10, [5]*9 + [80], .4), ([1, 2, 3, 4], [4, 4], 1.38), ([7]*20, [7, 7], .01))

@exercise('valuation-1', 'How often does each value occur in `train`? That share is its probability for somebody who does not read.',
          'The loss of one value is minus the natural logarithm of this share.',
          'Take the mean over `held_out`, and return whether `loss` is smaller.')
def reads_the_text(lesson, answer):
    "Does a loss show that the text is used?"
    for train,held_out,loss in _reports:
        marginal = -sum(log(train.count(v)/len(train)) for v in held_out)/len(held_out)
        got = to_plain(call_answer(answer, list(train), list(held_out), loss))
        expect(isinstance(got, bool), f'True or False is asked for, and it gave {short_repr(got)}.')
        expect(got == (loss < marginal), f'With a loss of {loss:g} where knowing the frequencies costs {marginal:.3f} it gave {short_repr(got)}.')
    return 'A loss means nothing by itself. Below this line the model reads; above it, it has at best learned what is frequent.'

@exercise('valuation-2', 'Without a model the clerk needs 2,000 minutes for 1,000 parcels.',
          'With it the clerk needs `share` of that, and the machine 1,000 times `seconds`.',
          '`clerk - share*clerk - 1000*seconds/3600*per_hour` with `clerk = 1000*2/60*30`.')
def clerk_savings(lesson, answer):
    "What a model saves"
    for share,seconds,per_hour in ((.5, .1, .1), (0, 0, 1), (.9, 2., 5.), (1, .5, 1.)):
        wanted = (1 - share)*1000 - 1000*seconds/3600*per_hour
        got = to_plain(call_answer(answer, share, seconds, per_hour))
        expect(is_number(got) and values_match(got, wanted, 1e-4),
               f'With {share:.0%} left to the clerk, {seconds:g} s and {per_hour:g} euros an hour it gave '
               f'{short_repr(got)}; expected {wanted:.2f}.')
    return 'The machine hardly counts. What the clerk has to do again decides.'

_why_not = dict(a='The interval holds differences from -0.08 to +0.02: "equally good" is not shown.',
                b='Zero lies inside the interval: that it is better is not shown.',
                d='It says something: how much worse the new model can be at most.')

@exercise('valuation-3', 'Which differences are still possible?', 'What is the largest loss in the interval?',
          'The largest loss is 0.02, and a loss of 0.05 was said to be acceptable.')
def what_may_be_said(lesson, answer):
    "What an interval allows to say"
    expect(answer in ('a', 'b', 'c', 'd'), f'A letter, a, b, c or d, is asked for, and this is {short_repr(answer)}.')
    expect(answer == 'c', _why_not.get(answer, ''))
    return 'The whole interval lies below the margin. That is non-inferiority, and the margin was chosen before.'
