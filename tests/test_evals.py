"What the lesson on evals does not show: hostile names, odd questions, and agreement over many inputs"
import json
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
import numpy as np
import pytest
from own_case import own_case
from IPython.core.formatters import DisplayFormatter
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from scipy.stats import binomtest
from finetune_notes.evaluation.scoreboard import ClaimFailed, Scoreboard, claim, all_claims, run_assertions
from finetune_notes.evaluation.intervals import bootstrap, paired_bootstrap, wilson
from finetune_notes.evaluation.statistics import holm, mcnemar
from finetune_notes.core.settings import UserError


@pytest.mark.parametrize('level', [0.5, 0.9, 0.95, 0.99])
def test_wilson_agrees_with_scipy(level):
    for n in (1, 2, 7, 40, 320):
        for k in range(n + 1):
            theirs = binomtest(k, n).proportion_ci(level, method='wilson')
            assert wilson(k, n, level) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize('k, n, level', [(-1, 3, 0.95), (4, 3, 0.95), (0, 0, 0.95), (1, 2, 1), (1, 2, 95), (float('nan'), 3, 0.95)])
def test_wilson_refuses(k, n, level):
    with pytest.raises(UserError): wilson(k, n, level)


@pytest.mark.parametrize('a, b, kwargs', [([], [], {}), ([1], [1, 0], {}), ([np.nan], [1], {}), ([[1, 0]], [[1, 0]], {}),
                                          ([1, 0], [0, 1], dict(n_resamples=0)), ([1, 0], [0, 1], dict(level=95))])
def test_paired_bootstrap_refuses(a, b, kwargs):
    with pytest.raises(UserError): paired_bootstrap(a, b, **kwargs)


def test_paired_bootstrap_repeats_and_turns_round():
    a, b = np.random.default_rng(0).integers(2, size=(2, 100))
    ab, ba = paired_bootstrap(a, b, seed=3), paired_bootstrap(b, a, seed=3)
    assert ab == paired_bootstrap(a, b, seed=3)
    assert (ab.lo, ab.hi) == pytest.approx((-ba.hi, -ba.lo), abs=0.011)
    same = paired_bootstrap(a, a)
    assert (same.estimate, same.n) == (0, 100) and same.hi == -same.lo == pytest.approx(wilson(0, 100)[1])


def test_many_resamples_do_not_need_much_memory():
    values = np.random.default_rng(0).normal(size=20_000)
    assert paired_bootstrap(values, values*0, n_resamples=120).n == 20_000


def test_assertions_go_on_after_anything():
    def boom(answer, example): raise ZeroDivisionError('odd')
    def forgot(answer, example): pass
    def empty(answer, example): return ''
    def numpy_bool(answer, example): return np.True_
    def short(answer, example): return len(answer) < 3
    table = run_assertions(['a', 'bcd'], [boom, forgot, empty, numpy_bool, short])
    assert list(table.passed) == [0, 0, 0, 2, 1]
    error = table.failures['boom'][0].error
    assert isinstance(error, ZeroDivisionError) and error.__traceback__ is not None
    assert [f.row for f in table.failures['short']] == [1]
    assert list(table.loc['short', ['lo', 'hi']]) == pytest.approx(wilson(1, 2))


def test_the_traceback_is_kept_as_text():
    def boom(answer, example): return 1/answer
    zero, fine = run_assertions([0, -1], [boom]).failures['boom']
    assert zero.trace.startswith('Traceback') and 'in boom' in zero.trace and zero.trace.endswith('ZeroDivisionError: division by zero\n')
    assert fine.error is None and fine.trace == ''


def test_any_callable_may_be_an_assertion():
    class Longer:
        def __init__(self, n): self.n = n
        def __call__(self, answer, example): return len(answer) > self.n
        def __repr__(self): return f'longer than {self.n}'
    table = run_assertions(['ab'], [Longer(1), Longer(2), partial(Longer(1))])
    assert list(table.index)[:2] == ['longer than 1', 'longer than 2'] and list(table.passed) == [1, 0, 1]


def test_assertions_refuse():
    rule = lambda answer, example: True
    with pytest.raises(UserError, match='one example for each'): run_assertions(['a'], [rule], examples=[1, 2])
    with pytest.raises(UserError, match='one or more answers'): run_assertions([], [rule])
    with pytest.raises(UserError, match='same name'): run_assertions(['a'], [rule, rule])


def board():
    made = Scoreboard('t', baseline='base', lower='wrong')
    made.add('base', {'right': [1, 0, 0, 1], 'wrong': [0, 1, 1, 0]}, prompt_tokens=2000.4, seconds=12.345, keys='abcd')
    return made.add('new', {'right': [True, np.True_, 1.0]}, prompt_tokens=100, seconds=0.0123, keys='dcx')


def test_versus_matches_questions_by_key_in_any_order():
    d = board().versus('right', 'new', 'base')
    assert (d.n, d.estimate) == (2, 0.5)
    assert board().versus('right', 'base', 'new').estimate == -0.5
    tuples = Scoreboard('t').add('a', {'m': [1, 0]}, keys=[('s', 1), ('s', 2)]).add('b', {'m': [1, 1]}, keys=[('s', 2), ('s', 3)])
    assert tuples.versus('m', 'a', 'b').estimate == -1


def test_versus_refuses_to_guess():
    b = Scoreboard('t').add('a', {'m': [1, 0]}).add('b', {'m': [1]}).add('c', {'m': [1, 0]}, keys='xy').add('d', {'m': [1]}, keys='z')
    for other in 'bc':
        with pytest.raises(UserError, match='`keys`'): b.versus('m', 'a', other)
    with pytest.raises(UserError, match='share no question'): b.versus('m', 'c', 'd')
    with pytest.raises(UserError, match='no .x. of'): b.versus('x', 'a', 'c')
    with pytest.raises(UserError, match='nobody'): b.versus('m', 'a', 'nobody')


@pytest.mark.parametrize('outcomes, keys, match', [
    ({'m': [1, 1j]}, None, 'outcome 1 is 1j'), ({'m': [1, float('inf')]}, None, 'outcome 1 is inf'), ({'m': [None]}, None, 'outcome 0 is None'), ({'m': ['1']}, None, "'1'"),
    ({'m': [float('nan')]}, None, 'nan'), ({'m': []}, None, 'at least one'), ({}, None, 'at least one'),
    ({'m': [1], 'k': [1, 0]}, None, 'same for each'), ({'m': [1, 0]}, 'xx', '1 of them distinct'), ({'m': [1, 0]}, 'x', '1 keys')])
def test_add_refuses(outcomes, keys, match):
    with pytest.raises(UserError, match=match): Scoreboard('t').add('s', outcomes, keys=keys)


def test_one_metric_needs_no_name():
    b = Scoreboard('t', baseline='a').add('a', [1, 0, 1]).add('b', np.array([1, 1, 1]))
    assert b.metrics == ['score'] and b.versus('score', 'b', 'a').estimate == pytest.approx(1/3)
    assert Scoreboard('t').add('a', {'right': [1, 0]}).add('b', [True, True]).metrics == ['right']
    for odd in (7, None, 'ab'):
        with pytest.raises(UserError, match='name of their metric'): Scoreboard('t').add('a', odd)
    with pytest.raises(UserError, match="board has .'m', 'k'."): Scoreboard('t').add('a', {'m': [1], 'k': [0]}).add('b', [1])


def test_a_metric_may_be_any_number():
    rng = np.random.default_rng(0)
    errors = rng.gamma(2, size=50)*100
    b = Scoreboard('t', baseline='a', lower='euros').add('a', {'euros': errors + 9}).add('b', {'euros': errors})
    assert b.estimate('euros', 'a') == bootstrap(errors + 9)
    assert b.versus('euros', 'b', 'a').text == '-9.000 [-9.000, -9.000]' # No bound is known for numbers without limits
    assert 'bootstrap intervals)' in repr(b).splitlines()[0] and repr(b).splitlines()[3].endswith('*')
    row = b.to_json()['systems'][0]['metrics']['euros']
    assert row['method'] == 'bootstrap' and row['lo'] < row['estimate'] < row['hi']
    lone = Scoreboard('t').add('a', {'euros': [3.5]})
    assert json.loads(json.dumps(lone.to_json(), allow_nan=False))['systems'][0]['metrics']['euros']['lo'] is None and '3.500' in repr(lone)


def test_a_board_counts_clusters():
    of = np.repeat(range(20), 4)
    rng = np.random.default_rng(0)
    right = np.repeat(rng.random(20) < 0.6, 4)
    rows, groups = (Scoreboard('t', baseline='a', clusters=c).add('a', {'m': right}).add('b', {'m': ~right}) for c in (None, of))
    wide, narrow = groups.estimate('m', 'a'), rows.estimate('m', 'a')
    assert (wide.n, narrow.n) == (20, 80) and wide.hi - wide.lo > 1.5*(narrow.hi - narrow.lo)
    assert groups.versus('m', 'a', 'b').n == 20 and groups.to_frame().clusters['a'] == 20 and 'over clusters of questions' in repr(groups)
    assert 'clusters' not in rows.to_frame() and groups.to_json()['systems'][0]['clusters'] == 20
    named = Scoreboard('t', clusters=dict(enumerate(of))).add('a', {'m': right}, keys=range(80)).add('b', {'m': ~right[40:]}, keys=range(40, 80))
    assert named.versus('m', 'a', 'b').n == 10 and named.estimate('m', 'b').n == 10


@pytest.mark.parametrize('clusters, keys, match', [([1, 2, 3], None, '2 questions, and the board has the clusters of 3'),
                                                   ({'x': 1}, None, 'go by keys'), ({'x': 1}, ['x', 'y'], "no cluster for question 'y'")])
def test_clusters_that_do_not_fit_are_refused(clusters, keys, match):
    with pytest.raises(UserError, match=match): Scoreboard('t', clusters=clusters).add('s', {'m': [1, 0]}, keys=keys)


def test_floor_and_ceiling_are_marked_and_no_contenders():
    b = Scoreboard('t', baseline='old').add('old', [0, 1, 0]).add('new', [1, 1, 0]).add('people', [1, 1, 1], role='ceiling').add('constant', [0, 0, 0], role='floor')
    shown = repr(b)
    assert 'people (ceiling)' in shown and 'constant (floor)' in shown
    assert [line for line in shown.split('\n\n')[0].splitlines() if line.endswith('*')][0].startswith('new')
    assert list(b.compare().index) == ['new'] and b.to_json()['systems'][2]['role'] == 'ceiling'
    with pytest.raises(UserError, match='"floor" or "ceiling"'): b.add('x', [1, 1, 1], role='top')


def test_several_comparisons_are_corrected():
    rng = np.random.default_rng(0)
    b = Scoreboard('t', baseline='base').add('base', {'m': rng.random(60) < 0.5, 'k': rng.random(60)})
    for i in range(4): b.add(f's{i}', {'m': rng.random(60) < 0.5 + 0.1*i, 'k': rng.random(60) + 0.1*i})
    table = b.compare('m')
    assert list(table.columns) == ['difference', 'lo', 'hi', 'n', 'p', 'holm'] and (table.holm >= table.p).all()
    assert table.p['s3'] == mcnemar(*b._paired('m', 's3', 'base')[:2]).p and list(table.holm) == list(holm(table.p))
    assert list(b.compare('k', 's0').index) == ['base', 's1', 's2', 's3']
    with pytest.raises(UserError, match='which metric'): b.compare()


def test_adding_again_replaces_and_forgets():
    b = Scoreboard('t', baseline='a').add('a', {'m': [1, 1]}).add('b', {'m': [0, 0]})
    assert b.versus('m', 'b', 'a').estimate == -1
    b.add('b', {'m': [1, 1]})
    assert b.versus('m', 'b', 'a').estimate == 0 and len(b.to_frame()) == 2


def test_json_is_plain_and_strict():
    made = board().add('odd', {'right': [1]}, seconds=np.float64('nan')).to_json()
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    base, new, odd = made['systems']
    assert base['metrics']['right']['estimate'] == 0.5 and 'wrong' not in new['metrics'] and odd['seconds'] is None
    assert [(d['system'], d['metric'], d['n']) for d in made['differences']] == [('new', 'right', 2)]


def test_the_best_value_is_marked_in_the_right_direction():
    shown = board()._repr_html_()
    for best in ('<b>100</b>', '<b>0.0123</b>', '<b>1.000 ['): assert best in shown
    assert shown.count('<b>') == 3
    b = Scoreboard('t', lower='wrong').add('a', {'wrong': [1, 0]}).add('b', {'wrong': [0, 0]})
    assert '<b>0.000' in b._repr_html_() and '**0.000' in b._repr_markdown_() and '0.842]*' not in repr(b).splitlines()[2]
    assert repr(b).splitlines()[3].endswith('*')


def test_text_lines_up():
    lines = repr(board()).split('\n\n')[0].splitlines()[1:]
    assert {len(line.rstrip('*')) for line in lines} == {len(lines[0])}


@pytest.mark.parametrize('name', ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '[a](javascript:alert(1))', '| a | b |',
                                  '**b** `c` _d_', '\x1b[31mred\x1b[0m', 'two\nlines', '$x$ &lt; # ~~s~~'])
def test_hostile_names_are_text(name):
    b = Scoreboard(name, baseline=name).add(name, {name: [1, 0]}).add('other', {name: [0, 0]})
    for shown in (b._repr_html_(), b._repr_markdown_()): assert '<script' not in shown and '<img' not in shown
    for line in b._repr_markdown_().splitlines():
        if line.startswith('|'): assert line.count('|') == 4
        assert '](' not in line and '`' not in line and '**b' not in line and '$' not in line
    assert '\x1b' not in repr(b) and len(repr(b).splitlines()) == 8


class Cells(HTMLParser):
    "The text of the cells of all tables in a page, and which are bold"
    def __init__(self, page):
        super().__init__()
        self.rows, self.bold, self.open = [], [], []
        self.feed(page)
    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == 'tr': self.rows.append([])
        if tag in ('td', 'th'): self.rows[-1].append('')
    def handle_data(self, data):
        if not {'td', 'th'} & set(self.open): return
        self.rows[-1][-1] += data
        if {'b', 'strong'} & set(self.open): self.bold.append(data)
    def handle_endtag(self, tag): self.open.remove(tag)


@pytest.mark.parametrize('name', ['new', '<b>x</b> | y', '**b** `c`', '[a](javascript:alert(1))'])
def test_jupyter_markdown_and_json_tell_the_same(name, tmp_path):
    made = Scoreboard('t', baseline='base').add('base', {'right': [1, 0, 0, 1]}, prompt_tokens=2000).add(name, {'right': [1, 1, 0, 1]}, prompt_tokens=100)
    shown, _ = DisplayFormatter().format(made)
    assert {'text/html', 'text/markdown', 'text/plain'} <= set(shown) and shown['text/plain'] == repr(made)
    page, readme = Cells(shown['text/html']), Cells(markdown2html_mistune(shown['text/markdown']))
    assert page.rows == readme.rows and page.bold == readme.bold and len(page.rows) == 5
    (tmp_path/'board.json').write_text(json.dumps(made.to_json(), allow_nan=False))
    stored = json.loads((tmp_path/'board.json').read_text())
    for row, system in zip(page.rows[1:3], stored['systems']):
        right = system['metrics']['right']
        assert row == [system['system'], str(system['n']), '{estimate:.3f} [{lo:.3f}, {hi:.3f}]'.format(**right), f"{system['prompt_tokens']:,.0f}"]
    gap = stored['differences'][0]
    assert page.rows[4] == [gap['system'], '4', f"{gap['estimate']:+.3f} [{gap['lo']:+.3f}, {gap['hi']:+.3f}]"]


def test_an_empty_board_shows_itself():
    b = Scoreboard('nothing yet')
    assert 'nothing yet' in repr(b) and 'nothing yet' in b._repr_html_() and b.to_json()['systems'] == [] and b.to_frame().empty


@pytest.mark.parametrize('preset', ['laptop', 'gpu'])
def test_a_claim_is_judged(preset, monkeypatch):
    monkeypatch.setenv('FINETUNE_NOTES_PRESET', preset)
    made = claim('a < b', np.True_, '1 < 2')
    assert repr(made) == 'holds · a < b · 1 < 2' and made._repr_html_() == '<p><b>holds</b> · a &lt; b · 1 &lt; 2</p>'
    with pytest.raises(ClaimFailed, match='b < a: 1 < 2'): claim('b < a', False, '1 < 2')
    assert [c.verdict for c in all_claims()[-2:]] == ['holds', 'fails']


def test_a_claim_is_not_judged_under_tiny(monkeypatch):
    monkeypatch.setenv('FINETUNE_NOTES_PRESET', 'tiny')
    assert repr(claim('pigs fly', False)) == 'not judged · pigs fly'


def test_the_lines_for_your_own_case_run_as_they_stand(tmp_path, monkeypatch, capsys):
    row, code, file = own_case('20_evals')
    monkeypatch.chdir(tmp_path)
    Path(file).write_text(row*12 + json.dumps(json.loads(row) | dict(new='?'*300)) + '\n', encoding='utf-8')
    names = {}
    exec(code, names)
    assert names['report'].passed.to_dict() == dict(short_enough=12, right=12)
    assert [f.row for f in names['report'].failures['right']] == [12]
    found = names['board'].compare()
    assert found.difference['new'] == pytest.approx(12/13) and found.p['new'] < 0.05
    assert 'short_enough' in capsys.readouterr().out
