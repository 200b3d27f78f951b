"Judges of the exercises of dataset"
from ..exercises import agree_with_reference, values_match, call_answer, exercise, expect, short_repr

@exercise('dataset-1', 'What must not stand on both sides is the family, so families are what you draw.',
          'Collect the families, shuffle them with `random.Random(seed)`, and give whole families to the test set '
          'until it has its share.')
def by_family(lesson, answer):
    "A split that does not leak"
    rows = lesson.make_examples(lesson.TRAIN_FAMILIES[:10], 120, seed=5)
    splits = []
    for seed in (1, 2, 1):
        got = call_answer(answer, rows, 0.3, seed)
        expect(isinstance(got, (tuple, list)) and len(got) == 2,
               f'Two lists are asked for, training and test; it gave {short_repr(got)}.')
        train, test = map(list, got)
        key = lambda e: (e.question, e.columns, str(e.existing))
        expect(sorted(map(key, train + test)) == sorted(map(key, rows)),
               f'Of {len(rows)} rows {len(train)} + {len(test)} came back; each is asked for once.')
        both = sorted({e.family for e in train} & {e.family for e in test})
        expect(not both, f'The family {both[0]} stands on both sides.' if both else '')
        expect(0.2 <= len(test)/len(rows) <= 0.4,
               f'{len(test)/len(rows):.0%} of the rows are for the test; about 30 % are asked for.')
        splits.append({e.family for e in test})
    expect(splits[0] == splits[2], 'The same seed gave two different splits.')
    expect(splits[0] != splits[1], 'Two seeds gave the same split.')

def repeats(test, train):
    "How many test questions stand in training, and how many of those with a query that they have there"
    known = {}
    for e in train: known.setdefault(e.question, []).append(e.query)
    seen = [e for e in test if e.question in known]
    return len(seen), sum(e.query in known[e.question] for e in seen)

@exercise('dataset-2', 'Count rows of the test set, not different questions: the score counts rows as well.',
          'Collect the queries of each training question in a dictionary of lists.',
          'The second number is of those rows whose query is in the list of their question.')
def same_words(lesson, answer):
    "The same words, and another answer"
    make = lambda q, c: lesson.Example(q, (c,), dict(breakdowns=[c]))
    small = ([make('errors', 'a'), make('errors', 'b'),
              make('slow', 'a')], [make('errors', 'a'), make('errors', 'c'),
                                   make('Slow', 'a')])
    agree_with_reference(answer, repeats, small)
    test, train = lesson.query_dataset('test'), lesson.query_dataset('train')
    got, wanted = call_answer(answer, test, train), repeats(test, train)
    expect(values_match(got, wanted), f'Of the test set it gave {short_repr(got)}; expected {wanted}.')
    return (f'{wanted[0]} test questions stand in training word for word; over their own columns '
            f'{wanted[0] - wanted[1]} of them mean something else.')
