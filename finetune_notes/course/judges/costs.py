"Judges of the exercises of costs"
from dataclasses import replace
from ..exercises import values_match, call_answer, exercise, expect, is_number, to_plain, short_repr

def bills(lesson):
    "A hosted model and one's own, with round numbers"
    price = lambda amount, measure: lesson.Price(amount, f'EUR per {measure}', '2026-11-02', 'invented')
    token, hour = 'million tokens', 'hour'
    hosted = lesson.HostedModel(price(1, token), price(4, token), prompt_tokens=1000, answer_tokens=100)
    own = lesson.OwnModel(machine=price(1, hour), people=price(100, hour), annotator=price(30, hour),
                          trainer=price(2, hour), seconds_per_answer=1.314, peak=2, upkeep_hours=2, rows=100,
                          seconds_per_row=36, training_hours=15, engineering_hours=7.8, horizon=12)
    return hosted, own

def same(answer, wanted, said, *args):
    "Raise `Wrong` unless an answer gives a number, or None, as wanted"
    got, number = to_plain(call_answer(answer, *args)), lambda x: 'None' if x is None else f'{x:,.6g}'
    expect(got is None or is_number(got),
           f'{said} it gave {short_repr(got)}; expected a number{" or None" if wanted is None else ""}.')
    expect(values_match(got, wanted), f'{said} it gave {number(got)}; expected {number(wanted)}.')

@exercise('costs-1', 'What does one request cost with your own model at this volume? `per_request` knows.',
          'Take the answer off that. What is left may be spent on the prompt.',
          'Divide what is left by `hosted.input_price.amount/1e6`, and give 0 where nothing is left.')
def longest_prompt(lesson, answer):
    "Which prompt is too long to rent"
    hosted, own = bills(lesson)
    for per_month,price in ((500_000, 1), (1_000_000, 1), (1_000_001, 1), (1_000_000, 3), (10_000_000, 9)):
        changed = replace(hosted, input_price=replace(hosted.input_price, amount=price),
                          output_price=replace(hosted.output_price, amount=4*price))
        wanted = max(0, (own.monthly(per_month)/per_month*1e6 - 400*price)/price)
        same(answer, wanted, f'At {per_month:,} requests a month and {price} EUR per million tokens of prompt', changed,
             own, per_month)

@exercise('costs-2', 'The quote is the price of `seconds_per_answer` seconds of a machine.',
          'Prices of machines are per hour: `own.machine.amount*own.seconds_per_answer/3600`.',
          'Divide `per_request(own, per_month)` by the quote.')
def times_the_quote(lesson, answer):
    "What an idle machine costs"
    _, own = bills(lesson)
    for per_month,peak in ((1_000_000, 2), (100_000, 2), (2_500_000, 2), (1_000_000, 8)):
        ours = replace(own, peak=peak)
        wanted = ours.monthly(per_month)/per_month/(1.314/3600)
        same(answer, wanted, f'At {per_month:,} requests a month and a peak of {peak}, for a quote of 0.000365 EUR,',
             ours, per_month)
    return 'A machine that waits for the busiest hour is paid for while it waits.'
