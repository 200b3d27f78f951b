"For each exercise of judge a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'judge-1': (lambda said: 'good' if 'good' in said else 'bad', 'was taken for good; expected bad'),
    'judge-2': (lambda seen, wrong: seen + wrong, 'is seen at'),
}
