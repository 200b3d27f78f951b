"For each exercise of valuation a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'valuation-1': (lambda train, held_out, loss: loss < 1, 'where knowing the frequencies costs'),
    'valuation-2': (lambda share, seconds, per_hour: (1 - share)*1000 - seconds/3600*per_hour, 'left to the clerk'),
    'valuation-3': ('a', 'is not shown'),
}
