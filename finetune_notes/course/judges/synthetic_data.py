"Judges of the exercises of synthetic_data"
from ..exercises import call_answer, exercise, expect, is_number, short_repr, to_plain, whole_number

@exercise('synthetic_data-1', 'For each line ask: which value, and one for each of what?',
          'A ratio, a number of things, and a value over everything are not a value for each group.',
          'Four lines ask for something else.')
def other_questions(lesson, answer):
    "Which rewrites ask for something else"
    from finetune_notes.data.rewrites import rewrites_to_read
    lines, value = rewrites_to_read(), to_plain(answer)
    expect(isinstance(value, (list, tuple, set)) and all(is_number(v) for v in value),
           f'A list of line numbers is asked for, and this is {short_repr(answer)}.')
    expect(set(value) <= set(range(len(lines))), f'The lines have the numbers 0 to {len(lines) - 1}.')
    wrong = {i for i, line in enumerate(lines) if not line['same']}
    extra, missed = sorted(set(value) - wrong), sorted(wrong - set(value))
    if extra: expect(False, f'Line {extra[0]} asks for the same: {lines[extra[0]]["rewrite"]!r}.')
    if missed: expect(False, f'{len(missed)} lines that ask for something else are not in your list.')
    return 'All six rules had passed them.'

@exercise('synthetic_data-2', 'Which words do the texts have in common that still ask for something else?',
          'A ratio says *divided*, and a count says *number of* or *frequent*.',
          'Return a reason (a text) where such a word is found, and True otherwise.')
def seventh_rule(lesson, answer):
    "A rule that stops what six have passed"
    from finetune_notes.data.rewrites import surviving_rewrites
    from finetune_notes.evaluation.scoreboard import assertion
    survivors, stopped = surviving_rewrites(), []
    for s in survivors:
        call_answer(answer, s['row'], s['request'])
        stopped.append(assertion(answer).failure(s['row'], s['request']) is not None)
    caught = sum(stop and not s['same'] for stop, s in zip(stopped, survivors))
    lost = sum(stop and s['same'] for stop, s in zip(stopped, survivors))
    wrong = sum(not s['same'] for s in survivors)
    expect(lost <= 3, f'It stops {caught} of {wrong} wrong texts, and {lost} that are right.')
    expect(caught >= 3, f'It stops {caught} of the {wrong} texts that ask for something else; try to stop 3 or more.')
    return f'It stops {caught} of {wrong} wrong texts and loses {lost} good ones. Will it work on new texts, too?'

@exercise('synthetic_data-3', 'Each original has about twelve relatives, and four in five of all examples are for training.',
          'A test example has no relative in training only if all twelve others are in the test set, too.',
          'That chance is 0.2 to the power of 12.')
def relatives_across(lesson, answer):
    "Relatives across a random split"
    n = whole_number(answer)
    expect(0 <= n <= 100, f'{n} of 100 test examples cannot be.')
    expect(n >= 99, f'{n} would mean that for {100 - n} test examples no relative at all is in the training set.')
    return 'Practically every test example has a relative in the training set: the 95 % measure memory.'
