"For each exercise of parcels a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'parcels-1': (lambda declared, true, factor: (sum(d < t/factor for d,t in zip(declared, true))/len(true), 0, 1), 'were declared at less than'),
    'parcels-2': (lambda texts, values: sum(abs(v - sum(w for s,w in zip(texts, values) if s == t)/texts.count(t)) for t,v in zip(texts, values))/len(values), 'it gave 26.0; expected 20'),
    'parcels-3': ('c', 'A larger model learns the same labels'),
}
