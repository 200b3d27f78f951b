"A typical wrong answer to each exercise of look_at_your_data, and what it is told"
wrong = {
    'look_at_your_data-1': (lambda answer: len(answer) < 60, 'of 200 answers. It does not find'),
    'look_at_your_data-2': ('a', 'has a twin in the training data'),
    'look_at_your_data-3': (lambda email: frozenset(email.split()), 'At least 80 should be of the same kind'),
}
