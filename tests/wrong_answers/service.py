"For each exercise of service a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'service-1': (lambda points, wordings: (sum(p > .5 for p in points), sum(p < .5 for p in points)), 'expected (1, 1)'),
    'service-2': (lambda answers, before, after, beta: answers[after.index(max(after))], "it gave 'b'; expected 'a'"),
}
