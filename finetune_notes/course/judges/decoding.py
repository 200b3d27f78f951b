"Judges of the exercises of decoding"
import json
from ..exercises import WrongAnswer, call_answer, exercise, expect, to_plain, short_repr
from ...core.settings import UserError
from ._shared import toy

@exercise('decoding-1', 'A token outside the k best has to get probability zero. Which logit is that?',
          '`logits.topk(k)` gives the values and the indices of the k best: draw among the values, then look the '
          'index up.',
          '`torch.multinomial(values.softmax(-1), 1, generator=rng)` and `indices.gather(1, drawn)`.')
def top_k(lesson, answer):
    "Sampling among the k best"
    import torch
    odds = torch.tensor([[8., 4., 2., 1., 1.], [1., 1., 2., 4., 8.]]).repeat(3000, 1)
    for k,shares in ((2, {0: 2/3, 1: 1/3}), (3, {0: 8/14, 1: 4/14, 2: 2/14}), (1, {0: 1})):
        got = to_plain(call_answer(answer, odds.log(), k, torch.Generator().manual_seed(0)))
        expect(isinstance(got, list) and len(got) == 6000,
               f'A list with one token for each of the 6,000 rows is asked for; it gave {short_repr(got)}.')
        drawn = [g if i % 2 == 0 else 4 - g for i,g in enumerate(got)]
        outside = set(drawn) - set(shares)
        expect(not outside, f'With k={k} it draws a token that is only the {min(outside) + 1}th best.' if outside
               else '')
        for token,share in shares.items():
            found = drawn.count(token)/6000
            expect(abs(found - share) < 0.03,
                   f'With k={k} the best token but {token} should come in {share:.0%} of draws; it came in '
                   f'{found:.0%}.')

let_in = [f'{{"severity":"{s}","minutes":{m}}}' for s,m in (('low', 0), ('mid', 30), ('high', 1440), ('low', 999))]

keep_out = [
    '{"severity":"low","minutes":1441}', '{"severity":"low","minutes":99999999}', '{"severity":"low","minutes":-1}',
    '{"severity":"urgent","minutes":5}', '{"severity":"low"}', '{"severity":"low","minutes":"5"}',
    '{"severity":"low","minutes":5,"note":""}', '{"severity":"low","minutes":2.5}', '{}'
]

@exercise('decoding-2', 'A number without bounds may go on for ever: `minimum` and `maximum`.',
          '`enum` for the three words, `required` for both keys, and `additionalProperties` false.')
def bounded_schema(lesson, answer):
    "A schema that lets in what it should and nothing else"
    (base, tokenizer), grammar = toy(), json.dumps(answer) if isinstance(answer, dict) else answer
    expect(isinstance(grammar, str) and grammar.lstrip().startswith('{'),
           f'A JSON schema is asked for, and this is {short_repr(answer)}.')
    def lets_in(text):
        try: return lesson.grammar_accepts(tokenizer, grammar, text)
        except UserError as e: raise WrongAnswer(f'It is no schema: {e}.') from None
    for text in let_in: expect(lets_in(text), f'It keeps out {text}.')
    for text in keep_out: expect(not lets_in(text), f'It lets in {text}.')
