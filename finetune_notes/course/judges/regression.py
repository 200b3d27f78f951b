"Judges of the exercises of regression"
from ..exercises import values_match, call_answer, exercise, expect, is_number, to_plain, short_repr

@exercise('regression-1', 'Too low is charged with q per euro, too high with 1 - q.',
          'With `above = value - said` the charge is `q*above` where it is positive and `(q - 1)*above` where it is '
          'negative.',
          '`np.maximum(q*above, (q - 1)*above).mean()`.')
def quantile_loss(lesson, answer):
    "A loss for a quantile"
    for said,value,q in (([10, 10], [20, 5], .5), ([10.], [30.], .9), ([10.], [4.], .9), ([1, 2, 3], [3, 2, 1], .25)):
        wanted = sum(max(q*(v - s), (q - 1)*(v - s)) for s,v in zip(said, value))/len(said)
        got = to_plain(call_answer(answer, said, value, q))
        expect(is_number(got) and values_match(got, wanted),
               f'For answers {said}, values {value} and q={q} it gave {short_repr(got)}; expected {wanted:g}.')
    return 'Half of it is the absolute error at q = 0.5: the median.'
