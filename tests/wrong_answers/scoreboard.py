"For each exercise of evals a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'scoreboard-1': (20, 'of 4,000 simulated experiments'),
    'scoreboard-2': (100, 'After 100 answers without a failure, a failure rate of 3.70% is still inside'),
}
