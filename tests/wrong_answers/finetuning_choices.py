"For each exercise of finetuning_choices a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'finetuning_choices-1': ({'guess': 0.9, 'found': 0.95}, 'more than such trainings give'),
    'finetuning_choices-2': ({'A': 'too small', 'B': 'too large', 'C': 'too long'}, "'too large' does not fit training B"),
    'finetuning_choices-3': ('a', 'differed little'),
}
