"For each exercise of preferences a typical wrong answer, and words of the sentence that its author gets"
import math

wrong = {
    'preferences-1': (lambda policy, reference, beta: sum(math.log1p(math.exp(-beta*(c - r))) for c,r in policy)/len(policy), 'expected 0.6931, ln 2'),
    'preferences-2': (lambda pairs: sum(len(p.chosen) < len(p.rejected) for p in pairs)/len(pairs), 'expected 0.625'),
}
