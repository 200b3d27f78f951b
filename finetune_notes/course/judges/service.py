"Judges of the exercises of service"
from ..exercises import agree_with_reference, exercise

@exercise('service-1', 'A tie counts one half, so what a mail says is `points - 0.5`.',
          'Add that up over the mails of each wording.',
          'Count the sums above zero and those below. A sum of zero is neither.')
def signs_of_wordings(lesson, answer):
    "The unit of a sign test"
    def right(points, wordings):
        net = [sum(p - .5 for p,w in zip(points, wordings) if w == word) for word in set(wordings)]
        return sum(x > 0 for x in net), sum(x < 0 for x in net)

    agree_with_reference(answer, right, ([1, 1, 0], ['a', 'a', 'b']), ([1, 0, 1, .5], ['a', 'a', 'b', 'c']),
                         ([0., .5, 0.], ['a', 'b', 'a']), ([1, 1, 0, 1], ['a', 'b', 'b', 'b']))
    return 'Ten mails of one wording are one question that was asked ten times.'

@exercise('service-2', 'The implied reward of an answer is `beta*(after - before)`.',
          'A larger log-probability is not a larger reward: an answer may have been likely before.',
          'Take the answer with the largest `after - before`; `beta` is positive and changes no order.')
def highest_reward(lesson, answer):
    "Best of n"
    def right(answers, before, after, beta): return max(zip(answers, before, after), key=lambda x: x[2] - x[1])[0]

    agree_with_reference(answer, right, (['a', 'b', 'c'], [-20., -5., -9.], [-12., -4., -9.5], .3),
                         (['only'], [-3.], [-4.], .1), (['x', 'y'], [-30., -31.], [-29., -29.], 1.))
