"Judges of the exercises of decoding"
import json
from ..exercises import WrongAnswer, exercise, expect, is_number, short_repr, to_plain
from ...core.settings import UserError
from ._shared import toy

def _expect_words(answer, wanted:list, allowed:tuple, reasons:list):
    "Raise `WrongAnswer` with the reason of the first word that is not the wanted one"
    given = to_plain(answer)
    expect(isinstance(given, (list, tuple)) and len(given) == len(wanted) and all(str(g) in allowed for g in given),
           f"A list of {len(wanted)} of the words {', '.join(map(repr, allowed))} is asked for, and this is "
           f'{short_repr(answer)}.')
    for i,(got,right,reason) in enumerate(zip(given, wanted, reasons), 1):
        expect(got == right, f"Number {i} is not '{got}': {reason}.")

@exercise('decoding-1', 'If the schema made no difference, a lost and a won question would be equally likely, as in a coin toss.',
          '`scipy.stats.binomtest(lost, lost + won).pvalue`, and compare it with 0.05.')
def loss_or_chance(lesson, answer):
    "When lost answers are more than chance"
    _expect_words(answer, ['shown', 'open', 'open', 'shown'], ('shown', 'open'),
                  ['six lost and none won happens by chance with p = 0.03',
                   'four lost and none won happens by chance with p = 0.13',
                   'nine lost and five won happens by chance with p = 0.42',
                   'twelve lost and two won happens by chance with p = 0.01'])
    return 'Where it stays open, ask more questions.'

@exercise('decoding-2', 'What the grammar leaves is scaled up so that it sums to one.',
          'Divide the probability of the token by all that was left.')
def scaled_up(lesson, answer):
    "What a probability inside a grammar is worth"
    p = to_plain(answer)
    expect(is_number(p) and 0 <= p <= 1, f'A number between 0 and 1 is asked for, and this is {short_repr(answer)}.')
    expect(abs(p - 0.015) > 1e-6, '0.015 is its probability before the grammar; the rest of the allowed tokens has '
                                  '0.005, and both together are now 1.')
    expect(abs(p - 0.75) < 0.005, f'{p:g} times 0.02 is {p*0.02:g}; expected 0.015.')
    return 'It looks sure, and was hardly wanted.'

let_in = [f'{{"severity":"{s}","minutes":{m}}}' for s,m in (('low', 0), ('mid', 30), ('high', 1440), ('low', 999))]

keep_out = [
    '{"severity":"low","minutes":1441}', '{"severity":"low","minutes":99999999}', '{"severity":"low","minutes":-1}',
    '{"severity":"urgent","minutes":5}', '{"severity":"low"}', '{"severity":"low","minutes":"5"}',
    '{"severity":"low","minutes":5,"note":""}', '{"severity":"low","minutes":2.5}', '{}'
]

@exercise('decoding-3', 'A number without bounds may go on for ever: `minimum` and `maximum`.',
          '`enum` for the three words, `required` for both keys, and `additionalProperties` false.')
def bounded_schema(lesson, answer):
    "A schema that lets in what it should and nothing else"
    from finetune_notes.generation.decoding import grammar_accepts
    (base, tokenizer), grammar = toy(), json.dumps(answer) if isinstance(answer, dict) else answer
    expect(isinstance(grammar, str) and grammar.lstrip().startswith('{'),
           f'A JSON schema is asked for, and this is {short_repr(answer)}.')
    def lets_in(text):
        try: return grammar_accepts(tokenizer, grammar, text)
        except UserError as e: raise WrongAnswer(f'It is no schema: {e}.') from None
    for text in let_in: expect(lets_in(text), f'It keeps out {text}.')
    for text in keep_out: expect(not lets_in(text), f'It lets in {text}.')

@exercise('decoding-4', 'Compare what a person would say with the three allowed categories.',
          'An answer that is no whole JSON was ended by a limit, whatever the grammar allowed.')
def why_wrong(lesson, answer):
    "Whose mistake a wrong answer inside a grammar is"
    _expect_words(answer, ['no choice', 'model', 'cut', 'no choice'], ('cut', 'no choice', 'model'),
                  ['"complaint" is not among the allowed categories', '"login" was allowed, and fits',
                   'it ends in the middle of the key', '"privacy" is not among the allowed categories'])
    return 'Three of the four are mistakes of the grammar or the limit.'
