"Judges of the exercises of explore"
from ..exercises import values_match, call_answer, exercise, expect, short_repr

def cut_rows(seed):
    "Rows of which some fields were cut off, and the names of those"
    import random
    rng = random.Random(seed)
    text = lambda longest: 'x'*rng.randint(1, longest)
    rows = [dict(id=f'{i:06d}', title=text(60)[:24], body=text(500), note=text(90)) for i in range(80)]
    for row in rows[::3]: del row['note']
    if seed % 2: return [row | dict(body=row['body'][:200]) for row in rows], ['title', 'body']
    return rows, ['title']

@exercise('explore-1', '`lengths` says in `at_max` how many rows have the greatest length.',
          'A field whose texts all have one length was not cut: its `min` is its `max`.',
          'A function made in a loop sees the last field unless it is given its own: `lambda r, f=f: ...`, with None '
          'where the row lacks it.')
def cut_fields(lesson, answer):
    "Which fields were cut off?"
    for seed in range(4):
        rows, wanted = cut_rows(seed)
        got = call_answer(answer, rows)
        expect(isinstance(got, (list, tuple, set)) and values_match(sorted(map(str, got)), sorted(wanted)),
               f'Of 80 rows with {", ".join(rows[1])} it names {short_repr(got)}; cut off were {", ".join(wanted)}.')

questions = (('errors by route and host', 'Host and route by errors?',
              True), ('slow requests', 'requests, slow', True), ('top 5 of p95', 'Top 5 of p95!', True),
             ('show me the slowest requests of the last 5 minutes by host',
              'show me the slowest requests of the last 15 minutes by host', False),
             ('count of errors in checkout by host and route today please',
              'count of errors in payment by host and route today please', False), ('errors', 'no errors', False))

@exercise('explore-2', 'In a set of words the order is gone already. Why are two long questions with another number '
                       'still alike?',
          'Nine of eleven words in common is 0.82. What if all words were one element?',
          'A set with one text: the sorted words, without case and punctuation, joined by spaces.')
def features_of_a_question(lesson, answer):
    "The same words in another order"
    for a,b,same in questions:
        for text in (a, b):
            got = call_answer(answer, text)
            expect(isinstance(got, (set, frozenset)) and got and all(isinstance(o, str) for o in got),
                   f'A set of texts is asked for; of {text!r} it gave {short_repr(got)}.')
        found = len(lesson.leaks([a], [b], answer)) > 0
        expect(found == same, f'{a!r} and {b!r} are {"the same question" if same else "two questions"}, and `leaks` '
                              f'with these features finds {"a leak" if found else "none"}.')
