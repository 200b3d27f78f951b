"A typical wrong answer to each exercise of first_finetune, and what it is told"
wrong = {
    'first_finetune-1': ({'guess': {4: 10, 8: 30}, 'found': {4: 1, 8: 2}}, '2 of 60 after 8 examples'),
    'first_finetune-2': ({'AVG'}, 'AVG is among the 8 examples'),
    'first_finetune-3': ('c', 'it forgets as much'),
}
