"""Told waits against actual ones: honest also about those who still wait, and about those who ask often."""

import numpy as np
import pytest

from ml.waiting.promises import ToldWait, coverage


def told(stay, waited, *, p50=10.0, p90=30.0, is_observed=True):
    return ToldWait(str(stay), p50, p90, waited, is_observed)


def test_nothing_is_said_while_nothing_is_known():
    assert coverage([]).past_p90 is None
    still = coverage([told(1, 5.0, is_observed=False)])
    assert (still.told_count, still.settled_count, still.past_p90, still.past_p90_low) == (1, 0, None, None)


def test_one_call_in_time_makes_those_who_may_still_be_called_not_late():
    waits = [told(0, 5.0), *(told(n, 6.0, is_observed=False) for n in (1, 2))]
    assert (coverage(waits).settled_count, coverage(waits).past_p90) == (1, 0.0)


def test_whoever_still_waits_past_the_bound_is_late_already():
    waits = [told(n, 20.0) for n in range(9)] + [told(9, 31.0, is_observed=False)]
    assert coverage(waits).past_p90 == pytest.approx(0.1)
    assert coverage(waits).settled_count == 10


def test_one_who_asks_every_minute_counts_once():
    patient = [told("slow", 60.0 - minute, p90=30.0) for minute in range(60)]
    quick = [told(n, 5.0) for n in range(3)]
    found = coverage(patient + quick)
    assert (found.told_count, found.stays_count) == (63, 4)
    assert found.past_p90 == pytest.approx(0.25 * 30 / 60, abs=1e-6)


def test_those_who_left_do_not_make_the_promises_look_better():
    """True waits past p90 for one in ten; a third leaves at a random moment before."""
    dice = np.random.default_rng(5)
    waits = dice.exponential(10.0, 20_000)
    p90 = float(10.0 * np.log(10.0))
    leaves = np.where(dice.random(20_000) < 1 / 3, dice.uniform(0, 25.0, 20_000), np.inf)
    seen = [
        told(n, float(min(wait, leave)), p90=p90, is_observed=bool(wait <= leave))
        for n, (wait, leave) in enumerate(zip(waits, leaves, strict=True))
    ]
    found = coverage(seen)
    assert found.past_p90 == pytest.approx(0.10, abs=0.01)
    assert found.past_p90_low < 0.10 < found.past_p90_high
    among_called = np.mean([one.waited_minutes > p90 for one in seen if one.is_observed])
    assert among_called < 0.08, "counting only those who were called would flatter the promises"


def test_a_bound_of_nothing_is_passed_by_any_wait():
    assert coverage([told(1, 3.0, p50=0.0, p90=0.0), told(2, 0.0, p50=0.0, p90=0.0)]).past_p90 == 0.5
