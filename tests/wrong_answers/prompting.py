"For each exercise of prompting a typical wrong answer, and words of the sentence that its author gets"
from finetune_notes.evaluation.intervals import paired_bootstrap

def not_shown_worse(outcomes, tokens):
    best = max(outcomes, key=lambda name: sum(outcomes[name]))
    return min((n for n in outcomes if paired_bootstrap(outcomes[best], outcomes[n]).lo <= 0), key=tokens.get)

wrong = {
    'prompting-1': (700*50_000*0.5/1e6*365*1500/700, 'read with each of 50,000 questions'),
    'prompting-2': (not_shown_worse, 'fewer of only 40'),
    'prompting-3': (dict(a='go on', b='wall', c='not the prompt', d='fresh questions'), 'three points at most'),
}
