"For each exercise of guardrails a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'guardrails-1': (lambda attacks, harmless, limit: sorted(n for n in attacks if sum(harmless[n]) <= limit*len(harmless[n])), 'expected'),
    'guardrails-2': (lambda outcomes, limit, start: next((n for n in range(start, len(outcomes) + 1) if sum(outcomes[:n])/n >= limit), None), 'expected 6'),
}
