"For each exercise of diagnosis a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'diagnosis-1': ([50, 50, 50, 1000, 1000, 1000], 'two_clumps sees this conflict'),
}
