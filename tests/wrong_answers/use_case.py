"For each exercise of decide a typical wrong answer, and words of the sentence that its author gets"
from dataclasses import replace
from finetune_notes.decisions import use_case as decide

wrong = {
    'use_case-1': (replace(decide.fast_food_case, quality='good'), 'held there by scope, judge, value, team'),
    'use_case-2': (lambda case: {decide.fit_reasons(case)[0].factor}, "For 'Fast food' it gave"),
}
