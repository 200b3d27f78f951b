"For each exercise of which_number a typical wrong answer, and words of the sentence that its author gets"

def mean_for_all(belief):
    mean = sum(n*p for n,p in belief.items())
    return max(belief, key=belief.get), mean, mean

wrong = {
    'which_number-1': (mean_for_all, 'and the absolute error it gave'),
    'which_number-2': (lambda too_low, too_high: too_high/(too_low + too_high), 'it gave'),
    'which_number-3': ('c', 'do not contradict'),
}
