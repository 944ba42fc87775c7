"""The detector's own grades: bigger outbreaks are seen more often, and the same seed gives the same grades.

Belongs here: `grade_detector` and the outbreaks it injects. Does not belong here: the figures of the benchmark.
"""

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from ml.surveillance import TOGETHER, grade_detector
from ml.surveillance.simulate import SCENARIOS, Outbreak, add_outbreak, draw_counts, draw_outbreak


def hospital(periods=300):
    rng = np.random.default_rng(2)
    weeks = pd.date_range("2018-01-01", periods=periods, freq="7D").strftime("%G-W%V")
    frames = [
        pd.DataFrame({"series_id": name, "week": weeks, "count": rng.poisson(mean, periods)})
        for name, mean in (("influenza", 20.0), ("measles", 0.4))
    ]
    short = pd.DataFrame({"series_id": "new", "week": weeks[-60:], "count": 3})
    return pd.concat([*frames, short], ignore_index=True)


def test_larger_outbreaks_are_seen_more_often_and_the_grades_can_be_repeated():
    grades = grade_detector(hospital(), rng=np.random.default_rng(4), sizes=(1.0, 10.0), injections=8)
    assert [grade.series_id for grade in grades] == ["influenza", "measles"]
    for grade in grades:
        small, large = grade.sizes
        assert small.pod <= large.pod
        assert large.pod >= 0.75
        assert large.days_to_detect is not None
        assert large.days_to_detect <= 21
        assert grade.weeks == 52
        assert 0 <= grade.fpr <= 0.2
        assert grade.smallest_size in (1.0, 10.0)
    again = grade_detector(hospital(), rng=np.random.default_rng(4), sizes=(1.0, 10.0), injections=8)
    assert again == grades


def test_conditions_judged_together_are_graded_with_the_weights_of_their_past():
    grades = grade_detector(hospital(), rng=np.random.default_rng(4), sizes=(10.0,), injections=4, method=TOGETHER)
    assert [grade.series_id for grade in grades] == ["influenza", "measles"]
    for grade in grades:
        assert grade.sizes[0].pod >= 0.75
        assert 0 <= grade.fpr <= 0.2


def test_sizes_and_injections_must_be_positive():
    with pytest.raises(InputError, match=r"sizes \(\), 20 injections"):
        grade_detector(hospital(), rng=np.random.default_rng(4), sizes=())
    with pytest.raises(InputError, match=r"sizes \(2\.0, .*, 0 injections"):
        grade_detector(hospital(), rng=np.random.default_rng(4), injections=0)


def test_an_outbreak_adds_its_cases_from_its_start_and_none_past_the_last_week():
    rng = np.random.default_rng(9)
    outbreak = draw_outbreak(start=95, sd=10.0, size=10.0, last=99, rng=rng)
    assert 60 <= outbreak.cases.sum() <= 140
    assert outbreak.weeks.stop <= 100
    counts = np.arange(100)
    added = add_outbreak(counts, Outbreak(10, np.array([2, 0, 1]), 3.0))
    assert (added - counts).sum() == 3
    assert counts.tolist() == list(range(100))


def test_simulated_counts_have_the_mean_and_variance_of_their_scenario():
    rng = np.random.default_rng(1)
    draws = draw_counts(np.full(40_000, 12.0), 3.0, rng)
    assert draws.mean() == pytest.approx(12.0, rel=0.02)
    assert draws.var() == pytest.approx(36.0, rel=0.05)
    assert len(SCENARIOS) == 42
