"For each exercise of drift a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'skew-1': (lambda high, low: sum(a > b for a in high for b in low)/(len(high)*len(low)), 'expected 0.5'),
    'skew-2': (lambda auc: auc - 0.5, 'Where 20% of the served prompts'),
}
