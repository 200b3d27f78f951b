"Judges of the exercises of bugs"
from ..exercises import call_answer, exercise, expect, short_repr
from ._shared import small_setup

@exercise('bugs-1', 'Look at how `space_at_end` does it: `Replaced` with a `prompt` and a `row`.',
          'Decode the prompt of the template, replace in the text, and encode it again.',
          'Name `row=t.row` beside the new `prompt`: otherwise training follows, and both sides agree.')
def two_spaces(lesson, answer):
    "A bug of your own"
    setup = small_setup(lesson)
    broken, text = call_answer(answer, setup), setup.tokenizer.decode
    expect(isinstance(broken, lesson.TemplateSetup), f'A `Setup` is asked for, and it gave {short_repr(broken)}.')
    for i,example in enumerate(setup.examples):
        clean = setup.template.row(example, setup.tokenizer)['input_ids']
        trained, _ = lesson.trained_and_served(broken, i)
        served, wanted = (text(s.template.prompt(example, setup.tokenizer)) for s in (broken, setup))
        expect(trained == clean, 'It changes what is trained: both sides have two spaces, and '
                                 f'{short_repr(example["question"])} shows no bug.')
        expect(served == wanted.replace('. ', '.  '),
               f'Of {short_repr(example["question"])} is served {short_repr(served)}.')
    return 'It is T3: other spaces on one side.'
