"Judges of the exercises of synthesize"
from ..exercises import call_answer, exercise, expect, short_repr

family = (
    dict(id='a'), dict(id='c', made_from='b'), dict(id='b', made_from='a'), dict(id='d'), dict(id='e', made_from='d'),
    dict(id='f'), dict(id='h', made_from='g'), dict(id='g', made_from='c'), dict(id='i'), dict(id='j', made_from='i')
)

origin = dict(zip('abcdefghij', 'aaaddfaaii'))

@exercise('synthesize-1', 'A row that was made from a made row belongs to the first of them all.',
          'Make a dictionary from each id to the id that it was made from, and follow it up.',
          '`while parent[i] is not None: i = parent[i]`. The rows stand in no particular order.')
def relatives(lesson, answer):
    "Relatives on one side"
    for rows in (list(family), list(family[::-1]), list(family[:5])):
        groups = call_answer(answer, rows)
        expect(isinstance(groups, (list, tuple)) and len(groups) == len(rows),
               f'A group for each of {len(rows)} rows is asked for; it gave {short_repr(groups)}.')
        of = {r['id']: g for r,g in zip(rows, groups)}
        for r in rows:
            up = r.get('made_from')
            expect(up is None or of[r['id']] == of[up],
                   f'Row {r["id"]} was made from row {up} and may stand on the other side of a split: their groups '
                   f'are {of[r["id"]]!r} and {of.get(up)!r}.')
        parts = len(set(map(str, groups)))
        expect(parts == len({origin[i] for i in of}),
               f'There are {parts} groups, and {len({origin[i] for i in of})} rows that were made from no other.')
