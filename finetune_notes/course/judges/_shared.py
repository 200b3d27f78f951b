"What the judges of several lessons need"
from functools import cache
from ..exercises import call_answer, expect, short_repr

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

def judged_flattery(answer):
    "A function that gives texts which run right and mean something else, or `Wrong`"
    from finetune_notes.cases.queries.dataset import query_dataset
    from finetune_notes.cases.queries.scoring import open_spans, score_answer
    rows = [e for e in query_dataset('validation') if 'limit' not in e.query][:6]
    texts = [call_answer(answer, e) for e in rows]
    expect(all(isinstance(t, str) for t in texts), f'A text is asked for; it gave {short_repr(texts[0])}.')
    spans = open_spans(rows)
    for e,text in zip(rows, texts):
        found = score_answer(e, text, spans)
        expect(found['valid'], f'Of {e.question!r}: {short_repr(text)} is not valid.')
        expect(found['execution'], f'Of {e.question!r}: {short_repr(text)} returns another table.')
        expect(not found['same meaning'], f'Of {e.question!r}: {short_repr(text)} means the same as the right query.')
