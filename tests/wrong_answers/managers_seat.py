"For each exercise of seat a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'managers_seat-1': (lambda a, b: sum(x == y for x,y in zip(a, b))/len(a), 'expected 0.5'),
}
