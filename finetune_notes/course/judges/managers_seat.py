"Judges of the exercises of managers_seat"
from ..exercises import agree_with_reference, exercise

@exercise('managers_seat-1', 'Each has a share of first, of second and of ties.',
          'Both say first with the product of their shares of first.',
          'Add the products over all that either said.')
def agreement_by_chance(lesson, answer):
    "What agreement has to be compared with"
    agree_with_reference(answer, lambda a, b: sum(a.count(c)*b.count(c) for c in set(a))/len(a)/len(b),
                         (['first', 'second'], ['first', 'second']), (['first']*4, ['first']*3 + ['tie']),
                         (['first', 'tie', 'second', 'first'], ['second', 'second', 'tie', 'first']),
                         (['first'], ['second']))
    return 'Agreement above this, as a share of what was possible, is Cohen\'s kappa.'
