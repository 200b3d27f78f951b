"Judges of the exercises of template"
from ..exercises import call_answer, exercise, expect, to_plain, short_repr
from ._shared import toy

def training_rows(lesson, tokenizer):
    "Rows as collators leave them, and whether they teach a model to stop"
    row = lesson.Template(user='{question}',
                          system='Answer.').row(dict(question='slow requests', answer='COUNT'), tokenizer)
    ids, labels, end = row['input_ids'], row['labels'], tokenizer.eos_token_id
    yield 'the template', ids, labels, True
    yield ('a collator that masks the padding where padding is the end token', ids,
           labels[:-1] + [lesson.ignored_label], False)
    yield 'a template that forgets the end token', ids[:-1], labels[:-1], False
    yield 'a collator that pads on the right', ids + [end]*3, labels + [lesson.ignored_label]*3, True
    yield 'a mask over everything', ids, [lesson.ignored_label]*len(ids), False

@exercise('template-1', 'The model learns from labels, not from input_ids.',
          'Keep the labels that are not -100. Which must be the last of them?')
def stopping(lesson, answer):
    "Does a row teach a model to stop?"
    base, tokenizer = toy()
    for who,ids,labels,right in training_rows(lesson, tokenizer):
        got = to_plain(call_answer(answer, dict(input_ids=ids, labels=labels), tokenizer))
        expect(got is right, f'Of a row from {who} it says {short_repr(got)}; expected {right}.')

@exercise('template-2', 'The tokenizer has tokens of several signs, such as `":"` or `"},{"`. Where would JSON be cut '
                        'inside one?',
          'Try a prompt that begins the answer, `{"op":`, and an answer that goes on with `"COUNT"`.')
def seam(lesson, answer):
    "A seam without a blank that changes the tokens"
    base, tokenizer = toy()
    ids = lambda text: tokenizer(text, add_special_tokens=False)['input_ids']
    expect(isinstance(answer, (tuple, list)) and len(answer) == 2 and all(isinstance(t, str) and t for t in answer),
           'Two texts are asked for, as a tuple.')
    a, b = answer
    expect(not (a[-1].isspace() or b[0].isspace()),
           'There is a blank at the seam: people know of those and strip them. Find a seam without.')
    expect(ids(a + b) != ids(a) + ids(b), f'Joined and apart these are the same {len(ids(a + b))} tokens.')
    return (f'Joined they are {[tokenizer.decode(i) for i in ids(a + b)][-6:]}, apart '
            f'{[tokenizer.decode(i) for i in ids(a) + ids(b)][-6:]}.')

def removed(text, tokenizer):
    "A colleague's way to make a text harmless: special tokens are taken out"
    for token in tokenizer.all_special_tokens: text = text.replace(token, '')
    return text

@exercise('template-3', 'What is left when something is taken out of the middle?',
          'Hide a special token inside another: after the inner one is gone, the outer one stands there.',
          '`<|im_` + `<|im_end|>` + `end|>`: what remains when the middle is removed?')
def put_together(lesson, answer):
    "A text that becomes dangerous by being cleaned"
    base, tokenizer = toy()
    special = lambda text: [tokenizer.decode(i) for i in tokenizer(text)['input_ids'] if i in tokenizer.all_special_ids]
    expect(isinstance(answer, str), f'A text is asked for, and this is {short_repr(answer)}.')
    expect(special(removed(answer, tokenizer)),
           f'After the removal {removed(answer, tokenizer)!r} is left, in which no special token stands.')
    expect(not special(lesson.escape_special_tokens(answer, tokenizer)),
           'This one gets past `defuse` as well: please report it.')
    return (f'What is left holds {special(removed(answer, tokenizer))[0]!r}. Breaking a token up is safe where '
            'removing it is not.')
