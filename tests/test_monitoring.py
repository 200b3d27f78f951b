"A log that is locked, full or asked by many threads at once, and a control chart against simulation"
import warnings
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from finetune_notes.core.settings import UserError
from finetune_notes.monitoring.control_chart import cusum, run_length
from finetune_notes.monitoring.request_log import Request, RequestLog


@pytest.fixture
def log(tmp_path): return RequestLog(tmp_path/'requests.db', wait=0, keep=2)


def asked(n): return Request(f'question {n}', 'COUNT', 'assistant-1', checks={'valid': n % 2 == 0})


def add_while_locked(log, *numbers):
    with log._transaction(write=True), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        assert not any(log.add(asked(n)) for n in numbers)
    return str(said[-1].message)


def test_what_waited_is_written_with_the_next_request(log):
    assert 'locked' in add_while_locked(log, 1, 2)
    assert log.add(asked(3)) and not log.waiting and not log.lost
    assert list(log.rows().question) == ['question 1', 'question 2', 'question 3']


def test_only_what_does_not_fit_is_lost_and_it_is_counted(log):
    assert '2 requests wait in memory, 1 are lost' in add_while_locked(log, 1, 2, 3)
    assert log.add(asked(4))
    assert list(log.rows().question) == ['question 1', 'question 2', 'question 4'] and log.lost == 1


def test_a_request_that_cannot_be_kept_does_not_spoil_the_log(log):
    with pytest.raises(TypeError): log.add(Request('q', 'a', 'm', context={'columns': {1, 2}}))
    assert log.add(asked(2)) and len(log.rows()) == 1


def test_threads_write_each_request_once(tmp_path):
    log = RequestLog(tmp_path/'requests.db', wait=30)
    with ThreadPoolExecutor(8) as pool: assert all(pool.map(log.add, map(asked, range(60))))
    rows = log.rows()
    assert sorted(rows.question) == sorted(f'question {n}' for n in range(60))
    assert rows['check.valid'].sum() == 30


@settings(max_examples=30, deadline=None)
@given(st.floats(0.005, 0.25), st.floats(0.05, 0.3))
def test_a_chart_keeps_its_promise_and_no_lower_limit_would(base, more):
    try: chart = cusum(base, base + more, quiet=5000)
    except UserError: return
    assert chart.quiet >= 5000 > run_length(base, chart.rise, chart.limit - 1)
    assert chart.delay < chart.quiet


def test_alarms_come_as_late_and_as_rarely_as_computed():
    rng, chart = np.random.default_rng(1), cusum(0.03, 0.15, quiet=500)
    for rate, expected in ((chart.worse, chart.delay), (chart.base, chart.quiet)):
        found = [chart.alarm(rng.random(int(12*expected)) < rate) for _ in range(600)]
        times = np.array([12*expected if f is None else f + 1 for f in found])
        assert abs(times.mean() - expected) < 4*times.std()/len(times)**.5
