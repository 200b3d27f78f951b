"For each exercise of pairs a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'what_pairs_teach-1': (lambda pairs, estimates, highs: pairs[estimates.index(max(estimates))], 'it gave 100; expected 50'),
    'what_pairs_teach-2': (lambda pairs, shares: (shares[-1] - shares[0])/(pairs[-1] - pairs[0]), 'it gave 0.00133'),
}
