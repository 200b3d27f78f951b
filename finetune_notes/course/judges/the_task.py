"Judges of the exercises of the_task"
from ..exercises import exercise, expect, short_repr
from ._shared import judged_flattery

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
    judged_flattery(answer)
    return 'Execution accuracy counts all of these as right, which is why both measures are reported.'
