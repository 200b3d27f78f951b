"Judges of the exercises of prompting"
import numpy as np
from ...cases.queries.prompts import manual_text
from ...core.checkpoints import load_checkpoint
from ..exercises import call_answer, exercise, expect, short_repr

@exercise('prompting-1', 'Count the tokens of the manual alone: without examples, columns and question.',
          'Dollars = tokens of the manual × questions a day × 365 × dollars for a token.')
def price_of_the_manual(lesson, answer):
    "What the manual of a prompt costs in a year"
    expect(isinstance(answer, (int, float)) and not isinstance(answer, bool), f'Hand in a number of dollars; it gave {short_repr(answer)}.')
    tokens = len(load_checkpoint().tokenizer()(manual_text('json'))['input_ids'])
    right = tokens*50_000*365*0.5/1e6
    expect(not np.isclose(answer, right/365, rtol=0.05), 'That is the price of a day; a year is asked for.')
    expect(np.isclose(answer, right, rtol=0.05), f'The manual has {tokens:,} tokens, and they are read with each of 50,000 questions a day; it gave {answer:,.0f}.')
    return 'What is constant in a prompt is paid again for every question. Many services read a repeated beginning at a lower price; a trained model does not read it at all.'

def contests():
    "Outcomes and tokens by prompt, and which prompt is to be taken"
    rng = np.random.default_rng(3)
    clear = (rng.random(400) < 0.7).astype(float)
    better = np.maximum(clear, rng.random(400) < 0.5)
    nearly = clear.copy(); nearly[:2] = 1 - nearly[:2]
    few = np.repeat([1., 0.], [28, 12])
    others = few.copy(); others[:3], others[-2:] = 0, 1
    yield 'a long prompt is clearly better', dict(short=clear, long=better), dict(short=300, long=1500), 'long'
    yield 'two prompts differ in two questions of 400', dict(short=nearly, long=clear), dict(short=300, long=1500), 'short'
    yield 'the best is also the shortest', dict(a=better, b=clear), dict(a=100, b=200), 'a'
    yield 'a worse one is the shortest of three', dict(tiny=np.zeros(400), short=nearly, long=clear), dict(tiny=10, short=300, long=1500), 'short'
    yield 'a short prompt has one right answer fewer of only 40', dict(short=others, long=few), dict(short=300, long=1500), 'long'

@exercise('prompting-2', 'Which prompt has the most right answers? Compare each other prompt with it, in pairs.',
          '`paired_bootstrap(best, other).hi` is the largest loss that the interval allows; it has to be below 0.05.',
          'Of those prompts, and the best itself, take the one with the fewest tokens.')
def cheapest(lesson, answer):
    "The shortest prompt that loses less than five points"
    for what,outcomes,tokens,right in contests():
        got = call_answer(answer, outcomes, tokens)
        expect(got == right, f'Where {what} it gives {short_repr(got)}; expected {right!r}.')
    return 'With a margin, few questions do not make the shortest prompt win: what is not measured well enough is not taken.'

@exercise('prompting-3', 'A wall is a score that three honest changes of the prompt have not moved, although right answers are possible.',
          'In which case is the prompt not the cause of the wrong answers? In which do the questions no longer count as unseen?')
def walls(lesson, answer):
    "Has the prompt hit a wall? Four cases"
    right = dict(a='wall', b='go on', c='not the prompt', d='fresh questions')
    expect(isinstance(answer, dict) and set(answer) == set(right), f'Hand in a dictionary with the keys a, b, c and d; it gave {short_repr(answer)}.')
    why = dict(a='Three changes of different kinds can bring three points at most, right answers are possible for 97 %, and no sentence repairs five kinds of errors.',
               b='Nobody has tried examples yet, which is the change that helped most here.',
               c='The columns that the answer needs are missing in the prompt of four of ten questions: no wording can win them back.',
               d='Forty versions were chosen on the same 50 questions, so the best of them looks better than it is.')
    for letter,word in right.items(): expect(answer[letter] == word, f'{letter}: {why[letter]}')
    return 'Where the wall is real, more rules will not help, and examples of right answers can be used for training.'
