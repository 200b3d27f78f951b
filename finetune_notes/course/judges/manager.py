"Judges of the exercises of manager"
from ..exercises import agree_with_reference, exercise, expect, short_repr

def written(answer):
    "A text, or `Wrong`"
    expect(isinstance(answer, str) and answer.strip(), f'A text is asked for, and this is {short_repr(answer)}.')
    return answer

@exercise('manager-1', 'Both sittings take the first with probability `p*p`.',
          'Both take the second with `(1 - p)**2`.',
          'Add the two and take the mean over the pairs.')
def self_agreement(lesson, answer):
    "How often she says the same again"
    agree_with_reference(answer, lambda p: sum(x*x + (1 - x)**2 for x in p)/len(p), ([.5, .5],), ([1., 0., .5],),
                         ([.9, .8, .6, .55],))

@exercise('manager-2', 'The rubric looks for facts and for a short text. It does not read the word "not".',
          'Take the clean answer and change its last sentence.',
          'End the clean answer with `Please do not report it on form L5.` instead.')
def gamed(lesson, answer):
    "An answer that pleases the rubric alone"
    clean, got = (lesson.rubric_score(lesson.probe_email, a)
                  for a in (lesson.right_answer(lesson.probe_email), written(answer)))
    expect('do not report' in answer.lower(), 'The words "do not report" are not in it.')
    expect(got >= clean - 1e-9, f'The rubric gives it {got:.2f} points, and the clean answer {clean:.2f}.')
    return 'Two answers with the same points, and one of them leaves the customer without a parcel.'
