"A log that is locked, full or asked by many threads at once, a control chart against simulation, what a report says and what is promoted"
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from time import perf_counter
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from finetune_notes.annotation.agreement import to_frame
from finetune_notes.annotation.screen import open_annotation_file
from finetune_notes.core.settings import UserError
from finetune_notes.evaluation.intervals import proportion_estimate
from finetune_notes.cases.queries.dsl import find_query, to_dsl
from finetune_notes.cases.queries.traffic import log_traffic, reviewed_examples, traffic
from finetune_notes.monitoring.control_chart import LiveChart, cusum, failures, run_length
from finetune_notes.monitoring.promotion import paired_score, promote, promote_for
from finetune_notes.monitoring.rehearsal import delay_summary, half_year, quiet_weeks, rehearse, weekly_rule
from finetune_notes.monitoring.request_log import Request, RequestLog
from finetune_notes.monitoring.weekly import new_names, share_change, weekly_report, weekly_sample, write_sample


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


@pytest.mark.parametrize('bad', [Request('q', 'a', None), Request(None, 'a', 'm'), Request('q', 'a', 'm', input_tokens='many'),
                                 Request('q', 'a', 'm', input_tokens=2**70), Request('q', 'a', 'm', context={(1, 2): 3}),
                                 Request('q', 'a', 'm', time='today'), Request('q', 'a', 'm', checks={3: True})])
def test_a_request_that_cannot_be_kept_is_dropped_and_counted_and_stops_nothing(log, bad):
    with pytest.warns(UserWarning, match='cannot be kept.*1 are lost'): assert log.add(bad) is False
    assert log.add(asked(2)) and len(log.rows()) == 1 and log.lost == 1 and not log.waiting


def test_a_bad_request_that_waits_does_not_take_good_ones_with_it(log):
    bad = Request('q', 'a', 'm', input_tokens=2**70)
    with log._transaction(write=True), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        assert not log.add(bad) and not log.add(asked(1))
    with pytest.warns(UserWarning, match='cannot be kept'): assert log.add(asked(2))
    assert list(log.rows().question) == ['question 1', 'question 2'] and log.lost == 1


def test_odd_values_are_kept(log):
    assert log.add(Request('half \ud83d', 'a\ud83d', 'm', np.float32(0.5), checks={'valid': np.bool_(False), 'not done': None}, raw='\ud83d',
                           context={'n': np.int64(3), 'list': np.arange(2), 'set': {1}}, input_tokens=np.int64(5)))
    row = log.rows().iloc[0]
    assert (row.question, row.answer, row.raw) == ('half \\ud83d', 'a\\ud83d', '\\ud83d')
    assert row['app.context'] == {'n': 3, 'list': [0, 1], 'set': [1]} and row['gen_ai.usage.input_tokens'] == 5
    assert row['check.valid'] == False and 'check.not done' not in row # noqa: E712


def test_a_locked_file_costs_each_of_many_threads_the_same_short_time(tmp_path):
    log = RequestLog(tmp_path/'requests.db', wait=0.3)
    def seconds(n):
        begin = perf_counter()
        assert not log.add(asked(n))
        return perf_counter() - begin
    with log._transaction(write=True), warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        warnings.simplefilter('ignore')
        assert max(pool.map(seconds, range(8))) < 1.2 # in turn it would be 2.4
    assert len(log.waiting) == 8 and log.close() and len(log.rows()) == 8 and log.close()


def test_a_correction_can_be_written_from_the_log_alone(log):
    existing = {'calculations': [{'op': 'COUNT'}]}
    for question in ('and by region', 'and by zone'):
        assert log.add(Request(question, 'COUNT', 'assistant-1', template='{columns}{question}', context={'existing': existing},
                               schema=['region', 'zone'], raw='COUNT by regoin', customer='hotel', user='u7'))
    rows = log.rows()
    assert list(rows.raw) == ['COUNT by regoin']*2 and list(rows.answer) == ['COUNT']*2 and list(rows['app.customer']) == ['hotel']*2
    assert list(rows.schema) == [['region', 'zone']]*2 and rows['app.context'][1]['existing'] == existing and rows['app.user'][1] == 'u7'
    assert rows['app.template.sha256'].nunique() == 1
    with log._transaction() as db: assert db.execute('SELECT count(*) FROM app_schema').fetchone() == (1,)


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


def test_alarms_start_again_at_level_zero():
    chart = cusum(0.02, 0.1, quiet=1000)
    failed = np.random.default_rng(3).random(3000) < 0.1
    expected, start = [], 0
    while (found := chart.alarm(failed[start:])) is not None:
        expected.append(start + found)
        start += found + 1
    assert len(expected) > 20 and chart.alarms(failed.tolist()) == expected


def test_a_live_chart_gives_the_alarms_of_the_whole_series_and_can_be_brought_back():
    chart, rng = cusum(0.02, 0.1, quiet=1000), np.random.default_rng(8)
    failed = (rng.random(2000) < 0.06).tolist()
    live, other = LiveChart(chart), LiveChart(chart)
    assert [k for k, f in enumerate(failed) if live.step(f)] == chart.alarms(failed) and live.alarms == len(chart.alarms(failed)) > 2
    other.catch_up(failed[:700])
    again = LiveChart(chart) # the service was stopped and started
    again.catch_up(failed[:700])
    assert again.level == other.level and again.catch_up(failed[700:]) == other.catch_up(failed[700:])
    again.step(True)
    again.restart()
    assert (again.level, again.seen) == (0, 0)


def test_a_check_that_was_not_done_neither_passes_nor_fails(log):
    chart = cusum(0.02, 0.1, quiet=1000)
    live = LiveChart(chart)
    for f in (True, None, float('nan'), pd.NA, np.nan): assert not live.step(f)
    assert (live.level, live.seen) == (chart.rise, 1)
    assert list(chart.levels([True, None, np.nan, False])) == [chart.rise]*3 + [chart.rise - 1]
    assert not len(failures(log.rows(), 'valid')) # the first day
    logged(log, 0, [True, None, False], ['a'])
    assert list(failures(log.rows(), 'valid').items()) == [(1, False), (3, True)]
    with pytest.raises(UserError, match='no check'): failures(log.rows(), 'other')


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_the_change_of_a_share_is_signed_and_turns_with_its_sides(a, b):
    before, now = proportion_estimate(a, 40), proportion_estimate(b, 40)
    one, other = share_change(before, now), share_change(now, before)
    assert one.estimate == pytest.approx((b - a)/40) and one.lo <= one.estimate <= one.hi
    assert -1 <= one.lo and one.hi <= 1 and one.lo < one.hi
    assert (one.lo, one.hi) == pytest.approx((-other.hi, -other.lo))


def test_the_interval_of_a_change_covers_as_often_as_it_says():
    rng, covered = np.random.default_rng(5), 0
    for _ in range(800):
        found = share_change(proportion_estimate(int(rng.binomial(1500, 0.01)), 1500), proportion_estimate(int(rng.binomial(500, 0.06)), 500))
        covered += found.lo <= 0.05 <= found.hi
    assert 0.93 <= covered/800 <= 0.99


def logged(log, week, passed, columns):
    monday = datetime(2026, 11, 2, tzinfo=timezone.utc) + timedelta(weeks=week)
    for n, p in enumerate(passed):
        log.add(Request(f'{week}/{n}', 'COUNT', 'assistant-1', checks={} if p is None else {'valid': p}, context={'columns': columns},
                        time=monday + timedelta(days=6, hours=23, minutes=n)))


def test_a_report_has_a_line_for_each_week_and_counts_only_what_was_checked(log):
    logged(log, 0, [True, False, None], ['a'])
    logged(log, 1, [False, False], ['a', 'b', 'b'])
    report = weekly_report(log.rows(), {'valid': [True]*99 + [False]})
    assert list(report.requests) == [2, 2] and list(report.failed) == [1, 2]
    assert [str(w) for w in report.week] == ['2026-11-02', '2026-11-09']
    assert report.change[1] == pytest.approx(0.99) and (report['change lo'] > 0).all()
    assert new_names(log.rows(), ['a']).values.tolist() == [['b', 2]]


def test_the_random_half_of_a_sample_does_not_depend_on_the_flags():
    rows = pd.DataFrame({'question': range(300)})
    some, others = (weekly_sample(rows, np.arange(300) % k == 0, seed=4) for k in (3, 7))
    for drawn in (some, others): assert drawn.question.is_unique and len(drawn) == 20
    random_half = lambda drawn: list(drawn[drawn.drawn == 'random'].question)
    assert random_half(some) == random_half(others)
    assert (others[others.drawn == 'flagged'].question % 7 == 0).all()


def paired(n, gained, lost): return np.array([0]*gained + [1]*(n - gained)), np.array([1]*(n - lost) + [0]*lost)


@pytest.mark.parametrize('n, gained, lost, margin, promoted', [(300, 60, 15, 0, True), (300, 15, 60, 0, False), (300, 10, 10, 0, False),
                                                               (300, 10, 10, 0.05, True), (40, 2, 2, 0.05, False), (300, 5, 45, 0.05, False)])
def test_a_version_is_promoted_only_where_the_whole_interval_lies_above_the_margin(n, gained, lost, margin, promoted):
    found = promote(*paired(n, gained, lost), margin=margin)
    assert found.promote == promoted == bool(found.difference.lo > -margin)
    assert found.difference.estimate == pytest.approx((gained - lost)/n)


@pytest.mark.parametrize('n', [10, 40])
def test_no_losses_among_few_questions_do_not_show_that_there_are_none(n):
    found = promote(*paired(n, 1, 0), margin=0.05)
    assert not found.promote and found.verdict == 'not shown' and found.difference.lo < -0.05
    assert promote(*paired(n, 1, 0), margin=0.05, clusters=np.arange(n)//2).difference.lo <= found.difference.lo


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 100))
def test_the_interval_of_a_paired_difference_turns_with_its_sides_and_has_a_width(gained, lost, same):
    if not (n := gained + lost + same): return
    one, other = paired_score(gained, lost, n), paired_score(lost, gained, n)
    assert -1 <= one.lo <= one.estimate <= one.hi <= 1 and one.lo < one.hi
    assert (one.lo, one.hi) == pytest.approx((-other.hi, -other.lo), abs=1e-6)


@pytest.mark.parametrize('gained, lost', [(0.02, 0.02), (0.02, 0.07), (0.1, 0.1), (0, 0.05)])
def test_the_interval_of_a_paired_difference_covers_as_often_as_it_says(gained, lost):
    drawn = np.random.default_rng(3).multinomial(60, [gained, lost, 1 - gained - lost], 1500)
    found = [paired_score(int(g), int(l), 60) for g, l, _ in drawn]
    assert np.mean([f.lo <= gained - lost <= f.hi for f in found]) > 0.93


def test_three_verdicts_and_the_interval_in_words():
    verdicts = [promote(*paired(300, *x), margin=m).verdict for x, m in (((60, 15), 0), ((10, 10), 0.05), ((5, 45), 0.05), ((10, 10), 0))]
    assert verdicts == ['better', 'not worse', 'worse', 'not shown']
    assert promote(*paired(300, 5, 45), margin=0.05).reason.startswith('worse: -13.3 points (-')


def test_a_gain_on_few_questions_does_not_pay_for_a_loss_on_many():
    aim, rest = paired(300, 45, 12), paired(2000, 10, 50)
    few, many = (promote_for(aim, rest, share) for share in (0.1, 0.6))
    assert few.aim.promote and few.rest.promote and not few.promote and many.promote
    assert few.total.difference.estimate == pytest.approx(0.1*0.11 - 0.9*0.02)
    with pytest.raises(UserError, match='share'): promote_for(aim, rest, 20)


def test_equal_versions_are_promoted_as_rarely_as_the_interval_says():
    rng, promoted = np.random.default_rng(7), 0
    for _ in range(300):
        kind = rng.choice(4, 200, p=[0.6, 0.1, 0.1, 0.2])
        promoted += promote(np.isin(kind, (0, 1)), np.isin(kind, (0, 2)), n_resamples=400).promote
    assert promoted <= 20


def test_a_rehearsal_is_as_late_as_the_chart_computes_and_counts_alarms_before_the_shift():
    chart, quiet = cusum(0.02, 0.12, quiet=3000), np.arange(50) == 0
    found = rehearse(chart.alarms, quiet, {'new': np.arange(10) < 6}, share=1/6, n=300, seed=3) # 0.02*5/6 + 0.6/6 = 0.117
    expected = run_length(0.02*5/6 + 0.1, chart.rise, chart.limit)
    assert abs(found.questions.mean() - expected) < 0.2*expected # the chart is rarely at level 0 when the shift comes
    per_year = found['false alarms'].mean()
    assert abs(per_year - 6500/chart.quiet) < 4*(6500/chart.quiet/300)**.5


def test_a_half_year_changes_only_after_its_start():
    drawn = half_year([False]*9 + [True], [True], 0.3, np.random.default_rng(2), weeks=10, start=6, week=400).reshape(10, 400).mean(axis=1)
    assert (drawn[:6] < 0.16).all() and (abs(drawn[6:] - 0.37) < 0.1).all()


def test_a_weekly_rule_gives_false_alarms_and_always_at_the_end_of_a_week():
    rng = np.random.default_rng(4)
    alarms = weekly_rule(proportion_estimate(1000, 20_000))(rng.random(500*1500) < 0.05)
    assert all((a + 1) % 500 == 0 for a in alarms) and 0.01 < len(alarms)/1500 < 0.04


def test_uneven_weeks_have_the_same_mean_and_more_spread():
    groups, quiet = np.repeat(list('abcd'), 50), np.r_[np.zeros(150, bool), np.arange(50) < 10]
    even, uneven = (quiet_weeks(quiet, 600, np.random.default_rng(6), g).reshape(600, 500).mean(axis=1) for g in (None, groups))
    assert abs(even.mean() - 0.05) < 0.005 and abs(uneven.mean() - 0.05) < 0.006 and uneven.std() > 2*even.std()


def test_the_summary_of_delays_names_what_never_came():
    found = rehearse(lambda failed: [], [False], {'new': [True]}, 0.2, n=5)
    assert delay_summary(found) == {'median': 'none', '5 % to 95 %': 'none to none', 'within 200 questions': '0 of 5'} | {
        k: v for k, v in delay_summary(found).items() if k.startswith('interval')}


def test_a_sample_keeps_its_request_and_how_it_was_drawn_on_the_way_to_the_votes(log, tmp_path):
    logged(log, 0, [True]*8, ['a', 'b'])
    sample = weekly_sample(log.rows(), [True]*8, n=6, seed=2)
    store, problems = open_annotation_file(write_sample(sample, tmp_path/'week.jsonl', ('columns', 'existing')), 'correct')
    for number in range(1, 7): store.vote(number, 'expert', 'SUM(a)')
    votes = to_frame(store)
    assert not problems and list(votes.request) == list(sample.index) and list(votes.drawn) == list(sample.drawn)
    assert votes.prompt[0] == f'{sample.question.iloc[0]}\n\ncolumns: a, b' and set(votes.answer) == {'COUNT'}


def test_reviewed_answers_become_examples_from_the_log_alone(log):
    requests = traffic(['hotel-booking'], 60, lambda *_: {'valid': True}, wrong=0.5)
    log_traffic(log, requests, ['valid'], datetime(2026, 11, 2, tzinfo=timezone.utc))
    wanted, rows = [e.query for e in requests.example], log.rows()
    value = [f'  {to_dsl(q)} ' for q in wanted]
    votes = pd.DataFrame({'request': [*rows.index, rows.index[0]], 'value': [*value, value[0]]})
    examples, lines = reviewed_examples(votes, rows)
    assert len(examples) == len(lines) == 60 and lines.kept.all() # one for each request
    assert [e.query for e in examples] == [find_query(v)[0] for v in value]
    assert [(e.question, e.columns, e.family) for e in examples] == [(e.question, e.columns, e.family) for e in requests.example]
    assert [bool(e.existing) for e in examples] == [bool(e.existing) for e in requests.example] and any(e.existing for e in examples)
    assert lines['right before'].tolist() == (requests.error == '').tolist()
