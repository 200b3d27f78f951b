"Judges of the exercises of preferences"
import math
from ..exercises import call_answer, exercise, expect, is_number, to_plain, short_repr

def softplus(x:float)->float:
    "ln(1 + e^x) without overflow"
    return max(x, 0) + math.log1p(math.exp(-abs(x)))

@exercise('preferences-1', 'First subtract the reference from the policy, then the rejected answer from the chosen '
                           'one.',
          'With `margin = beta*((pc - rc) - (pr - rr))` the loss of a pair is the logarithm of 1 + exp(-margin).',
          'Where the margin is far below zero `exp` overflows: use `np.logaddexp(0, -margin)`, and take the mean.')
def loss_of_pairs(lesson, answer):
    "DPO's loss in plain numbers"
    cases = (([(-40, -60), (-9, -5)], [(-40, -60), (-9, -5)], .1), ([(-37, -61)], [(-40, -60)], .5),
             ([(-50, -50), (-10, -30)], [(-40, -60), (-12, -25)], .3), ([(-3000, -10)], [(-10, -10)], 1.))
    for policy,reference,beta in cases:
        wanted = (sum(softplus(-beta*((pc-rc) - (pr-rr))) for (pc, pr), (rc, rr) in zip(policy, reference))/len(policy))
        got, same = to_plain(call_answer(answer, policy, reference, beta)), policy == reference
        where = ('Where the model is still its reference' if same
                 else f'For {policy} against {reference} and beta={beta}')
        expect(is_number(got) and math.isclose(got, wanted, rel_tol=1e-4),
               f'{where} it gave {short_repr(got)}; expected {wanted:.4f}{", ln 2" if same else ""}.')

@exercise('preferences-2', 'Count words with `split`, of the chosen and of the rejected answer.',
          'Two answers of one length tell nothing: they count one half.',
          '`(a < b) + (a == b)/2` for the two counts of each pair, and the mean.')
def length_rule(lesson, answer):
    "What length alone knows"
    make = lambda *pairs: [lesson.Pair('Q', a, b) for a,b in pairs]
    cases = (
        make(('on Monday', 'we are very sorry')),
        make(('yes', 'no'), ('a b', 'c'), ('d', 'e f g'), ('h', 'i j')),
        make(('one two', 'three  four')),
    )
    for pairs in cases:
        size = [(len(p.chosen.split()), len(p.rejected.split())) for p in pairs]
        wanted, got = sum((a < b) + (a == b)/2 for a,b in size)/len(size), to_plain(call_answer(answer, pairs))
        expect(is_number(got) and math.isclose(got, wanted, abs_tol=1e-6),
               f'Of pairs of {size} words it said {short_repr(got)}; expected {wanted:g}.')
    return 'If it is far from one half, an accuracy of the model has to be compared with it.'
