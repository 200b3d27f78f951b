"For each exercise of faults a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'data_faults-1': (lambda clean, alone, together: together - sum(alone), 'expected'),
    'data_faults-2': (lambda declared, true, factor: (sum(d < t/factor for d,t in zip(declared, true))/len(true), 0, 1), 'were declared at less than'),
}
