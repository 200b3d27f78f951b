"Judges of the exercises of monitoring"
from ..exercises import exercise, expect, is_number, short_repr

@exercise('monitoring-1', 'Make two charts that differ only in `quiet`, and divide their `delay`.',
          'Print the `limit` of both charts: the level has to climb that far.',
          'The ratio lies between 1 and 2.')
def rarer_false_alarms(lesson, answer):
    "What a hundred times fewer false alarms cost"
    from finetune_notes.monitoring.control_chart import cusum
    expect(is_number(answer), f'One number is asked for, and this is {short_repr(answer)}.')
    often, rarely = (cusum(base=0.01, worse=0.06, quiet=q) for q in (50_000, 5_000_000))
    ratio = rarely.delay/often.delay
    expect(abs(answer - 100) > 1, 'False alarms are a hundred times rarer; the delay grows far less.')
    expect(abs(answer - 1/ratio) > 0.03, 'That is the other way round: the delay with rare false alarms, divided by the other one.')
    expect(abs(answer - ratio) <= 0.05, f'The delay is not {answer:.2f} times as long.')
    return f'{ratio:.2f} times as long: from {often.delay:.0f} to {rarely.delay:.0f} questions. The delay grows with the logarithm.'

@exercise('monitoring-2', 'Which of the requests were drawn from all requests of the week?',
          'Flagged requests are a small part of a week, and half of the twenty.')
def share_of_a_sample(lesson, answer):
    "What a random and a flagged sample say together"
    expect(answer in ('a', 'b', 'c'), f'A letter, a, b or c, is asked for, and this is {short_repr(answer)}.')
    expect(answer != 'a', 'In (a) flagged requests count for half, and they are a small part of the week.')
    expect(answer != 'c', 'Flagged requests were chosen because they look unusual: they do not stand for all.')
    return 'The random ten stand for all requests, with a wide interval (weighted, the two could be put together). The flagged ten show what to correct.'

_first = dict(a=('read', 'An alarm says that the questions have changed, not that answers are wrong'),
              b=('roll back', 'A working version is at hand, and users are waiting'),
              c=('wait', 'Of 130 intervals some can miss zero by chance'),
              d=('more questions', 'The interval holds both a loss and a large gain'))

@exercise('monitoring-3', 'In one case users are harmed at this moment. In another nothing has happened at all.',
          'What could each number be by chance?', 'Each of the four is used once.')
def what_to_do_first(lesson, answer):
    "What to do first, in four cases"
    words = {right for right, _ in _first.values()}
    expect(isinstance(answer, dict) and set(answer) == set(_first), 'A dictionary with the keys a, b, c and d is asked for.')
    strange = [v for v in answer.values() if v not in words]
    expect(not strange, f'{short_repr(strange[0]) if strange else ""} is none of the four.')
    for letter, (right, why) in _first.items(): expect(answer[letter] == right, f'{letter}: not "{answer[letter]}". {why}.')
    return 'Read, roll back, wait, ask more questions.'
