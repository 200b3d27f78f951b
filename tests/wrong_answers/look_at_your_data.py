"A typical wrong answer to each exercise of look_at_your_data, and what it is told"
wrong = {
    'look_at_your_data-1': (lambda answer: len(answer) < 60, 'of 200 answers. It does not find'),
    'look_at_your_data-2': ('a', 'has a twin in the training data'),
    'look_at_your_data-3': (0.5, 'A share of 0.500 is not what the test file gives'),
}
