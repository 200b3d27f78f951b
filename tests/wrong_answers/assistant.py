"For each exercise of assistant a typical wrong answer, and words of the sentence that its author gets"
from finetune_notes.cases.queries.dsl import dsl_grammar, to_dsl
from finetune_notes.generation.decoding import grammar_accepts

def all_columns(examples, tokenizer): return [i for i,e in enumerate(examples) if not grammar_accepts(tokenizer, dsl_grammar(e.columns + tuple(f'root.{c}' for c in e.columns)), to_dsl(e.query))]

wrong = {
    'assistant-1': (all_columns, 'it names []'),
    'assistant-2': (lambda board, metric: board.to_frame()[metric].idxmax(), 'expected None'),
}
