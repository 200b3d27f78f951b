"For each exercise of traps a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'traps-1': (lambda start, end: sum(c < c0 for (c0, _),(c, _) in zip(start, end))/len(start), 'it gave 0.5; expected 0.25'),
    'traps-2': (lambda right, best: best - right, 'expected 0.5'),
}
