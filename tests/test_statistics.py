"What the lesson on statistics does not show: odd data, invariances over many inputs, other worlds than the lesson's"
from itertools import combinations, permutations
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.special import expit
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar
from statsmodels.stats.inter_rater import cohens_kappa as sm_kappa
from statsmodels.stats.proportion import proportion_confint
from finetune_notes.core.settings import UserError
from statsmodels.stats.multitest import multipletests
from finetune_notes.evaluation.intervals import (Difference, Estimate, bootstrap, clustered_proportion, effective_n, mean_estimate, paired_bootstrap,
                                                 proportion_estimate, widened_level, wilson)
from finetune_notes.evaluation.statistics import (bradley_terry, cohen_kappa, comparisons_needed, holm, intransitive_cycles, kappa_and_error, label_table,
                                                  mcnemar, paired_p, precision_recall, win_rate_power)

quick = settings(max_examples=60, deadline=None)
labels = st.lists(st.tuples(st.sampled_from('abc'), st.sampled_from('abc')), min_size=1, max_size=60)
names = 'vwxyz'
ballots = st.lists(st.tuples(st.sampled_from(list(permutations(names, 2))), st.sampled_from([0, 0.5, 1])), min_size=1, max_size=80)

def share_covered(estimates, truth): return np.mean([e.lo <= truth <= e.hi for e in estimates])


# The bootstrap

@pytest.mark.parametrize('values, clusters, kwargs, match', [
    ([], None, {}, '0 cluster'), ([1], None, {}, '1 cluster'), ([1, 0], ['a', 'a'], {}, '1 cluster'), ([1, 0], ['a'], {}, '2 values and 1'),
    ([1, 0, 1], ['a', None, 'b'], {}, 'value 1 has no'), ([1, 0, 1], ['a', float('nan'), 'b'], {}, 'value 1 has no'), ([1, np.nan], None, {}, 'finite'),
    ([1, np.inf], None, {}, 'finite'), ([[1, 0], [0, 1]], None, {}, 'one finite number'), ([1, 0], None, dict(level=95), 'level = 95'),
    ([1, 0], None, dict(n_resamples=0), 'n_resamples = 0')])
def test_bootstrap_refuses(values, clusters, kwargs, match):
    with pytest.raises(UserError, match=match): bootstrap(values, clusters, **kwargs)


def test_a_value_repeated_within_its_cluster_adds_nothing():
    values = np.random.default_rng(0).normal(size=30)
    often, once = bootstrap(np.repeat(values, 7), np.repeat(np.arange(30), 7)), bootstrap(values)
    assert (often.estimate, often.lo, often.hi, often.n) == pytest.approx((once.estimate, once.lo, once.hi, 30))


def test_clusters_may_be_named_by_anything():
    values, ids = [1, 0, 1, 1, 0, 0], ['a', 'b', 'a', 'c', 'b', 'c']
    for other in ([('x', i) for i in ids], [ord(i) for i in ids], pd.Series(ids), np.array(ids)):
        assert bootstrap(values, other) == bootstrap(values, ids)


def test_bootstrap_repeats_and_moves_with_its_data():
    values = np.random.default_rng(1).normal(size=50)
    one, moved = bootstrap(values), bootstrap(values + 3)
    assert one == bootstrap(values) and one != bootstrap(values, seed=1)
    assert (moved.lo, moved.hi) == pytest.approx((one.lo + 3, one.hi + 3))
    assert one.lo < one.estimate < one.hi


def test_many_values_do_not_need_much_memory():
    assert bootstrap(np.arange(50_000.), n_resamples=60).n == 50_000


def test_the_level_is_widened_most_where_clusters_are_few():
    assert 0.95 < widened_level(0.95, 1000) < 0.951
    assert widened_level(0.95, 1000) < widened_level(0.95, 40) < widened_level(0.95, 10) < widened_level(0.95, 2) <= 1
    assert 0.95 < widened_level(0.95, 10**6) < 0.95001 and (bootstrap([1, 0]).lo, bootstrap([1, 0]).hi) == (0, 1)


@pytest.mark.parametrize('emails', [20, 60])
def test_the_clustered_interval_covers_numbers_too(emails):
    rng, found = np.random.default_rng(emails), []
    for _ in range(1000):
        of = rng.integers(emails, size=6*emails)
        found.append(bootstrap(rng.normal(size=emails)[of] + rng.normal(size=6*emails), of, n_resamples=400))
    assert 0.92 < share_covered(found, 0) < 0.97


# Shares over clusters

grouped = st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=30)

def flat(groups): return [int(v) for g in groups for v in g], [i for i, g in enumerate(groups) for _ in g]

@quick
@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_clusters_of_one_row_are_no_clusters(hits):
    assert clustered_proportion(hits, range(len(hits))) == clustered_proportion(hits)
    one, other = clustered_proportion(hits), proportion_estimate(sum(hits), len(hits))
    assert (one.estimate, one.lo, one.hi) == pytest.approx((other.estimate, other.lo, other.hi), abs=1e-9) and one.n == other.n
    if len(hits) > 1: assert mean_estimate([v + 0.5 for v in hits], range(len(hits)), n_resamples=50) == mean_estimate([v + 0.5 for v in hits], n_resamples=50)

@quick
@given(grouped, st.randoms())
def test_a_share_over_clusters_does_not_care_for_order_or_for_what_is_a_success(groups, chance):
    hits, of = flat(groups)
    found, places = clustered_proportion(hits, of), list(range(len(hits)))
    chance.shuffle(places)
    moved, turned = clustered_proportion([hits[i] for i in places], [of[i] for i in places]), clustered_proportion([1 - h for h in hits], of)
    assert (moved.lo, moved.hi, moved.n) == pytest.approx((found.lo, found.hi, len(groups)))
    assert (turned.lo, turned.hi) == pytest.approx((1 - found.hi, 1 - found.lo), abs=1e-9)
    assert 0 <= found.lo <= found.estimate + 1e-12 and found.estimate - 1e-12 <= found.hi <= 1 and found.lo < found.hi
    assert effective_n(hits, of) <= len(hits) + 1e-9

@pytest.mark.parametrize('k, each', [(1, 1), (1, 9), (20, 6), (100, 3)])
def test_no_event_at_all_has_a_bound_that_counts_clusters(k, each):
    of = np.repeat(np.arange(k), each)
    none, every = clustered_proportion(np.zeros(k*each), of), clustered_proportion(np.ones(k*each), of)
    assert (none.lo, none.hi, none.n) == (0, pytest.approx(wilson(0, k)[1]), k) and (every.lo, every.hi) == (pytest.approx(wilson(k, k)[0]), 1)

@pytest.mark.parametrize('share', [0.5, 0.9, 0.98])
@pytest.mark.parametrize('alike', [0.05, 0.3, 0.9])
def test_a_share_over_clusters_is_covered(share, alike):
    rng, found = np.random.default_rng(0), []
    for _ in range(600):
        of = np.repeat(np.arange(30), rng.integers(1, 9, 30))
        hits = rng.random(len(of)) < rng.beta(share*(1 - alike)/alike, (1 - share)*(1 - alike)/alike, 30)[of]
        found.append(clustered_proportion(hits, of))
    assert share_covered(found, share) > 0.92

def test_an_empty_share_is_not_known():
    assert repr(clustered_proportion([])) == '– [0.000, 1.000], n=0'

def test_differences_show_their_sign_and_levels_their_share():
    assert repr(Difference(0.1, -0.1, 0.3, 7)) == '+0.100 [-0.100, +0.300], n=7' and Difference(1, 0, 2, 3).signed
    assert repr(proportion_estimate(1, 4, level=0.9)).endswith('n=4, 0.9 interval') and proportion_estimate(1, 4).method == 'Wilson'


# Two systems over clusters

def test_a_paired_difference_counts_clusters():
    rng = np.random.default_rng(0)
    gap, of = rng.normal(0.2, 1, 30), np.repeat(np.arange(30), 5)
    wide, narrow = paired_bootstrap(gap[of], 0*gap[of], clusters=of), paired_bootstrap(gap[of], 0*gap[of])
    assert (wide.n, narrow.n) == (30, 150) and wide.hi - wide.lo > 2*(narrow.hi - narrow.lo)
    assert paired_bootstrap(gap, 0*gap, clusters=range(30)) == paired_bootstrap(gap, 0*gap)

def test_outcomes_that_never_differ_are_not_proven_equal():
    right, of = np.tile([0, 1], 60), np.repeat(np.arange(20), 6)
    same, over = paired_bootstrap(right, right), paired_bootstrap(right, right, clusters=of)
    assert same.estimate == 0 and same.hi == -same.lo == pytest.approx(wilson(0, 120)[1]) and over.hi == pytest.approx(wilson(0, 20)[1])
    ahead = paired_bootstrap(np.ones(50), np.zeros(50))
    assert (ahead.estimate, ahead.hi) == (1, 1) and ahead.lo == pytest.approx(2*wilson(50, 50)[0] - 1)
    assert paired_bootstrap([5., 5.], [3., 3.]).lo == 2 # Numbers without limits have no such bound


# Several comparisons

@quick
@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_agrees_with_statsmodels_and_only_raises(ps):
    found = np.array(holm(ps))
    assert (found >= np.array(ps)).all() and (found <= 1).all()
    if ps:
        assert found == pytest.approx(multipletests(ps, method='holm')[1], abs=1e-12)
        assert (np.diff(found[np.argsort(ps, kind='stable')]) >= 0).all() and holm(ps[::-1])[::-1] == pytest.approx(found.tolist())

def test_holm_refuses():
    for odd in ([0.1, 2], [-0.1], [float('nan')], [[0.1]]):
        with pytest.raises(UserError, match='from 0 to 1'): holm(odd)

def test_a_table_of_equal_systems_rarely_names_one():
    rng = np.random.default_rng(0)
    named = [min(holm(rng.random(7))) < 0.05 for _ in range(4000)]
    assert 0.03 < np.mean(named) < 0.06

@quick
@given(labels)
def test_a_paired_p_is_mcnemars_or_that_of_swapped_clusters(pairs):
    a, b = (np.array([p[i] == 'a' for p in pairs]) for i in (0, 1))
    assert paired_p(a, b) == mcnemar(a, b).p == paired_p(a, b, range(len(a)))
    of = np.arange(len(a))//3
    assert paired_p(a, b, of, n_resamples=99) == pytest.approx(paired_p(b, a, of, n_resamples=99), abs=0.2)

def test_swapped_clusters_rarely_cry_wolf():
    rng, of = np.random.default_rng(0), np.repeat(np.arange(12), 5)
    found = [paired_p(rng.normal(size=12)[of] + rng.normal(size=60), rng.normal(size=12)[of], of, n_resamples=199) for _ in range(400)]
    assert 0.02 < np.mean(np.array(found) < 0.05) < 0.08

@pytest.mark.parametrize('a, b', [([], []), ([1], [1, 0]), ([np.nan], [1]), ([[1]], [[1]])])
def test_paired_p_refuses(a, b):
    with pytest.raises(UserError, match='one finite number'): paired_p(a, b)


# The same questions

@quick
@given(labels)
def test_mcnemar_agrees_with_statsmodels(pairs):
    a, b = (np.array([p[i] == 'a' for p in pairs]) for i in (0, 1))
    found = mcnemar(a, b)
    assert (found.a_only, found.b_only, found.n) == ((a & ~b).sum(), (b & ~a).sum(), len(pairs))
    assert found.p == mcnemar(b, a).p
    if found.a_only + found.b_only:
        assert found.p == pytest.approx(sm_mcnemar([[0, found.a_only], [found.b_only, 0]], exact=True).pvalue, abs=1e-9)


def test_mcnemar_rarely_cries_wolf():
    rng = np.random.default_rng(0)
    hard = rng.random((2000, 80))
    found = [mcnemar(rng.random(80) < h, rng.random(80) < h).p for h in hard]
    assert 0.01 < np.mean(np.array(found) < 0.05) <= 0.05


@pytest.mark.parametrize('a, b, match', [([], [], '0 and 0'), ([1], [1, 0], '1 and 2'), ([0.5], [1], 'first system: outcome 0'), ([1], [None], 'second system')])
def test_mcnemar_refuses(a, b, match):
    with pytest.raises(UserError, match=match): mcnemar(a, b)


# Labels

@quick
@given(labels)
def test_kappa_does_not_care_who_is_who_or_what_labels_are_called(pairs):
    a, b = zip(*pairs)
    one, turned, renamed = cohen_kappa(a, b), cohen_kappa(b, a), cohen_kappa([ord(v) for v in a], [ord(v) for v in b])
    for other in (turned, renamed): assert [other.estimate, other.lo, other.hi] == pytest.approx([one.estimate, one.lo, one.hi], nan_ok=True)
    assert -1 <= one.lo < one.hi <= 1 and one.n == len(pairs)
    if not np.isnan(one.estimate): assert one.lo - 1e-12 <= one.estimate <= one.hi + 1e-12


@pytest.mark.filterwarnings('ignore::RuntimeWarning:statsmodels')
@quick
@given(labels)
def test_kappa_agrees_with_statsmodels(pairs):
    table = label_table(*zip(*pairs))
    if len(table) == 1: return
    theirs = sm_kappa(table)
    kappa, error = kappa_and_error(table)
    assert kappa == pytest.approx(theirs.kappa, abs=1e-9)
    assert error**2 == pytest.approx(theirs.var_kappa, abs=1e-9)


@pytest.mark.parametrize('rows', [1, 3, 25, 1000])
@pytest.mark.parametrize('used', [2, 3, 10])
def test_full_agreement_still_has_an_interval(rows, used):
    if rows < used: return
    same = [i % used for i in range(rows)]
    found = cohen_kappa(same, same)
    assert found.estimate == pytest.approx(1) and found.hi == 1 and found.lo < 1


@pytest.mark.parametrize('n, kappa, shares', [(25, 0.3, (0.8, 0.2)), (50, 0, (0.5, 0.5)), (50, 0.6, (0.9, 0.1)), (50, 0.7, (0.5, 0.3, 0.2)), (50, 0.5, (0.2,)*5), (300, 0.8, (0.7, 0.3))])
def test_kappa_covers_in_other_worlds(n, kappa, shares):
    rng, found = np.random.default_rng(0), []
    for _ in range(2000):
        person, other = rng.choice(len(shares), p=shares, size=(2, n))
        found.append(cohen_kappa(person, np.where(rng.random(n) < kappa, person, other)))
    assert 0.93 <= share_covered(found, kappa) <= 0.975


@pytest.mark.parametrize('a, b, match', [([], [], '0 and 0'), (['a'], ['a', 'b'], '1 and 2'), (['a', None], ['a', 'b'], 'row 1'),
                                         (['a', 'b'], [float('nan'), 'b'], 'row 0'), ([pd.NA], ['b'], 'row 0'), ([pd.NaT], ['b'], 'row 0')])
def test_labels_that_are_missing_are_named(a, b, match):
    for measure in (cohen_kappa, precision_recall):
        with pytest.raises(UserError, match=match): measure(a, b)


@quick
@given(labels)
def test_precision_and_recall_are_counts_with_wilsons_interval(pairs):
    said, truth = zip(*pairs)
    precision, recall = precision_recall(truth, said, 'a')
    assert precision_recall(said, truth, 'a') == (recall, precision) or np.isnan([precision.estimate, recall.estimate]).any()
    for part, n in ((precision, said.count('a')), (recall, truth.count('a'))):
        assert part.n == n
        if n:
            k = pairs.count(('a', 'a'))
            assert (part.estimate, part.lo, part.hi) == pytest.approx((k/n, *proportion_confint(k, n, method='wilson')), abs=1e-9)
        else: assert np.isnan(part.estimate) and (part.lo, part.hi) == (0, 1)


def test_an_estimate_shows_itself():
    assert repr(proportion_estimate(1, 4)) == '0.250 [0.046, 0.699], n=4' and repr(proportion_estimate(0, 0)) == '– [0.000, 1.000], n=0'


# Comparisons in pairs

def linked(votes):
    "Votes with enough added to connect all systems that occur"
    met = sorted({s for v in votes for s in v[:2]})
    return votes + [(a, b, 0.5) for a, b in zip(met, met[1:])]

@quick
@given(ballots)
def test_strengths_are_finite_and_turn_round_with_the_votes(cast):
    votes = linked([(*pair, won) for pair, won in cast])
    one = bradley_terry(votes)
    turned = bradley_terry([(b, a, 1 - won) for a, b, won in reversed(votes)])
    assert np.isfinite(one.strength).all() and abs(one.strength.sum()) < 1e-8
    for s in one.systems:
        assert one.of(s).estimate == pytest.approx(turned.of(s).estimate, abs=1e-6)
        assert one.of(s).lo < one.of(s).estimate < one.of(s).hi
        assert one.of(s).n == sum(s in v[:2] for v in votes)
    a, b = one.systems[:2]
    there, back = one.beats(a, b), one.beats(b, a)
    assert (there.estimate, there.lo, there.hi) == pytest.approx((1 - back.estimate, 1 - back.hi, 1 - back.lo), abs=1e-9)


@pytest.mark.parametrize('k, n', [(0, 1), (1, 1), (0, 20), (20, 20), (13, 20), (133, 200), (60_000, 100_000)])
def test_two_systems_can_be_done_by_hand(k, n):
    found = bradley_terry([('a', 'b', 1)]*k + [('b', 'a', 1)]*(n - k))
    error = (n + 1)/np.sqrt(n*(k + 0.5)*(n - k + 0.5))
    logit = np.log((k + 0.5)/(n - k + 0.5))
    wanted = expit([logit, logit - 1.959964*error, logit + 1.959964*error])
    beats = found.beats('a', 'b')
    assert (beats.estimate, beats.lo, beats.hi) == pytest.approx(wanted, abs=1e-6) and beats.n == n


def test_a_tie_is_half_a_vote_each():
    tied = bradley_terry([('a', 'b', 0.5)]*6 + [('a', 'b', 1)]*4)
    halves = bradley_terry([('a', 'b', 1)]*7 + [('a', 'b', 0)]*3)
    assert tied.beats('a', 'b') == halves.beats('a', 'b')


def test_strengths_add_up_along_a_chain_that_never_met():
    found = bradley_terry([('a', 'b', i < 20) for i in range(30)] + [('b', 'c', i < 20) for i in range(30)])
    gap = lambda x, y: found.of(x).estimate - found.of(y).estimate
    assert gap('a', 'c') == pytest.approx(gap('a', 'b') + gap('b', 'c')) and gap('a', 'b') == pytest.approx(np.log(20.5/10.5))
    assert found.beats('a', 'c').n == 0 and found.beats('a', 'c').lo > 0.5


def test_few_votes_on_many_systems_are_covered_too():
    rng, true = np.random.default_rng(3), np.linspace(-0.8, 0.8, 8)
    pairs = list(combinations(range(8), 2))
    votes = lambda: [(i, j, int(rng.random() < expit(true[i] - true[j]))) for i, j in pairs for _ in range(4)]
    found = [bradley_terry(votes()) for _ in range(600)]
    for s in (0, 3, 7): assert 0.93 <= share_covered([f.of(s) for f in found], true[s]) <= 0.985


@pytest.mark.parametrize('votes, match', [([], 'no votes'), ([('a', 'a', 1)], 'vote 0'), ([('a', 'b', 1), ('a', 'b')], 'vote 1'), ([('a', 'b', 'a')], 'vote 0'),
                                          ([('a', 'b', None)], 'vote 0'), (['ab1'], 'vote 0'), ([('a', 'b', 0.3)], 'vote 0')])
def test_votes_that_are_none_are_named(votes, match):
    for use in (bradley_terry, intransitive_cycles):
        with pytest.raises(UserError, match=match): use(votes)


def test_systems_that_never_met_or_are_unknown():
    with pytest.raises(UserError, match=r'a, b \| c, d'): bradley_terry([('a', 'b', 1), ('c', 'd', 0.5)])
    with pytest.raises(UserError, match="no votes on 'z'"): bradley_terry([('a', 'b', 1)]).beats('a', 'z')


def test_a_table_of_strengths_is_sorted_and_escaped():
    found = bradley_terry([('<script>alert(1)</script>', 'b', 0)]*5)
    assert list(found.to_frame().index)[0] == 'b' and '<script' not in found._repr_html_() and 'votes' in repr(found)


# How many

@pytest.mark.parametrize('share', [0.51, 0.55, 0.6, 2/3, 0.9, 1])
@pytest.mark.parametrize('wanted', [0.1, 0.8, 0.95])
def test_from_the_number_needed_on_power_never_falls_short(share, wanted):
    n = comparisons_needed(share, wanted)
    assert win_rate_power(n - 1, share) < wanted and (win_rate_power(np.arange(n, n + 400), share) >= wanted).all()


@pytest.mark.parametrize('share, wanted', [(0.5, 0.8), (0.3, 0.8), (1.1, 0.8), (2, 0.8), (float('nan'), 0.8), (0.6, 0), (0.6, 1), (0.6, 80)])
def test_comparisons_needed_refuses(share, wanted):
    with pytest.raises(UserError): comparisons_needed(share, wanted)


def test_power_is_what_a_simulation_finds():
    rng = np.random.default_rng(0)
    shown = [proportion_estimate(k, 50).lo > 0.5 for k in rng.binomial(50, 2/3, size=4000)]
    assert np.mean(shown) == pytest.approx(float(win_rate_power(50, 2/3)), abs=0.025)


# Circles

@quick
@given(ballots)
def test_votes_that_follow_a_ranking_make_no_circle(cast):
    votes = [(a, b, float(a < b)) for (a, b), _ in cast]
    assert intransitive_cycles(votes).empty


@pytest.mark.parametrize('size', [3, 4, 5, 8])
def test_a_ring_is_found_although_most_pairs_never_met(size):
    ring = [(i, (i + 1) % size, 1) for i in range(size) for _ in range(20)]
    found = intransitive_cycles(ring)
    assert len(found) == 1 and found.p.item() == pytest.approx(size*binomtest(20, 20).pvalue)
    around = found.cycle.item().split(' > ')
    assert len(around) == size + 1 and around[0] == around[-1] and found.votes.item() == ', '.join(['20:0']*size)
    assert all((int(a) + 1) % size == int(b) for a, b in zip(around, around[1:]))


@quick
@given(ballots)
def test_without_the_contradictions_named_preferences_can_be_ranked(cast):
    votes = [(*pair, won) for pair, won in cast]
    weakest = set()
    for line in intransitive_cycles(votes).itertuples():
        around = line.cycle.split(' > ')
        counts = [tuple(map(int, v.split(':'))) for v in line.votes.split(', ')]
        assert all(f > a for f, a in counts)
        p = [binomtest(f, f + a).pvalue for f, a in counts]
        weakest |= {frozenset(pair) for pair, value in zip(zip(around, around[1:]), p) if value == max(p)}
    assert intransitive_cycles([v for v in votes if frozenset(v[:2]) not in weakest] or [('v', 'w', 1)]).empty


def test_ties_decide_nothing():
    assert intransitive_cycles([('a', 'b', 0.5), ('b', 'c', 0.5), ('c', 'a', 0.5)]).empty
    assert intransitive_cycles([('a', 'b', 1), ('b', 'c', 1), ('c', 'a', 1), ('c', 'a', 0)]).empty


def test_estimate_is_a_value():
    assert Estimate(0.5, 0.1, 0.9, 3) == Estimate(0.5, 0.1, 0.9, 3)
