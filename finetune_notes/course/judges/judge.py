"Judges of the exercises of judge"
from ..exercises import values_match, call_answer, exercise, expect, to_plain, short_repr

replies = (
    ('{"critique": "It counts.", "outcome": "good"}', 'good'),
    ('{"critique": "A good idea, but no filter.", '
     '"outcome": "bad"}', 'bad'), ('```json\n{"critique": "It uses {} well.", "outcome": "good"}\n```',
                                   'good'), ('Here is my verdict: '
                                             '{"outcome": "Bad."} Ask '
                                             'again!', 'bad'), ('{"outcome": "bad", "critique": "not good"}', 'bad'),
    ('{"critique": "This is a good query, and',
     None), ('I would say bad.', None), ('{"outcome": ["good", "bad"]}', None), ('{"critique": "good"}', None),
    ('{"outcome": "neither good nor '
     'bad"}', None), ('', None)
)

@exercise('judge-1', 'Where a reply cannot be read the reader may raise: `ask` counts that as nonsense. It must not '
                     'guess.',
          'The JSON begins at the first brace and ends with the last: `said.index("{")` and `said.rindex("}")`.',
          'Give that part to `json.loads` and return its `outcome`, whatever it is. The labels are looked up by `ask`.')
def reply_reader(lesson, answer):
    "Reading a judge that talks"
    expect(callable(answer), f'A function of a reply is asked for, and this is {short_repr(answer)}.')
    for (said, label), verdict in zip(replies,
                                      lesson.judge_texts(lambda text: text, [said for said, _ in replies],
                                                         read=answer)):
        why = f', for it raised {type(verdict.error).__name__}' if verdict.error else ''
        expect(verdict.label == label,
               f'The reply {short_repr(said)} was taken for {verdict.label or "nonsense"}{why}; expected '
               f'{label or "nonsense"}.')

@exercise('judge-2', 'Of two labels one is right. A right answer is seen as right where the gold is right, a wrong '
                     'one where it is wrong.',
          'So `seen = true*(1 - wrong) + (1 - true)*wrong`. Solve it for `true`.',
          '`(seen - wrong)/(1 - 2*wrong)`; where half the gold is wrong it says nothing, and the answer is `nan`.')
def true_score(lesson, answer):
    "The score behind the score"
    from math import nan
    for true,wrong in ((0.95, 0.1), (0.6, 0.24), (1.0, 0.05), (0.8, 0.0), (0.5, 0.3)):
        seen = true*(1 - wrong) + (1 - true)*wrong
        got = to_plain(call_answer(answer, seen, wrong))
        expect(values_match(got, true),
               f'A system right in {true:.0%} of answers is seen at {seen:.1%} where {wrong:.0%} of the gold is '
               f'wrong; from that it gave {short_repr(got)}.')
    got = to_plain(call_answer(answer, 0.5, 0.5))
    expect(values_match(got, nan),
           f'Where half the gold is wrong every system is seen at 50%; it gave {short_repr(got)}, and nothing can be '
           'said.')
