"Judges of the exercises of scoring"
from ..exercises import agree_with_reference, exercise
from ._shared import judged_flattery

@exercise('scoring-1', 'The table is the same as long as the change leaves all its rows. Which part of a query only '
                       'takes rows away?',
          'A `limit` that no result reaches, where the right query has none.')
def flattered(lesson, answer):
    "An answer that runs right and means something else"
    judged_flattery(answer)
    return 'Execution accuracy counts all of these as right, which is why the scoreboard shows both.'

stages = ['no query', 'unknown column', 'another result', 'right, another way', 'right']

verdicts = ['1011', '0100', '0000', '1000', '1001', '1011', '0100', '0100'] # valid, unknown column, same meaning, execution

def as_scores(rows):
    "Verdicts as `score` gives them: measure → one bool per answer"
    return {m: [row[i] == '1' for row in rows] for i,m in enumerate(('valid', 'unknown column', 'same meaning',
                                                                     'execution'))}

@exercise('scoring-2', 'An answer with an unknown column is not valid either: count it once, under the more telling '
                       'name.',
          'Sort each answer into the first that fits: unknown column, no query, right, right another way, another '
          'result.',
          'Zip the four lists and count; a stage without answers stands there with 0.')
def funnel(lesson, answer):
    "Where answers fall out"
    def reference(scores):
        places = [
            1 if unknown else 0 if not valid else 4 if same else 3 if right else 2
            for valid, unknown, same, right in zip(*scores.values())
        ]
        return {s: places.count(i) for i,s in enumerate(stages)}

    agree_with_reference(answer, reference, (as_scores(verdicts[:1]),), (as_scores(verdicts[1:2]),),
                         (as_scores(verdicts),), (as_scores(verdicts[3:5]),))
