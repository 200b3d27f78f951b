"For each exercise of annotation a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'annotation-1': ((0.8, 0.6), 'is how often one of them is right'),
    'annotation-2': (100, 'With 100 items the interval is 15.5 points wide'),
    'annotation-3': (dict(a='specific', b='specific', c='interval', d='agreement'), 'compare 88 % with one half'),
}
