"For each exercise of synthetic_data a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'synthetic_data-1': ([], 'are not in your list'),
    'synthetic_data-2': (lambda row, request: 'too long' if len(row['question']) > 40 else True, 'that are right'),
    'synthetic_data-3': (80, 'no relative at all'),
}
