"For each exercise of statistics a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'statistics-1': (lambda votes, emails: len(set(emails)), 'votes, 40 emails with 5 votes each: they are worth about'),
    'statistics-2': (lambda n: 0.5 + 0.98/n**0.5, 'With 30 comparisons a true share of 0.679 is shown in'),
    'statistics-3': ([('a', 'b', 1), ('b', 'c', 1), ('c', 'a', 1)], 'Against b system a wins 1 of 1 votes'),
}
