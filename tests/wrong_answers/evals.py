"A typical wrong answer to each exercise of evals, and what it is told"
wrong = {
    'evals-1': ('a', 'two equal systems differ so much, or more, in six of ten'),
    'evals-2': (60, 'of 4,000 simulated experiments'),
    'evals-3': ('a', 'Five votes on a clear email are one fact'),
    'evals-4': (300, 'After 300 answers without a failure, a rate of 1.26% is still inside'),
}
