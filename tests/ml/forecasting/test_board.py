"""What is put on the board: every series in one call, the baseline beside it, replays from what was recorded."""

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.board import known_by, post, rows_of
from ml.forecasting.grains import agreed, fine_grains, months_of
from ml.forecasting.serve import forecast_series


@pytest.fixture(scope="module")
def months():
    index = pd.period_range("2021-01", periods=60, freq="M")
    rng = np.random.default_rng(3)
    return pd.Series(rng.poisson(80 + 20 * np.sin(np.arange(60) * np.pi / 6)).astype(float), index=index)


def test_a_short_series_is_served_without_a_baseline_and_a_broken_one_is_named(months):
    series = {"all": months, "short": months.iloc[:10], "broken": months.where(months.index != months.index[5])}
    posted, errors = post(series, horizon=3)
    assert [one.served.series_id for one in posted] == ["all", "short"]
    assert [error.code for error in errors] == ["not_a_number"]
    assert posted[0].baseline is not None and posted[0].split is not None
    assert posted[1].baseline is None and "24" in (posted[1].baseline_note or "")
    frame = rows_of(posted)
    assert frame.groupby(["role", "series_id"]).size().to_dict() == {
        ("baseline", "all"): 3, ("served", "all"): 3, ("served", "short"): 3,
    }  # fmt: skip


def test_the_naive_forecast_is_frozen_beside_each_step(months):
    frame = rows_of(post({"all": months}, horizon=12)[0])
    assert frame.loc[frame["role"] == "served", "naive_mean"].tolist() == months.iloc[-12:].tolist()


def test_a_replay_knows_only_what_was_recorded_by_then():
    rows = pd.DataFrame(
        {
            "registered_at": pd.to_datetime(["2026-01-01", "2026-01-20", "2026-02-03"], utc=True),
            "recorded_at": pd.to_datetime(["2026-01-01", "2026-02-10", None], utc=True),
            "condition": ["Influenza"] * 3,
        }
    )
    january = known_by(rows, pd.Period("2026-01", freq="M"))
    assert january["all"].tolist() == [1.0], "the visit that was entered in February was not known in January"
    assert known_by(rows, pd.Period("2026-02", freq="M"))["Influenza"].tolist() == [2.0, 1.0]


def test_a_hospital_that_began_on_the_28th_has_no_low_month():
    moments = pd.to_datetime(["2025-11-28", "2025-12-03", "2025-12-30", "2026-01-02"], utc=True)
    rows = pd.DataFrame({"registered_at": moments, "recorded_at": moments, "condition": ["Influenza"] * 4})
    assert known_by(rows, pd.Period("2026-01", freq="M"))["all"].to_dict() == {
        pd.Period("2025-12", freq="M"): 2.0, pd.Period("2026-01", freq="M"): 1.0,
    }  # fmt: skip
    assert known_by(rows, pd.Period("2025-11", freq="M")) == {}, "no month is whole yet"


def test_days_and_weeks_add_up_to_the_promised_months(months):
    days = pd.Series(3.0, index=pd.period_range("2024-01-01", "2025-12-31", freq="D"))
    days += np.random.default_rng(5).poisson(1.0, len(days))
    monthly = forecast_series(months, horizon=12)
    grains = fine_grains(days, monthly)
    assert grains.daily is not None and grains.weekly is not None
    assert grains.months == ("2026-01", "2026-02", "2026-03")
    for month in grains.months:
        promised = next(step.mean for step in monthly.steps if step.period == month)
        total = sum(step.mean for step in grains.daily.steps if step.period.startswith(month))
        assert total == pytest.approx(promised, rel=1e-6)
    assert agreed(grains.daily, monthly).steps[0].mean == pytest.approx(grains.daily.steps[0].mean)


def test_weeks_become_months_by_their_days():
    weeks = pd.Series(7.0, index=pd.period_range("2026-01-05", periods=13, freq="W-SUN"))
    months = months_of(weeks)
    assert months.index.astype("str").tolist() == ["2026-02", "2026-03"]
    assert months.tolist() == [28.0, 31.0]
