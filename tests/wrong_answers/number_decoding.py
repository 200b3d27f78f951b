"For each exercise of numbers a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'number_decoding-1': (lambda lo, p, loss: max(zip(p, lo))[1], 'absolute error it gave 1000; expected 50'),
    'number_decoding-2': (lambda shares: max(shares, key=shares.get), "expected '00020'"),
}
