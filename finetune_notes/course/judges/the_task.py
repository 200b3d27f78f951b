"Judges of the exercises of the_task"
from ..exercises import call_answer, exercise, expect, short_repr

@exercise('the_task-1', 'Which wrong answers does the user see? Those that are valid and not right by execution.',
          'Take *valid* minus *execution* for each; then compare the right answers of those that are allowed.')
def shown_first(lesson, answer):
    "Which assistant to show first"
    expect(answer in ('north', 'east', 'south', 'west'), f'Give one of the four names; it gave {short_repr(answer)}.')
    wrong = dict(north='67 % of its answers are valid and wrong: the user sees them.',
                 south='35 % of its answers are valid and wrong: the user sees them.',
                 west='It shows nothing wrong, but another one that is allowed has more right answers.')
    expect(answer == 'east', wrong.get(answer, ''))
    return 'Only 14 % are valid and wrong, and it has the most right answers of those that are allowed.'

@exercise('the_task-2', 'By execution two queries are equal if they return the same table. What does a limit of 500 change for a dozen routes?',
          'Without `last`, a query asks for the last two hours, which are 7,200 seconds.',
          'The right query asks for no order, so the order of the rows does not count.')
def same_tables(lesson, answer):
    "Which answers return the same table"
    expect(isinstance(answer, (set, frozenset, list, tuple)), f'A set of letters is asked for; it gave {short_repr(answer)}.')
    got = set(answer)
    expect('b' not in got, 'b has no groups: its table has one row.')
    missing = sorted({'a', 'c', 'd'} - got)
    expect(not missing, f'{missing[:1][0] if missing else ""} returns the same table as well.')
    expect(got == {'a', 'c', 'd'}, f'Only the letters a to d are asked for; it gave {short_repr(answer)}.')

@exercise('the_task-3', 'The table is the same as long as the change leaves all its rows. Which part of a query only takes rows away?',
          'A `limit` that no result reaches, where the right query has none.')
def flattered(lesson, answer):
    "An answer that runs right and means something else"
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
    return 'Execution accuracy counts all of these as right, which is why both measures are reported.'
