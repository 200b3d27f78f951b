"For each exercise of heaping a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'heaping-1': (lambda values: sum(v % 10 == 0 for v in values)/len(values), 'it gave 0.1; expected 0'),
}
