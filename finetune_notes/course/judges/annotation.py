"Judges of the exercises of annotation"
from ..exercises import exercise, expect, short_repr, whole_number

@exercise('annotation-1', 'They agree where both are right, or both are wrong.',
          'Agreement is 0.8² + 0.2². How often does each of them say "fine"? That gives the agreement by chance.',
          'Each says "fine" to 0.9·0.8 + 0.1·0.2 = 0.74 of the answers.')
def agreement_and_kappa(lesson, answer):
    "Agreement and κ of two raters with 20 % errors where 90 % is fine"
    expect(isinstance(answer, (tuple, list)) and len(answer) == 2 and all(isinstance(v, (int, float)) for v in answer),
           'Two numbers are asked for, as a tuple: the agreement and κ.')
    agree, kappa = answer
    expect(abs(agree - 0.8) > 0.03 or abs(kappa) > 1, 'The share of 0.8 is how often one of them is right, not how often two agree.')
    expect(abs(agree - 0.68) <= 0.03, f'They do not agree on {agree:.2f} of the answers.')
    expect(abs(kappa - 0.6) > 0.03, 'κ would be near 0.6 with 10 % errors and two labels that are equally common.')
    chance = 0.74**2 + 0.26**2
    expected = (0.68 - chance)/(1 - chance)
    expect(abs(kappa - expected) <= 0.03, f'κ is not {kappa:.2f}.')
    return f'They agree on 68 % and κ is {expected:.2f}. Where half of the answers are fine it would be 0.36, with the same raters.'

@exercise('annotation-2', '`wilson(k, n)` gives the interval for k agreements among n items.',
          'Try n = 100, 200, 400 with k = 0.8·n, and look at the upper bound minus the lower one.',
          'The answer lies between 200 and 300.')
def items_twice(lesson, answer):
    "How many items to label twice for an interval of ten points"
    from finetune_notes.evaluation.scoreboard import wilson
    n = whole_number(answer)
    expect(n > 0 and n % 10 == 0, f'{n} is no multiple of 10 above 0.')
    width = lambda m: wilson(round(0.8*m), m)[1] - wilson(round(0.8*m), m)[0]
    expect(width(n) <= 0.1, f'With {n} items the interval is {100*width(n):.1f} points wide.')
    expect(width(n - 10) > 0.1, f'{n} items are enough, and {n - 10} would be, too: find the fewest.')
    return f'With {n} items the interval is {100*width(n):.1f} points wide. With four times as many it would be half as wide.'

_reports = dict(a=('agreement', 'Who is called the first was drawn for each pair, so chance gives one half; compare 88 % with one half; κ adds nothing'),
                b=('specific', 'He asks about the rare label, and raters who never say "rude" would agree on nearly everything'),
                c=('interval', 'Eight items say little: give the interval first'),
                d=('guideline', 'They share an error, which no measure of agreement can find'))

@exercise('annotation-3', 'Two of the numbers are about the raters, one about the number of items, and one about neither.',
          'In which case would every measure of agreement look excellent, and still mislead?',
          'Each of the four words is used once.')
def what_to_report(lesson, answer):
    "What to report of four agreements"
    words = {right for right,_ in _reports.values()}
    expect(isinstance(answer, dict) and set(answer) == set(_reports) and all(isinstance(v, str) for v in answer.values()),
           'A dictionary with the keys a, b, c and d is asked for.')
    strange = [v for v in answer.values() if v not in words]
    expect(not strange, f'{short_repr(strange[0]) if strange else ""} is none of the four words.')
    for letter,(right, why) in _reports.items(): expect(answer[letter] == right, f'{letter}: not {answer[letter]}. {why}.')
    return 'Agreement, the rare label, the interval, and the guideline: four different questions.'
