"For each exercise of valuation a typical wrong answer, and words of the sentence that its author gets"

share = dict(op='AVG', column='error')

wrong = {
    'valuation-1': (lambda share, seconds, per_hour: (1 - share)*1000 - seconds/3600*per_hour, 'left to the clerk'),
    'valuation-2': (lambda texts, values: sum(abs(v - sum(w for s,w in zip(texts, values) if s == t)/texts.count(t)) for t,v in zip(texts, values))/len(values), 'it gave 26.0; expected 20'),
}
