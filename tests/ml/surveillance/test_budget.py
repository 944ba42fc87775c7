"""The weekly false-discovery budget and the live predictive value.

Belongs here: `weekly_alerts`, `live_ppv`. Does not belong here: detection.
"""

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from ml.surveillance import live_ppv, weekly_alerts


def judged(p, *, week="2024-W01", count=10.0, expected=5.0):
    size = len(p)
    return pd.DataFrame(
        {
            "series_id": [f"c{i}" for i in range(size)],
            "week": week,
            "count": count,
            "expected": expected,
            "p_exceed": p,
            "level": "high",
        }
    )


def test_alerts_are_those_of_benjamini_and_hochberg():
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    alerts = weekly_alerts(judged(p), budget=0.05)
    assert alerts["series_id"].tolist() == ["c0", "c1"]
    assert alerts["rank"].tolist() == [1, 2]
    assert alerts["q_value"].tolist() == pytest.approx([0.01, 0.04])
    assert len(weekly_alerts(judged(p), budget=0.09)) == 5
    assert len(weekly_alerts(judged(p), budget=0.05, dependent=True)) == 1


def test_weeks_are_kept_apart_and_weeks_without_judgement_cost_nothing():
    frame = pd.concat([judged([0.001, 0.9]), judged([0.04, 0.9], week="2024-W02"), judged([np.nan], week="2024-W03")])
    alerts = weekly_alerts(frame, budget=0.05)
    assert alerts["week"].tolist() == ["2024-W01"]


def test_equal_probabilities_are_ranked_by_excess():
    frame = judged([0.001, 0.001]).assign(count=[10.0, 30.0])
    assert weekly_alerts(frame, budget=0.05)["series_id"].tolist() == ["c1", "c0"]


def test_without_any_surge_the_share_of_weeks_with_an_alert_keeps_to_the_budget():
    rng = np.random.default_rng(7)
    weeks = [judged(rng.uniform(size=15), week=f"w{i}") for i in range(250)]
    alerts = weekly_alerts(pd.concat(weeks), budget=0.1)
    assert 0.04 < alerts["week"].nunique() / 250 <= 0.157  # three standard errors


def test_a_budget_outside_its_range_is_named():
    with pytest.raises(InputError, match=r"budget 1\.5"):
        weekly_alerts(judged([0.1]), budget=1.5)


def test_predictive_value_counts_conclusions_only():
    value = live_ppv(["real", "real", "noise", "investigated"])
    assert (value.real, value.noise, value.investigated) == (2, 1, 1)
    assert value.ppv == pytest.approx(2 / 3)
    assert value.low == pytest.approx(0.2077, abs=1e-4)
    assert value.high == pytest.approx(0.9385, abs=1e-4)
    assert live_ppv(["investigated"]).ppv is None
    with pytest.raises(InputError, match="'maybe'"):
        live_ppv(["maybe"])
