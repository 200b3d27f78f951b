"Judges of the exercises of look_at_your_data"
from functools import cache
from ..exercises import call_answer, exercise, expect, is_number, short_repr, to_plain

@cache
def _answers():
    "200 answers of the archive, and whether each lacks the next step"
    from finetune_notes.core.files import load_rows
    from finetune_notes.core.settings import load_settings
    rows = load_rows(load_settings().data/'service'/'history.csv', dict).items[:200]
    return [(r['answer'], 'stepless' in r['faults'].split()) for r in rows]

@exercise('look_at_your_data-1', 'Read answers that have a next step: how does the last sentence of the rule begin, and '
                                 'what does it name?',
          'A next step always names a place: a form, a desk, a line or a box.',
          'Return `True` where none of these four words is in the answer.')
def without_next_step(lesson, answer):
    "Answers that do not say what to do next"
    agreed, missed, alarms = 0, [], []
    for text, truth in _answers():
        said = bool(to_plain(call_answer(answer, text)))
        agreed += said == truth
        if truth and not said: missed.append(text)
        if said and not truth: alarms.append(text)
    share = agreed/len(_answers())
    example = f' It does not find, for instance: {missed[0]!r}' if missed else ''
    example = example or (f' It wrongly names, for instance: {alarms[0]!r}' if alarms else '')
    expect(share >= 0.9, f'It agrees with the notes on {share:.0%} of 200 answers.{example}')
    return f'It agrees with the notes on {share:.0%} of 200 answers.'

@exercise('look_at_your_data-2', 'Which of the two test sets is like the emails of next month?',
          'What is the mean of a score from memory and a score without it a measure of?')
def which_number(lesson, answer):
    "Which score to report"
    letter = answer.strip('() .').lower() if isinstance(answer, str) else None
    expect(letter in ('a', 'b', 'c'), f"A letter, 'a', 'b' or 'c', is asked for, and this is {short_repr(answer)}.")
    expect(letter != 'a', 'Nearly every email of that test has a twin in the training data. The emails of next month do '
                          'not.')
    expect(letter != 'b', 'The mean depends on how many emails of each sort were put into the test, and describes neither.')

@exercise('look_at_your_data-3', 'Both files are in `load_settings().data / "parcels"`, and the column is `declared`.',
          'The constant comes from the training file: `train.declared.mode()[0]`.',
          'Then count in the test file how often it stands there, and divide by the number of parcels.')
def constant_value(lesson, answer):
    "Exact match of the most common declared value"
    import pandas as pd
    from finetune_notes.core.settings import load_settings
    value = to_plain(answer)
    expect(is_number(value) and 0 <= value <= 1, f'A share from 0 to 1 is asked for, and this is {short_repr(answer)}.')
    train, test = (pd.read_csv(load_settings().data/'parcels'/f'{name}.csv') for name in ('train', 'test'))
    common = train.declared.mode()[0]
    right, inside = float((test.declared == common).mean()), float((train.declared == common).mean())
    expect(abs(value - inside) > 1e-3, 'That is its share in the training file; the score is measured on the test file.')
    expect(abs(value - right) < 2e-3, f'A share of {value:.3f} is not what the test file gives.')
    return f'{right:.1%} for a system that does not read the description.'
