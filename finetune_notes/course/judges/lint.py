"Judges of the exercises of lint"
from ..exercises import values_match, call_answer, exercise, expect, short_repr
from ._shared import small_setup

def first_difference(trained, served, tokenizer):
    "Position and both tokens where two rows part; the answer behind the served prompt is no difference"
    from finetune_notes.templates.bugs import first_divergence
    at = first_divergence(trained[:len(served)], served)
    return None if at is None else (at, tokenizer.decode(trained[at:at + 1]), tokenizer.decode(served[at:at + 1]))

@exercise('lint-1', 'The trained row goes on with the answer where the served prompt ends. That is as it should be.',
          'Compare the beginning of the trained row, as long as the prompt, with the prompt. `first_divergence` gives '
          'the position.',
          'A row may also end early: then its token is the empty text.')
def difference(lesson, answer):
    "Where a log parts from training"
    tokenizer = small_setup(lesson).tokenizer
    ids = lambda text: tokenizer(text, add_special_tokens=False)['input_ids']
    asked = ids('Q: slow requests A:')
    for trained, served in ((asked + ids(' COUNT'), asked), (asked, asked), (ids('Q: slow  requests A: COUNT'), asked),
                            (asked[:4], asked), (asked + ids(' 5'), asked + ids(' '))):
        got, wanted = call_answer(answer, trained, served, tokenizer), first_difference(trained, served, tokenizer)
        expect(values_match(got, wanted),
               f'Of {tokenizer.decode(trained)!r} and {tokenizer.decode(served)!r} it gave {short_repr(got)}; '
               f'expected {wanted}.')
