"For each exercise of raft a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'regression-1': (lambda said, value, q: sum(abs(s - v) for s,v in zip(said, value))/len(said), 'and q=0.5 it gave'),
}
