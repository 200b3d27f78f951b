"For each exercise of monitoring a typical wrong answer, and words of the sentence that its author gets"

wrong = {
    'monitoring-1': (100, 'the delay grows far less'),
    'monitoring-2': ('a', 'flagged requests count for half'),
    'monitoring-3': (dict(a='roll back', b='read', c='wait', d='more questions'), 'the questions have changed'),
}
