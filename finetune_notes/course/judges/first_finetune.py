"Judges of the exercises of first_finetune"
from ..exercises import exercise, expect, is_number, short_repr, to_plain

def counts(answer, name):
    "Two counts of right answers, after training on 4 and on 8 examples"
    expect(isinstance(answer, dict) and isinstance(answer.get(name), dict) and {4, 8} <= set(answer[name]),
           f"{{'guess': {{4: ..., 8: ...}}, 'found': {{4: ..., 8: ...}}}} is asked for, and this is {short_repr(answer)}.")
    values = [to_plain(answer[name][k]) for k in (4, 8)]
    expect(all(is_number(v) and 0 <= v <= 60 for v in values),
           f'{name}: two counts from 0 to 60 are asked for, and these are {short_repr(values)}.')
    return values

@exercise('first_finetune-1', 'Run `train_on(train[:4]).model.eval()`, ask it the test questions, and count with '
                              '`score`.',
          'The test is the whole list of 60 questions, asked through `as_chat` without examples.',
          'Most of the 60 are right after 8 examples already. Are there more after 8 than after 4?')
def fewer_examples(lesson, answer):
    "Guess and count the right answers after training on 4 and on 8 examples"
    guess, found = counts(answer, 'guess'), counts(answer, 'found')
    expect(found[1] >= 25, f'{found[1]} of 60 after 8 examples is fewer than such a training gives.')
    expect(found[0] <= found[1], f'{found[0]} of 60 after 4 examples is more than {found[1]} after 8: are they the '
                                 'first examples of `train`?')
    return (f'You guessed {guess[0]} and {guess[1]}, and found {found[0]} and {found[1]}. Which aggregates do the '
            'wrong answers have in common?')

@exercise('first_finetune-2', 'The name in front of the bracket of each answer: collect those of `train[:8]`.',
          'There are five: AVG, MAX, MIN, SUM and P95. Which do the 8 answers not contain?')
def never_shown(lesson, answer):
    "The aggregates that 8 examples do not show"
    from finetune_notes.data.toy import aggregates, query_pairs
    expect(isinstance(answer, (set, frozenset, list, tuple)) and all(isinstance(a, str) for a in answer),
           f"A set of names such as {{'AVG', 'MAX'}} is asked for, and this is {short_repr(answer)}.")
    shown = {p.answer.split('(')[0] for p in query_pairs()[0][:8]}
    seen, missed = sorted(set(answer) & shown), sorted(set(aggregates.values()) - shown - set(answer))
    expect(not seen, f'{", ".join(seen)} is among the 8 examples.')
    expect(not missed, f'There is one more that the 8 examples do not show ({len(missed)} missing).')
    expect(set(answer) <= set(aggregates.values()), f'{short_repr(answer)} holds a name that is no aggregate.')

@exercise('first_finetune-3', 'Look at the twenty general questions: before, after, and with the adapter switched off.',
          'Which of the three leaves the assistant as it is?')
def which_to_ship(lesson, answer):
    "Which model to ship"
    letter = answer.strip('() .').lower() if isinstance(answer, str) else None
    expect(letter in ('a', 'b', 'c'), f"A letter, 'a', 'b' or 'c', is asked for, and this is {short_repr(answer)}.")
    expect(letter != 'a', 'Ask the tuned model what the capital of France is: the assistant would answer with a query.')
    expect(letter != 'c', 'More epochs on the same 64 examples show the model nothing but queries: it forgets as much.')
    return 'The adapter is loaded for the query box alone, and both use the same 135 million parameters.'
