"Judges of the exercises of template_bugs"
from ..exercises import call_answer, exercise, expect, short_repr, to_plain
from ._shared import toy

_symptoms = dict(
    a=('T7', 'The answer is right, so the prompt is; what is not learned is the end.'),
    b=('T5', '`True` with a capital letter is Python, not JSON.'),
    c=('T14', 'The model writes the letters; somebody loses them when the answer is read. '
              'How many depends on the special tokens of the prompt.'),
    d=('T9', 'The name stands in a system message that nobody wrote.'),
    e=('T11', 'What is cut off before the training is never learned, and the file does not show it.'),
    f=('T13', 'Look at what stands at the end of the prompt.'))

def is_dictionary(answer, *keys):
    "Raise `WrongAnswer` unless the answer is a dictionary with these keys"
    expect(isinstance(answer, dict) and all(k in answer for k in keys),
           f'A dictionary with the keys {", ".join(keys)} is asked for, and this is {short_repr(answer)}.')

@exercise('template_bugs-1', 'Ask the four questions: is it the text, the tokens, the labels, or how the answer is '
                             'written and read?',
          'a and e are learned from labels. b and c concern the answer. d and f concern the text of the prompt.',
          'Look up T5, T7, T9, T11, T13 and T14.')
def symptoms(lesson, answer):
    "Six symptoms and their bugs"
    is_dictionary(answer, *_symptoms)
    for letter, (code, why) in _symptoms.items():
        expect(answer[letter] == code, f'{letter}: {short_repr(answer[letter])} is not the most probable. {why}')

@exercise('template_bugs-2', 'Decode what it returns and compare with what the template makes, from the first token to '
                             'the last.',
          'Which message is missing, what should stand after the question, and what should not?',
          'Two messages, `add_generation_prompt=True`, and nothing added at the end.')
def repaired(lesson, answer):
    "A prompt without a bug"
    from finetune_notes.templates.bugs import PatchedTemplate
    from finetune_notes.templates.lint import check_template
    from finetune_notes.templates.template import Template
    _, tokenizer = toy()
    template = Template(user='{question}', system='Write the query.')
    examples = [dict(question=q, answer='AVG(a) by b') for q in ('average a by b', 'größte “b”\nby c', 'a. b')]
    made = {}
    for e in examples:
        ids = to_plain(call_answer(answer, e['question'], tokenizer))
        expect(isinstance(ids, list) and ids and all(isinstance(i, int) for i in ids),
               f'A list of token ids is asked for, and it gave {short_repr(ids)}.')
        expect(all(0 <= i < len(tokenizer) for i in ids), f'{short_repr(ids)}: not all of these are token ids.')
        made[e['question']] = ids
    served = PatchedTemplate(template, prompt=lambda fields, tokenizer: made[fields['question']], row=template.row)
    found = check_template(served, tokenizer, examples)
    expect(not found, f'The checker finds: {"; ".join(f"{f.code} {f.title}" for f in found)}.')

_visible = dict(A={'T4'}, B={'T1', 'T4', 'T13'}, C={'T1', 'T4', 'T7', 'T13', 'T15'})

@exercise('template_bugs-3', 'What is the same in print, and what is the same in every example but one?',
          'T7 is in the labels. T1 and T13 cannot be seen in print. '
          'T15 is in one example of a hundred, and alike on both sides.',
          'C sees all of them; B sees those that are in the ids of every prompt.')
def visible(lesson, answer):
    "What a check can see"
    is_dictionary(answer, *_visible)
    for check, codes in _visible.items():
        given = answer[check]
        expect(isinstance(given, (set, list, tuple)) and all(isinstance(c, str) for c in given),
               f'{check}: a set of codes is asked for, and this is {short_repr(given)}.')
        for code in sorted(set(given) ^ codes):
            expect(False, f'{check}: {code} {"can" if code in codes else "cannot"} be seen by it.')
