"Judges of the exercises of finetuning"
from ..exercises import agree_with_reference, exercise, expect, whole_number

@exercise('finetuning-1', 'Look for the smallest number in the list.',
          'Count the epochs from 1: 0.92 is the loss after the first.')
def best_epoch(lesson, answer):
    "When to stop, from a curve"
    n = whole_number(answer)
    losses = (0.92, 0.55, 0.41, 0.38, 0.40, 0.47)
    expect(1 <= n <= len(losses), f'The training had {len(losses)} epochs, so {n} is not one of them.')
    expect(n == 4, f'After epoch {n} the validation loss is {losses[n - 1]:.2f}. Another epoch has a lower one.')
    return 'After the fourth epoch only the training loss still falls.'

@exercise('finetuning-2', 'A model learns to write what is not masked. What should it not learn to write?',
          'The first `start` labels are -100; the others are the tokens themselves, the end token included.')
def fixed_labels(lesson, answer):
    "A mask that hides the question and nothing else"
    def reference(ids, labels, start): return [-100]*start + list(ids[start:])
    agree_with_reference(answer, reference, ([1, 7, 8, 2, 9, 4, 2], [1, 7, 8, 2, 9, 4, 2], 4),
                         ([5, 6, 7, 2], [-100, -100, -100, -100], 2), ([3, 2], [3, 2], 0))
    return 'The question is masked; the answer and its end count.'

@exercise('finetuning-3', 'A turns 4,096 numbers into 16, and B turns 16 into 4,096.',
          'A has 4,096 × 16 numbers. B has as many.')
def numbers_of_an_adapter(lesson, answer):
    "The size of an adapter"
    n = whole_number(answer)
    expect(n != 4096*4096, f'{n:,} is the number in the large matrix, which is not trained.')
    expect(n == 2*16*4096, f'{n:,} is not it: two thin matrices are trained.')
    return f'{n:,} of {4096**2:,}: {n/4096**2:.1%}.'

@exercise('finetuning-4', 'What was the test set used for between the two trainings?',
          'A set that helped to choose something measures how well the choice fits this set.')
def spent_test_set(lesson, answer):
    "A test set that was looked at"
    choice = str(answer).strip().lower().strip('()')
    expect(choice in ('a', 'b', 'c'), "One of the letters 'a', 'b' and 'c' is asked for.")
    expect(choice != 'a', '80 % was measured on questions that chose the 50 examples.')
    expect(choice == 'c', 'A mean of two numbers from a test set that was looked at is no better than the numbers.')
    return 'Draw fresh test questions, and report what they give.'
