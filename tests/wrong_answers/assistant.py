"For each exercise of assistant a typical wrong answer, and words of the sentence that its author gets"
from finetune_notes.cases.shorthand import grammar, shorten
from finetune_notes.foundations.generate import fits

def all_columns(examples, tokenizer): return [i for i,e in enumerate(examples) if not fits(tokenizer, grammar(e.columns + tuple(f'root.{c}' for c in e.columns)), shorten(e.query))]

wrong = {
    'assistant-1': (all_columns, 'it names []'),
    'assistant-2': (lambda board, metric: board.to_frame()[metric].idxmax(), 'expected None'),
}
