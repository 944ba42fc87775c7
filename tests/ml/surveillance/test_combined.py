"""The combined detector: calibrated on quiet series, upper and alarm say the same, memory that ends.

Belongs here: what is ours in `combined`, `baseline` and `evidence`. Does not belong here: benchmarks on real outbreaks.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ml.surveillance import combined
from ml.surveillance.baseline import SETTINGS, foresee
from ml.surveillance.combined import judge_combined, log_odds_at, tail_of
from ml.surveillance.evidence import SurgeModel, cusum, filter_odds, log_ratio
from ml.surveillance.simulate import SCENARIOS, draw_counts
from ml.surveillance.timeline import Timeline

WEEKS = Timeline(np.arange(1), "week", mondays=False)


def judge(counts, alpha=0.05, **kw):
    return judge_combined(np.asarray(counts, dtype=float), WEEKS, alpha=alpha, **kw)


def test_quiet_series_raise_no_more_alarms_than_alpha():
    rng = np.random.default_rng(20)
    tails = []
    for scenario in SCENARIOS[::2]:
        counts = draw_counts(scenario.mean(400), scenario.phi, rng)
        tails.append(judge(counts).p_exceed[104:])
    tails = np.concatenate(tails)
    for alpha in (0.05, 0.02, 0.01):
        # 6,216 weeks, alarms in runs of about two: three standard errors
        assert (tails <= alpha).mean() <= alpha + 3 * np.sqrt(2 * alpha / tails.size)
        assert (tails <= alpha).mean() >= alpha * 0.2


def test_a_steady_series_raises_no_alarm_in_its_first_year_however_busy():
    rng = np.random.default_rng(14)
    for mean in (0.3, 5.0, 150.0):
        alarms = [judge(rng.poisson(mean, 60), alpha=0.01).alarm.mean() for _ in range(6)]
        assert np.mean(alarms) <= 0.03


def test_an_alarm_is_a_count_above_upper_and_a_probability_up_to_alpha():
    rng = np.random.default_rng(3)
    counts = draw_counts(SCENARIOS[13].mean(300), 2.0, rng)
    counts[250:256] += 20
    judged = judge(counts)
    known = ~np.isnan(judged.p_exceed)
    np.testing.assert_array_equal(judged.alarm, np.nan_to_num(judged.p_exceed, nan=1.0) <= 0.05)
    seen = known & (counts > 0)
    np.testing.assert_array_equal(
        (counts > judged.upper)[seen & (judged.upper > 0)], judged.alarm[seen & (judged.upper > 0)]
    )
    assert judged.alarm[250:256].all()
    assert np.all(judged.upper[known] >= 0)


def test_one_case_of_a_rare_illness_is_no_surge_and_a_second_soon_after_may_be():
    counts = np.zeros(300)
    counts[200] = 1
    assert not judge(counts).alarm.any()
    counts[202] = 1
    judged = judge(counts)
    assert judged.alarm[202]
    assert not judged.alarm[:202].any()
    assert judged.upper[201] == 0
    assert judged.upper[199] == combined.LEAST_CASES - 1


def test_small_excesses_in_a_row_add_up():
    rng = np.random.default_rng(8)
    counts = rng.poisson(10.0, 320).astype(float)
    counts[300:] = 17  # about two standard deviations above
    judged = judge(counts, alpha=0.01)
    assert not judged.alarm[300:303].any()
    assert judged.alarm[305:312].all()
    assert np.all(np.diff(judged.p_exceed[300:308]) < 0)


def test_a_surge_is_forgotten_when_it_is_over():
    counts = np.random.default_rng(5).poisson(6.0, 320)
    counts[280:284] += 40
    judged = judge(counts)
    assert judged.alarm[280:284].all()
    assert not judged.alarm[292:].any()


@settings(max_examples=60, deadline=None)
@given(st.floats(-12, 25), st.floats(0.0, 5.0), st.sampled_from(["week", "month"]))
def test_the_tail_falls_as_the_odds_rise(odds, step, grain):
    higher, lower = tail_of(np.array([odds + step]), grain)[0], tail_of(np.array([odds]), grain)[0]
    assert 0 < higher <= lower <= 1


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-6, 0.49), st.sampled_from(["week", "month"]))
def test_the_alarm_height_is_the_inverse_of_the_tail(alpha, grain):
    assert tail_of(np.array([log_odds_at(alpha, grain)]), grain)[0] == pytest.approx(alpha, rel=1e-9)


def test_evidence_rises_with_the_count_and_is_nothing_without_a_report():
    model = SurgeModel()
    counts = np.arange(0.0, 80.0)
    ratios = log_ratio(counts, np.full(80, 6.0), np.full(80, 1.7), model)
    assert np.all(np.diff(ratios, axis=1) > 0)
    assert np.all(log_ratio(np.array([np.nan]), np.array([6.0]), np.array([1.5]), model) == 0)


def test_likelihood_ratios_have_mean_one_without_a_surge():
    counts = np.arange(0.0, 400.0)
    mean, phi = 6.0, 1.7
    size = mean / (phi - 1)
    chance = stats.nbinom.pmf(counts, size, 1 / phi)
    ratios = np.exp(log_ratio(counts, np.full(400, mean), np.full(400, phi), SurgeModel()))
    np.testing.assert_allclose((ratios * chance).sum(axis=1), 1.0, rtol=1e-6)


def test_the_filter_starts_from_the_long_run_share_of_surges_and_the_cusum_never_falls_below_nothing():
    model = SurgeModel()
    quiet = filter_odds(np.zeros((3, 50)), model)
    share = model.onset / (model.onset + 1.0 / model.lengths[0])
    np.testing.assert_allclose(1 / (1 + np.exp(-quiet.log_odds)), share, rtol=1e-6)
    assert np.all(cusum(np.full((2, 5), -1.0)) == 0)


def test_the_baseline_finds_level_season_and_trend():
    time = np.arange(260)
    mean = np.exp(3.0 + 0.1 * time / 52 + 0.4 * np.cos(2 * np.pi * time / 52))
    found = foresee(mean, periods_per_year=52.0, settings=SETTINGS["week"])
    np.testing.assert_allclose(found.mean[210:], mean[210:], rtol=0.06)
    assert np.all(found.phi[210:] < 1.6)


def test_large_past_surges_do_not_hide_one_another_from_the_baseline():
    rng = np.random.default_rng(2)
    counts = rng.poisson(5.0, 260).astype(float)
    counts[rng.choice(np.arange(60, 240), 12, replace=False)] = 90.0
    found = foresee(counts, periods_per_year=52.0, settings=SETTINGS["week"], since=250)
    masked = foresee(counts, periods_per_year=52.0, settings=replace(SETTINGS["week"], rounds=2), since=250)
    assert found.phi[255] < 3.0 < masked.phi[255]
    assert found.mean[255] == pytest.approx(5.0, abs=1.5)


def test_judging_only_the_newest_weeks_agrees_with_judging_all():
    counts = draw_counts(SCENARIOS[7].mean(330), 1.5, np.random.default_rng(1))
    whole, part = judge(counts), judge(counts, since=300)
    np.testing.assert_allclose(part.p_exceed[300:], whole.p_exceed[300:], rtol=1e-3)
    assert np.isnan(part.p_exceed[:300]).all()
