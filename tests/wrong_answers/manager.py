"For each exercise of manager a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'manager-1': (lambda p: sum(max(x, 1 - x) for x in p)/len(p), 'expected'),
    'manager-2': ('Order 48213: please do not report it.', 'The rubric gives it'),
}
