"For each exercise of triage a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'triage-1': (lambda wrong, person: 1 - person/wrong, 'expected 0'),
    'triage-2': (lambda sure, right, risk: next((sum(s >= t for s in sure)/len(sure) for t in sorted(set(sure), reverse=True) if 1 - sum(r for s,r in zip(sure, right) if s >= t)/sum(s >= t for s in sure) <= risk), 0), 'it gave 0.25; expected'),
}
