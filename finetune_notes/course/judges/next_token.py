"Judges of the exercises of next_token"
from ..exercises import exercise, expect, is_number, short_repr, to_plain
from ._shared import toy

texts = {'a': 'Geschwindigkeitsbeschränkung auf der Autobahn', 'b': '7f3a-9c21-e8b0-44d6',
         'c': 'The weather is nice today and we go for a walk.', 'd': 'http.response.body_size'}

@exercise('next_token-1', 'Which of the texts have words that were frequent where the list of tokens was made?',
          'Count: `len(tokenizer(text)["input_ids"]) / len(text)` for each of the four.')
def by_cost(lesson, answer):
    "Which texts cost many tokens"
    _, tokenizer = toy()
    rate = {k: len(tokenizer(t)['input_ids'])/len(t) for k,t in texts.items()}
    order = ''.join(sorted(rate, key=rate.get))
    expect(isinstance(answer, str) and sorted(answer) == sorted(order),
           f"The four letters in an order are asked for, such as 'abcd', and this is {short_repr(answer)}.")
    wrong = next((a for a,b in zip(answer, order) if a != b), None)
    expect(wrong is None,
           f"At the first wrong place stands '{wrong}', which has {rate.get(wrong, 0):.2f} tokens a character.")
    return 'Tokens a character: ' + ', '.join(f'{k} {rate[k]:.2f}' for k in order) + '.'

@exercise('next_token-2', 'The first token is right with probability 0.95. And the first two?',
          'All 40 have to be right: multiply 0.95 by itself, 40 times.')
def whole_answer(lesson, answer):
    "What 95 % a token means for whole answers"
    share = to_plain(answer)
    expect(is_number(share) and 0 <= share <= 1,
           f'A number between 0 and 1 is asked for, and this is {short_repr(answer)}.')
    expect(abs(share - 0.95**40) < 0.006,
           f'{share:.2f} is too {"high" if share > 0.95**40 else "low"}: a share of {share:.2f} would mean '
           f'{share**(1/40):.3f} for each of the 40 tokens.')
    return f'0.95 to the power of 40 is {0.95**40:.2f}.'

kinds = ('format', 'model', 'check', 'training')
reasons = ('In the chat format the same question was answered, so neither the model nor a training is to blame.',
           'Look at its row in the first table: it is wrong in all four formats, so another format would not help.',
           'A search for the word "Earth" finds it, so only reading or a stricter rule shows that it is wrong.',
           'Before the training the same model answered this question rightly, in the same format.')

@exercise('next_token-3', 'Look up each question in the tables: what came in the other formats, and before the training?',
          'Which of the four would be repaired by a stricter count, and which by another text before the answer?')
def why_so(lesson, answer):
    "Why a model wrote a bad answer"
    given = to_plain(answer)
    expect(isinstance(given, (list, tuple)) and len(given) == 4 and all(g in kinds for g in map(str, given)),
           f"A list of four of the words 'format', 'model', 'check' and 'training' is asked for, and this is "
           f'{short_repr(answer)}.')
    for i,(got,wanted,reason) in enumerate(zip(given, kinds, reasons), 1):
        expect(got == wanted, f"Number {i} is not '{got}'. {reason}")
    return 'The format, the model, the check and the training can each be at fault.'
