"Judges of the exercises of number_decoding"
from ..exercises import agree_with_reference, values_match, call_answer, exercise, expect, to_plain, short_repr

@exercise('number_decoding-1', 'The expected loss of an answer is a sum over all that the truth may be.',
          '`sum(q*loss(a, truth) for truth,q in zip(lo, p))` for each answer `a` among `lo`.',
          'Take the minimum over `lo` with that sum as its key.')
def best_answer(lesson, answer):
    "The answer that a loss asks for"
    losses = {
        'exact match': lambda a, t: a != t, 'absolute error': lambda a, t: abs(a - t),
        'squared error': lambda a, t: (a - t)**2,
        'a loss that counts too little ten times': lambda a, t: 10*(t-a) if t > a else a - t
    }
    for lo,p in (([20, 50, 1000], [.3, .25, .45]), ([1, 5, 7, 90], [.2, .2, .25, .35]), ([10, 100], [.6, .4])):
        for name,loss in losses.items():
            wanted = min(lo, key=lambda a: sum(q*loss(a, t) for t,q in zip(lo, p)))
            got = to_plain(call_answer(answer, lo, p, loss))
            expect(values_match(got, wanted),
                   f'For {lo} with probabilities {p} and {name} it gave {short_repr(got)}; expected {wanted}.')

@exercise('number_decoding-2', 'Greedy decoding never looks at whole strings: it chooses a digit by the sum of all '
                               'strings that go on so.',
          'Begin with an empty text and add the digit whose continuations have the largest sum, five times.',
          '`max("0123456789", key=lambda d: sum(p for n,p in shares.items() if n.startswith(said + d)))`.')
def greedy_string(lesson, answer):
    "What greedy decoding writes"
    def right(shares):
        said = ''
        while len(said) < 5:
            said += max('0123456789', key=lambda d: sum(p for n,p in shares.items() if n.startswith(said + d)))
        return said

    agree_with_reference(answer, right, ({'00010': .4, '00020': .6},),
                         ({'00010': .4} | {f'0002{d}': .06
                                           for d in range(10)},),
                         ({'00100': .3, '00045': .35, '00120': .2, '00199': .15},),
                         ({'09999': .34, '10000': .33, '10500': .33},))
