"""Waits: better than the averages that hospitals show, and honest about those still waiting."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.errors import InputError
from ml.synthetic.flow import simulate_flow
from ml.waiting.estimate import QueueState, WaitModel
from ml.waiting.evaluation import censoring_weights, evaluate
from ml.waiting.fit import fit, kaplan_meier_quantile
from ml.waiting.history import Visit, moments

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)


def department(seed: int, days: int = 56):
    rng = np.random.default_rng(seed)
    return moments(simulate_flow(days=days, start=MONDAY, rng=rng), rng=rng)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_held_out_days_are_estimated_better_than_by_both_averages_and_one_in_ten_waits_past_p90(seed):
    result = evaluate(department(seed))
    assert result.model.pinball < result.last_k.pinball
    assert result.model.pinball < result.rolling_mean.pinball
    assert result.model.past_90 <= 0.10
    assert result.is_better
    assert result.arrivals_count > 500


def test_the_yardstick_catches_a_model_that_promises_too_short_waits(monkeypatch):
    honest = WaitModel.interval
    monkeypatch.setattr(WaitModel, "interval", lambda self, state: tuple(bound / 3 for bound in honest(self, state)))
    assert not evaluate(department(1)).is_better


def test_more_people_ahead_means_a_longer_interval():
    model = fit(department(4))
    shown = [
        model.interval(QueueState(3, ahead, ahead + 2, 5, 6, 24, 40.0, 30.0, 0.0, 11.0)) for ahead in (0, 3, 8, 15)
    ]
    assert [p50 for p50, _ in shown] == sorted(p50 for p50, _ in shown)
    assert all(p50 < p90 for p50, p90 in shown)


def test_a_stored_model_says_the_same():
    model = fit(department(4))
    again = WaitModel.of_dict(model.as_dict())
    state = QueueState(3, 4, 6, 5, 6, 24, 40.0, 30.0, 5.0, 11.0)
    assert again.interval(state) == model.interval(state)
    with pytest.raises(ValueError, match="other features"):
        WaitModel.of_dict({**model.as_dict(), "location": [1.0]})


def test_those_who_left_make_the_quantile_longer():
    waits = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    everyone = np.ones(5, dtype=bool)
    left_early = np.array([True, False, False, True, True])
    assert kaplan_meier_quantile(waits, everyone, 0.5) == 30.0
    assert kaplan_meier_quantile(waits, left_early, 0.5) == 40.0


def test_weights_of_the_seen_stand_for_those_who_left():
    weights = censoring_weights(np.array([10.0, 15.0, 20.0]), np.array([True, False, True]))
    assert weights.tolist() == pytest.approx([1 / 3, 0.0, 2 / 3])


def test_closed_visits_are_not_asked_but_stand_in_line():
    def at(minute):
        return MONDAY + timedelta(minutes=minute)

    visits = [Visit(at(0), 3, at(600), "closed"), Visit(at(1), 3, at(30), "called")]
    found = moments(visits, rng=np.random.default_rng(1))
    assert {moment.state.ahead_count for moment in found} == {1}
    assert len(found) == 2


def test_nothing_later_than_the_asking_is_known():
    rng = np.random.default_rng(9)
    visits = simulate_flow(days=4, start=MONDAY, rng=rng)
    cut = MONDAY + timedelta(days=2)
    known = [
        visit if visit.ended_at <= cut else Visit(visit.arrived_at, visit.acuity, cut, "open")
        for visit in visits
        if visit.arrived_at < cut
    ]
    whole = [one for one in moments(visits, rng=np.random.default_rng(1)) if one.is_arrival and one.asked_at < cut]
    short = [one for one in moments(known, rng=np.random.default_rng(1)) if one.is_arrival]
    assert [one.asked_at for one in short] == [one.asked_at for one in whole]
    assert [one.state.ahead_count for one in short] == [one.state.ahead_count for one in whole]
    assert [one.recent_waits for one in short] == [one.recent_waits for one in whole]


def test_too_few_visits_are_refused_with_the_number():
    with pytest.raises(InputError, match="too few"):
        fit(department(1, days=2))


def test_the_same_seed_makes_the_same_department():
    first, again = (simulate_flow(days=3, start=MONDAY, rng=np.random.default_rng(5)) for _ in range(2))
    assert first == again
    assert {visit.end for visit in first} <= {"called", "left", "open"}


def test_of_equal_waits_the_one_that_was_seen_whole_is_not_made_up_for_by_the_one_that_was_not():
    """Whoever was lost from sight at ten minutes was still there at ten minutes."""
    weights = censoring_weights(np.array([10.0, 10.0, 20.0]), np.array([True, False, True]))
    assert weights.tolist() == pytest.approx([1 / 3, 0, 2 / 3])


def test_days_without_an_arrival_that_was_called_judge_nothing():
    asked = department(1, days=30)
    last = sorted({moment.day for moment in asked})[-8:]
    with pytest.raises(InputError, match="0 of 0 arrivals"):
        evaluate([moment for moment in asked if moment.day not in last or not moment.is_arrival])
    with pytest.raises(InputError, match=r"0 of \d+ arrivals"):
        evaluate([replace(one, is_observed=one.is_observed and one.day not in last) for one in asked])
