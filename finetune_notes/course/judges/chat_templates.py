"Judges of the exercises of chat_templates"
import re
from ..exercises import agree_with_reference, call_answer, exercise, expect, short_repr, to_plain
from ._shared import toy

def prompt_pairs(tokenizer):
    "Rows and prompts as trainers and servers make them, and whether they fit"
    from finetune_notes.templates.template import Template, ignored_label
    template, fields = Template(user='{question}', system='Write the query.'), dict(question='a by b', answer='AVG(a)')
    row, sent = template.row(fields, tokenizer), template.prompt(fields, tokenizer)
    space, line_end = (tokenizer(text, add_special_tokens=False)['input_ids'] for text in ' \n')
    labels = row['labels']
    yield 'the same prompt', row, sent, True
    yield 'a prompt with a space at its end', row, sent + space, False
    yield 'a prompt without its last token', row, sent[:-1], False
    yield 'another prompt of the same length', row, [sent[0] + 1] + sent[1:], False
    yield 'a row whose end token is masked', row | dict(labels=labels[:-1] + [ignored_label]), sent, False
    yield 'a row of which only the end token is trained', row | dict(labels=[ignored_label]*(len(labels) - 1) + labels[-1:]), sent, False
    yield 'a row with a line end after the end token', {k: v + line_end for k,v in row.items()}, sent, True
    yield 'a row whose prompt is not masked', row | dict(labels=list(row['input_ids'])), sent, False
    yield 'a row in which all is masked', row | dict(labels=[ignored_label]*len(row['labels'])), sent, False
    yield 'a row that is only a prompt', dict(input_ids=sent, labels=[ignored_label]*len(sent)), sent, False

@exercise('chat_templates-2', 'The row begins with its prompt. Where does the prompt end? The labels say it.',
          'Count the labels of -100 at the beginning of the row: so many tokens must be the served prompt.',
          'A served prompt that is a token too short also begins the row. It must be exactly the masked part, so the '
          'label after it is not -100, and `end` must be among the labels that follow.')
def fits(lesson, answer):
    "A test for the server"
    _, tokenizer = toy()
    for what, row, sent, right in prompt_pairs(tokenizer):
        got = to_plain(call_answer(answer, row, sent, tokenizer.eos_token_id))
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
