"Judges of the exercises of finetuning_choices"
from ..exercises import exercise, expect, is_number, short_repr, to_plain

@exercise('finetuning_choices-1', 'The model sees as many examples as the reference does, but only half of them are different.',
          "Hand in a dictionary with the keys 'guess' and 'found'; both are shares, such as 0.25 for 15 of 60.")
def half_the_examples(lesson, answer):
    "Fifty examples for four epochs"
    expect(isinstance(answer, dict) and set(answer) == {'guess', 'found'},
           f"A dictionary with 'guess' and 'found' is asked for, and this is {short_repr(answer)}.")
    guess, found = (to_plain(answer[k]) for k in ('guess', 'found'))
    expect(all(is_number(v) and 0 <= v <= 1 for v in (guess, found)), 'Both are shares from 0 to 1.')
    expect(found <= 0.5, f'A share of {found:.0%} is more than such trainings give. Was it asked on the test questions?')
    return f'You guessed {guess:.0%} and found {found:.0%}.'

@exercise('finetuning_choices-2', 'Compare the two losses of each training with each other, and with that of a model that has learned nothing.',
          'A large gap between the two losses, and a validation loss that was lower before, is a sign of overfitting.',
          'A loss that is higher than that of an untrained model means that the corrections were too large.')
def read_losses(lesson, answer):
    "What two losses say"
    right = {'A': 'too small', 'B': 'too long', 'C': 'too large'}
    expect(isinstance(answer, dict) and set(answer) == set(right),
           f"A dictionary with the keys 'A', 'B' and 'C' is asked for, and this is {short_repr(answer)}.")
    wrong = [k for k in right if answer[k] != right[k]]
    expect(not wrong, f'{answer[wrong[0]] if wrong else ""!r} does not fit training {wrong[0] if wrong else ""}.')
    return 'Each of the three can be seen from its two losses.'

@exercise('finetuning_choices-3', 'Which of the three comparisons had the smallest differences?',
          'The manual took additional steps. What did the same number of steps on the pairs give?')
def best_use_of_a_month(lesson, answer):
    "What to spend a budget on"
    choice = str(answer).strip().lower().strip('()')
    expect(choice in ('a', 'b', 'c'), "One of the letters 'a', 'b' and 'c' is asked for.")
    expect(choice != 'a', 'Between rank 1 and rank 64 the results differed little.')
    expect(choice == 'b', 'The text of the manual alone gave no right answer, and added none to those of the pairs.')
    return 'Of these three, more examples helped most.'
