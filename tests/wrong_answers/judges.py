"For each exercise of judges a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'judges-1': (0.64, 'the judge would call 68.4% good'),
    'judges-2': (50, 'the interval is'),
    'judges-3': ([], 'wrong labels are not in your list'),
}
