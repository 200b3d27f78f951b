"For each exercise of data_faults a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'data_faults-1': (lambda clean, alone, together: together - sum(alone), 'expected'),
    'data_faults-2': (lambda costs, prices: max(costs, key=lambda f: costs[f][1]/prices[f]), "expected 'abbreviation'"),
    'data_faults-3': (lambda p: {name for name, q in p.items() if q < .05}, 'expected'),
}
