"Judges of the exercises of policies"
from ..exercises import exercise, expect, short_repr

teacher = dict(kind='copying', order='61704', text='I have 40 pupils and want to copy from a book of yours, reference '
                                                   '61704.')

def written(answer):
    "A text, or `Wrong`"
    expect(isinstance(answer, str) and answer.strip(), f'A text is asked for, and this is {short_repr(answer)}.')
    return answer

@exercise('policies-1', 'The rule is the one on copies of pages for a class; `policy_of("copying")` shows it.',
          'Two facts of the rule, the form, and the number 61704 must be in it.',
          'Begin with `Reference 61704:` and write the three sentences of the policy, shortened.')
def good_answer(lesson, answer):
    "An answer that keeps all assertions"
    for name,reason in lesson.check_answer(teacher, written(answer)).items():
        expect(not reason, f'It breaks {name}: it {reason}.')
    expect(len(answer.split()) <= 25, f'It has {len(answer.split())} words; expected at most 25.')

@exercise('policies-2', 'Take an answer that breaks nothing, and change what `quotes_order` looks at.',
          'Two digits of a number are easily swapped.',
          'Write 61740 instead of 61704 and leave the rest.')
def wrong_number(lesson, answer):
    "A negative control"
    import re
    found = lesson.broken_assertions(teacher, written(answer))
    expect(found == ['quotes_order'], f"It breaks {', '.join(found) or 'nothing'}; expected quotes_order and no other.")
    expect(re.search(r'(?<!\d)\d{5}(?!\d)', answer),
           'There is no number of five digits in it: it leaves the number out, where it should state another one.')
