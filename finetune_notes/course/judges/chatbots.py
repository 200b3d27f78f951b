"Judges of the exercises of chatbots"
from ..exercises import agree_with_reference, call_answer, exercise, expect, to_plain, short_repr

@exercise('chatbots-1', 'A UUID has 8, 4, 4, 4 and 12 hexadecimal digits. Ignore the case.',
          'The hyphens may be missing, all of them: `-?` at each place.',
          'Look behind and ahead, so that a run of more than 32 digits does not count: `(?<![0-9a-f])` and '
          '`(?![0-9a-f])`.')
def no_ids(lesson, answer):
    "No UUID reaches the user"
    one = 'f3b1c2d4-09aa-4c1e-8d7f-0123456789ab'
    for text, clean in ((f'See {one}.', False), (f'ID {one.upper()}', False), (one.replace('-', ''), False),
                        (f'https://a.example/c/{one}?x=1', False), (f'({one})', False), ('Call 555-0123.', True),
                        ('#a1b2c3', True), ('order 20240118', True), ('', True), ('a'*40, True), (one[:-4], True),
                        ('deadbeef-cafe', True)):
        got = to_plain(call_answer(answer, text))
        expect(got is clean, f'For {text!r} it gave {short_repr(got)}; expected {clean}.')

@exercise('chatbots-2', 'With wrong clicks the card is right in `(1 - m)` times what it was.',
          'Solve `(1 - m)*card == box` for m, with both as shares or both as sums.',
          'Where the box is better without any wrong click the answer is 0.')
def wrong_clicks(lesson, answer):
    "When the box is as good as the cards"
    agree_with_reference(answer, lambda box, card: max(0, 1 - sum(box)/sum(card))
                         if sum(card) else 0, ([1, 0, 0, 1], [1, 1, 0, 1]), ([1, 1], [1, 0]), ([0, 0], [0, 0]),
                         ([0, 0, 0], [1, 0, 1]), ([1, 1, 1], [1, 1, 1]))
