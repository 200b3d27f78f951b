"For each exercise of next_token a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'next_token-1': ('cadb', "At the first wrong place stands 'a'"),
    'next_token-2': (0.95, 'is too high'),
    'next_token-3': (['format', 'model', 'model', 'training'], "Number 3 is not 'model'"),
}
