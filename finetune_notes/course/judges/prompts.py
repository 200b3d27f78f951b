"Judges of the exercises of prompts"
from ..exercises import call_answer, exercise, expect, short_repr, whole_number

@exercise('prompts-1', '`kept_all(example, k)` says whether all needed columns are sent; take the mean over '
                       '`dataset("validation")`.',
          'Try k = 1, 2, 3 and so on, and stop at the first that reaches 0.95.')
def enough_columns(lesson, answer):
    "How many columns are enough"
    k, rows = whole_number(answer), lesson.query_dataset('validation')
    recall = lambda k: sum(lesson.keeps_gold_columns(e, k) for e in rows)/len(rows)
    reached, before = recall(k), recall(k - 1) if k > 0 else 0
    expect(reached >= 0.95, f'With k={k} the needed columns are all there for {reached:.1%} of the questions.')
    expect(before < 0.95, f'With k={k} they are there for {reached:.1%}, and with k={k - 1} for {before:.1%}: find '
                          'the fewest.')
    return f'Recall is {reached:.1%} with k={k}. What is lost here, no model can win back.'

def makers(lesson):
    "Makers of fields and whether they look at the answer"
    yield 'the lesson', lesson.prompt_fields, False
    yield ('a colleague who sends the columns of the right query first',
           lambda e: lesson.prompt_fields(e, columns=[*lesson.used_columns(e.query or {}), *lesson.pick_columns(e)]),
           True)
    yield ('a colleague who leaves the question as it is and gives a template one field more, a hint with the op',
           lambda e: lesson.prompt_fields(e) | dict(hint=str((e.query or {}).get('calculations'))), True)
    yield ('a colleague who writes the existing query twice',
           lambda e: lesson.prompt_fields(e) | dict(again=str(e.existing)), False)

@exercise('prompts-2', 'A prompt that knows its answer changes when the answer is taken away.',
          '`replace(example, query=None)` is the same question without its answer. Compare the fields of both.',
          'The field `answer` itself is meant for training: leave it out of the comparison.')
def leak_test(lesson, answer):
    "Does a prompt know its answer?"
    rows = lesson.query_dataset('validation')[:20]
    for who,make,right in makers(lesson):
        got = call_answer(answer, make, rows)
        expect(bool(got) is right, f'Of the fields of {who} it says {short_repr(got)}; expected {right}.')
