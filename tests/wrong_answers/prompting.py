"For each exercise of prompting a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'prompting-1': (700*50_000*0.5/1e6*365*1500/700, 'read with each of 50,000 questions'),
    'prompting-2': (lambda outcomes, tokens: max(outcomes, key=lambda name: sum(outcomes[name])), "expected 'short'"),
    'prompting-3': (dict(a='go on', b='wall', c='not the prompt', d='fresh questions'), 'moved nothing'),
}
