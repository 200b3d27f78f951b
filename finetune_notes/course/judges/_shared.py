"What the judges of several lessons need"
from functools import cache
from ..exercises import expect, short_repr

@cache
def toy():
    "The `tiny` checkpoint and its tokenizer, read once"
    from finetune_notes.core.checkpoints import load_checkpoint
    return load_checkpoint('tiny'), load_checkpoint('tiny').tokenizer()

def judged_case(answer):
    "A use case without faults, or `Wrong`"
    from finetune_notes.decisions.use_case import UseCase, case_problems
    expect(isinstance(answer, UseCase), f'A `UseCase` is asked for, and this is {short_repr(answer)}.')
    found = case_problems(answer)
    expect(not found, f'It cannot be judged: {found[0] if found else ""}')
    return answer

def small_setup(lesson):
    "A setup without a bug, with sentences that have a full stop"
    from finetune_notes.templates.bugs import TemplateSetup
    from finetune_notes.core.checkpoints import load_checkpoint
    from finetune_notes.templates.template import Template
    tokenizer = load_checkpoint('tiny').tokenizer()
    examples = [dict(question=q, answer='{"limit": 5}') for q in ('Slow requests. Only the last hour.', 'errors',
                                                                  'p95. By host. Now.')]
    return TemplateSetup(Template(user='{question}', system='Write the query. Nothing else.'), tokenizer, examples)

def differing(a, b):
    "The facts in which two cases differ"
    return [k for k,v in vars(a).items() if getattr(b, k) != v]
