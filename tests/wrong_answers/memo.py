"For each exercise of memo a typical wrong answer, and words of the sentence that its author gets"
from dataclasses import replace
from finetune_notes.decisions import use_case as decide

wrong = {
    'memo-1': (lambda a, b: {k for k,v in vars(b).items() if getattr(a, k) != v}, "expected {'scope'}"),
    'memo-2': (replace(decide.news_case, name='Our news'), 'News for employees again'),
}
