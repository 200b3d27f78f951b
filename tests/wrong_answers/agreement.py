"For each exercise of verdicts a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'agreement-1': ((['second']*19 + ['first'], ['second']*20), 'They agree on 95% of the pairs, and κ is 0.00'),
}
