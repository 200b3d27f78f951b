"Judges of the exercises of chat_templates"
import re
from ..exercises import agree_with_reference, call_answer, exercise, expect, short_repr, to_plain
from ._shared import toy

_conversations = (
    [dict(role='system', content='Write the query.'), dict(role='user', content='average region by user')],
    [dict(role='user', content='Hello'), dict(role='assistant', content='Hello.'), dict(role='user', content='Who?')],
    [dict(role='user', content='two\nlines')])

def like_zephyr(messages, generation):
    "What the published layout makes of a conversation"
    text = ''.join(f"<|{m['role']}|>\n{m['content']}</s>\n" for m in messages)
    return text + '<|assistant|>\n'*generation

@exercise('chat_templates-2', 'Copy the template of Alpaca in the lesson, and change what stands around the content.',
          'All roles are written in the same way, so there is no need for an `if` per role: `<|{{ m[\'role\'] }}|>`.',
          'A line end directly after a Jinja block such as `{% endfor %}` is dropped. The generation prompt is written '
          'only `{% if add_generation_prompt %}`.')
def zephyr(lesson, answer):
    "A chat template in Jinja"
    _, tokenizer = toy()
    expect(isinstance(answer, str) and '{' in answer, f'A text in Jinja is asked for, and this is {short_repr(answer)}.')
    for messages in _conversations:
        for generation in (True, False):
            try: got = tokenizer.apply_chat_template(messages, chat_template=answer, tokenize=False,
                                                     add_generation_prompt=generation)
            except Exception as e: expect(False, f'It cannot be rendered: {type(e).__name__}: {short_repr(str(e))}.')
            wanted = like_zephyr(messages, generation)
            expect(got == wanted, f'With add_generation_prompt={generation} it gave {short_repr(got)}; expected '
                                  f'{short_repr(wanted)}.')

def prompt_pairs(tokenizer):
    "Rows and prompts as trainers and servers make them, and whether they fit"
    from finetune_notes.templates.template import Template, ignored_label
    template, fields = Template(user='{question}', system='Write the query.'), dict(question='a by b', answer='AVG(a)')
    row, sent = template.row(fields, tokenizer), template.prompt(fields, tokenizer)
    space = tokenizer(' ', add_special_tokens=False)['input_ids']
    yield 'the same prompt', row, sent, True
    yield 'a prompt with a space at its end', row, sent + space, False
    yield 'a prompt without its last token', row, sent[:-1], False
    yield 'another prompt of the same length', row, [sent[0] + 1] + sent[1:], False
    yield 'a row whose prompt is not masked', row | dict(labels=list(row['input_ids'])), sent, False
    yield 'a row in which all is masked', row | dict(labels=[ignored_label]*len(row['labels'])), sent, False
    yield 'a row that is only a prompt', dict(input_ids=sent, labels=[ignored_label]*len(sent)), sent, False

@exercise('chat_templates-3', 'The row begins with its prompt. Where does the prompt end? The labels say it.',
          'Count the labels of -100 at the beginning of the row: so many tokens must be the served prompt.',
          'A served prompt that is a token too short also begins the row. It must be exactly the masked part, and '
          'something must follow.')
def fits(lesson, answer):
    "A test for the server"
    _, tokenizer = toy()
    for what, row, sent, right in prompt_pairs(tokenizer):
        got = to_plain(call_answer(answer, row, sent))
        expect(isinstance(got, bool), f'True or False is asked for, and it gave {short_repr(got)}.')
        expect(got is right, f'Of {what} it says {got}; expected {right}.')

_answers = ('AVG(region) by user', 'user\nMIN(queue.size) by http.route', ' SUM(a) by b\nSUM(a) by b\nSUM(', '\n\nP95(a) by b ',
            'To calculate the AVG(region), you can', '', 'AVG user.id by region', 'assistant\nMAX(a) by b)\nMAX(a) by b')

def first_query(text):
    "The first line of an answer that begins like a query"
    lines = [line.strip() for line in text.split('\n')]
    return next((line for line in lines if re.match(r'(AVG|MAX|MIN|SUM|P95)\(', line)), '')

@exercise('chat_templates-1', 'Split the answer into lines, and look at how each begins.',
          'A role such as `user` may stand in front, and the query may come twice: take the first line that fits.',
          "`re.match(r'(AVG|MAX|MIN|SUM|P95)\\(', line)` says whether a line begins like a query. Strip it first.")
def repaired(lesson, answer):
    "An answer cut into shape"
    agree_with_reference(answer, first_query, *((text,) for text in _answers))
