"For each exercise of finetuning a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'finetuning-1': (['wrong filter', 'wrong time', 'wrong grouping', 'right', 'wrong order or limit'],
                     "'wrong grouping' is not what is to be said of answer 3"),
    'finetuning-2': (lambda ids, start: list(ids), 'expected [-100'),
    'finetuning-3': ({'question': 'mean price per city', 'query': 'AVG(price) by city', 'answer': 'AVG(trip.fare) by city'},
                     'column that does not exist'),
    'finetuning-4': ('a', 'questions that chose the 50 examples'),
}
