"Judges of the exercises of look_at_your_data"
from functools import cache
from ..exercises import call_answer, exercise, expect, short_repr, to_plain

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

@exercise('look_at_your_data-2', 'Which of the two tests is like the emails of next month?',
          'Do customers repeat the sentences of last year? In which proportion?',
          'Which emails, that nobody has looked at yet, would tell you?')
def which_number(lesson, answer):
    "Which score to report"
    letter = answer.strip('() .').lower() if isinstance(answer, str) else None
    expect(letter in ('a', 'b', 'c'), f"A letter, 'a', 'b' or 'c', is asked for, and this is {short_repr(answer)}.")
    expect(letter != 'a', 'Nearly every email of that test has a twin in the training data. Not every email of next month '
                          'will have one.')
    expect(letter != 'b', 'The mean would be right if half of the new emails repeated old sentences and the others were as '
                          'hard as the groups held out. Nobody has counted either.')

@exercise('look_at_your_data-3', 'Print the core of some pairs of different kinds: which sentence was compared?',
          'In a short email the longest sentence may be a courtesy, such as "My whole family reads you".',
          'Leave out sentences that hold a word of such courtesies, and take the longest of the others.')
def better_core(lesson, answer):
    "A core that puts fewer different requests together"
    from finetune_notes.core.files import load_rows
    from finetune_notes.core.settings import load_settings
    from finetune_notes.data.explore import near_duplicates
    rows = load_rows(load_settings().data/'service'/'history.csv', dict).items[:400]
    cores = [frozenset(call_answer(answer, r['text'])) for r in rows]
    pairs = near_duplicates(cores, frozenset, 0.6)
    same = sum(rows[a]['kind'] == rows[b]['kind'] for a, b in zip(pairs.a, pairs.b))
    found = f'It finds {same} pairs of the same kind and {len(pairs) - same} of different kinds.'
    expect(len(pairs) - same <= 5, f'{found} At most 5 should be of different kinds.')
    expect(same >= 80, f'{found} At least 80 should be of the same kind.')
    return found
