"For each exercise of decide a typical wrong answer, and words of the sentence that its author gets"
from dataclasses import replace
from finetune_notes.foundations import decide

wrong = {
    'decide-1': (replace(decide.fast_food, quality='good'), 'held there by scope, judge, value, team'),
    'decide-2': (lambda case: {decide.reasons(case)[0].factor}, "For 'Fast food' it gave"),
}
