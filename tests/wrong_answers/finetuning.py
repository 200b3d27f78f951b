"For each exercise of finetuning a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'finetuning-1': (6, 'After epoch 6 the validation loss is 0.47'),
    'finetuning-2': (lambda ids, labels, start: list(ids), 'expected [-100'),
    'finetuning-3': (4096**2, 'which is not trained'),
    'finetuning-4': ('a', 'questions that chose the 50 examples'),
}
