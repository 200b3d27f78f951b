"Judges of the exercises of assistant"
from ..exercises import values_match, call_answer, exercise, expect, short_repr
from ._shared import toy

@exercise('assistant-1', 'Inside the grammar only the chosen columns can be written. What if the right answer needs '
                         'another one?',
          'The right answer in the short form is `to_dsl(example.query)`; `grammar_accepts(tokenizer, grammar, text)` says '
          'whether it can be written.',
          'Keep the positions for which `grammar_accepts(tokenizer, answer_grammar(e), to_dsl(e.query))` is false.')
def ceiling(lesson, answer):
    "Answers that no model could write"
    from finetune_notes.cases.queries.dataset import Example, query_dataset
    from finetune_notes.cases.queries.dsl import to_dsl
    from finetune_notes.cases.queries.prompts import answer_grammar
    from finetune_notes.generation.decoding import grammar_accepts
    base, tokenizer = toy()
    mute = Example('how is it going', ('duration_ms', 'colour', 'flavour'),
                   dict(calculations=[dict(op='COUNT')], breakdowns=['flavour']))
    rows = query_dataset('validation')[:12] + [mute] + query_dataset('validation')[30:60]
    wanted = [
        i for i, e in enumerate(rows)
        if not grammar_accepts(tokenizer, answer_grammar(e), to_dsl(e.query))
    ]
    got = call_answer(answer, rows, tokenizer)
    expect(values_match(list(got), wanted),
           f'Of {len(rows)} examples it names {short_repr(got)}; expected {short_repr(wanted)}.')
    return (f'{len(wanted)} of {len(rows)} are out of reach, the best of models included: that is the ceiling of the '
            'column choice.')

def tournament(lesson, n, seed, **skills):
    "A board of systems with these shares of right answers, on the same n questions"
    import numpy as np
    rng, board = np.random.default_rng(seed), lesson.Scoreboard('a tournament')
    difficulty = rng.random(n)
    for name,skill in skills.items():
        board.add(name, {'execution': difficulty + 0.1*rng.normal(size=n) < skill}, keys=range(n))
    return board

@exercise('assistant-2', 'The largest estimate may have been lucky. What do two systems say on the same questions?',
          '`board.versus(metric, a, b)` is the paired difference; a system wins if the interval lies above 0 against '
          'every other.',
          '`all(board.versus(metric, s, o).lo > 0 for o in board.scores if o != s)`; where no system has that, None.')
def winner(lesson, answer):
    "Which system has won, if any"
    for n, seed, skills, wanted in (
        (300, 1, dict(prompt=0.3, tuned=0.8, grammar=0.5), 'tuned'),
        (40, 2, dict(prompt=0.50, tuned=0.55), None),
        (400, 3, dict(old=0.2, tuned=0.8, grammar=0.8), None),
        (2000, 4, dict(prompt=0.70, tuned=0.75), 'tuned'),
    ):
        board = tournament(lesson, n, seed, **skills)
        got, rates = (
            call_answer(answer, board, 'execution'),
            {s: float(r) for s, r in board.to_frame().execution.items()},
        )
        expect(got == wanted, f'On {n} questions, where the rates are {rates}, it gave {short_repr(got)}; expected '
                              f'{wanted!r}.')
