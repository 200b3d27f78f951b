"For each exercise of houses a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'houses-1': (lambda faulty: (sum(sum(f) > len(f)/2 for f in faulty.values())/len(faulty), sum(map(sum, faulty.values()))/sum(map(len, faulty.values()))), 'expected (0.5, 0.25)'),
}
