"For each exercise of prompts a typical wrong answer, and words of the sentence that its author gets"
from finetune_notes.cases.queries.equivalence import canonical_text

def looks_for_the_answer(make, examples): return any(canonical_text(e.query) in str({k: v for k,v in make(e).items() if k != 'answer'}) for e in examples)

wrong = {
    'prompts-1': (6, 'find the fewest'),
    'prompts-2': (looks_for_the_answer, 'the columns of the right query first it says False'),
}
