"Judges of the exercises of baselines"
from ..exercises import agree_with_reference, exercise, expect, is_number, to_plain, short_repr

def constant_for(values, loss):
    "The constant that loses least"
    from math import exp, log
    from statistics import mean, median
    return {'absolute': median(values), 'squared': mean(values), 'log': exp(mean(map(log, values)))}[loss]

@exercise('baselines-1', 'The mean minimises squares; which constant has as many values above it as below?',
          'For the last take logarithms, find the best constant for their squares, and go back with `np.exp`.')
def best_constant(lesson, answer):
    "The best constant"
    agree_with_reference(answer, constant_for,
                         *(([1, 2, 10, 100, 1000], loss) for loss in ('absolute', 'squared', 'log')),
                         ([5, 5, 20], 'log'), ([3, 9, 4], 'absolute'))

priced, close = (97, 103, 480, 52, 1010, 100, 100, 100, 50, 1000), (97, 97, 450, 60, 950, 95, 105, 95, 55, 950)

@exercise('baselines-2', 'Five of the values are round. What if you answer with the round one every time?',
          'Get 100, 100, 100, 50 and 1000 right, and be far off elsewhere.')
def flattering(lesson, answer):
    "More hits and larger errors"
    answer = to_plain(answer)
    expect(isinstance(answer, (list, tuple)) and len(answer) == 10 and all(is_number(to_plain(a)) for a in answer),
           f'Ten numbers are asked for, and this is {short_repr(answer)}.')
    hits, off = (lambda made: sum(a == v for a, v in zip(made, priced))), (
        lambda made: sum(abs(a - v) for a, v in zip(made, priced))/10)
    expect(hits(answer) > hits(close),
           f'It has {hits(answer)} exact matches, and the other answers {hits(close)}; expected more.')
    expect(off(answer) > off(close),
           f'Its mean absolute error is {off(answer):.1f}, that of the others {off(close):.1f}; expected a larger one.')
    return (f'{hits(answer)} hits against {hits(close)}, and an error of {off(answer):.0f} against {off(close):.0f}: '
            'exact match flatters who rounds.')
