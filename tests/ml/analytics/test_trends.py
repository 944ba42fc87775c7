"""Weekly leaders, what rises and falls, seasons."""

from dataclasses import asdict

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from ml.analytics import perform_patient_health_trends
from ml.analytics.counting import PeriodCounts
from ml.analytics.trends import seasonality
from ml.synthetic import Hospital
from ml.synthetic.conditions import CONDITIONS

MONDAY = pd.Timestamp("2026-01-05")


def _weeks(make_frame, counts: list[dict[str, int]]) -> pd.DataFrame:
    """One registration at a time, the week's first on Monday at 0:00, the last on Sunday evening."""
    at, conditions = [], []
    for week, row in enumerate(counts):
        for name, n in row.items():
            moments = MONDAY + pd.Timedelta(weeks=week) + np.arange(n) / max(n - 1, 1) * pd.Timedelta(days=6.9)
            at += list(moments)
            conditions += [name] * n
    return make_frame(at, condition=conditions)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(list("abcdefgh")), st.integers(1, 9), min_size=1), min_size=1, max_size=15)
)
def test_ranks_have_no_gaps_and_counts_reconcile(make_frame, counts: list[dict[str, int]]) -> None:
    counts = [{**row, "z": 2} for row in counts]  # every week begins and ends with a registration
    found = perform_patient_health_trends(_weeks(make_frame, counts))
    assert len(found.weeks) == min(12, len(counts))
    for week, row in zip(found.weeks, counts[-12:], strict=True):
        assert week.total == sum(row.values())
        assert [c.rank for c in week.conditions] == list(range(1, min(5, len(row)) + 1))
        by_rank = sorted(row.items(), key=lambda item: (-item[1], item[0]))
        assert [(c.condition, c.count) for c in week.conditions] == by_rank[:5]
        assert sum(c.share for c in week.conditions) <= 1 + 1e-12
        assert all(c.share_low <= c.share <= c.share_high for c in week.conditions)


def test_previous_rank_is_that_of_the_week_before(make_frame) -> None:
    found = perform_patient_health_trends(_weeks(make_frame, [{"a": 9, "b": 5}, {"b": 9, "a": 5, "c": 3}]))
    first, second = found.weeks
    assert [c.previous_rank for c in first.conditions] == [None, None]
    assert [(c.condition, c.previous_rank) for c in second.conditions] == [("b", 2), ("a", 1), ("c", None)]


def test_the_rank_before_the_first_week_shown_is_known_too(make_frame) -> None:
    found = perform_patient_health_trends(_weeks(make_frame, [{"a": 9, "b": 5}] * 14))
    assert found.weeks[0].conditions[0].previous_rank == 1


def test_a_rise_beyond_chance_is_rising_and_the_rest_is_steady(make_frame) -> None:
    before, after = {"up": 5, "down": 20, "same": 10}, {"up": 20, "down": 5, "same": 10}
    found = perform_patient_health_trends(_weeks(make_frame, [before] * 4 + [after] * 4))
    assert {t.condition: t.direction for t in found.trending} == {"up": "rising", "down": "falling", "same": "steady"}
    up = found.trending[0]
    assert (up.condition, up.recent_count, up.previous_count, up.ratio) == ("up", 80, 20, 4.0)
    assert 1 < up.ratio_low < 4 < up.ratio_high


def test_a_new_condition_has_no_ratio_but_a_direction(make_frame) -> None:
    found = perform_patient_health_trends(_weeks(make_frame, [{"a": 9}] * 4 + [{"a": 9, "new": 9}] * 4))
    new = found.trending[0]
    assert (new.condition, new.direction, new.ratio, new.ratio_high) == ("new", "rising", None, None)


def test_a_week_of_silence_has_no_leaders(make_frame) -> None:
    found = perform_patient_health_trends(_weeks(make_frame, [{"a": 3}, {}, {"a": 3}]))
    assert [week.total for week in found.weeks] == [3, 0, 3]
    assert found.weeks[1].conditions == ()


@pytest.mark.parametrize("days", [[], ["2026-01-07"], ["2026-01-05", "2026-01-07"]])
def test_too_little_data_gives_empty_parts(make_frame, days: list[str]) -> None:
    found = perform_patient_health_trends(make_frame(days))
    assert (found.weeks, found.trending, found.seasonality) == ((), (), ())
    assert found.period_start_date is None


def test_known_seasons_are_found(hospital: Hospital) -> None:
    found = {s.condition: s for s in perform_patient_health_trends(hospital.registrations).seasonality}
    assert set(found) == {c.name for c in CONDITIONS}
    assert found["Influenza"].peak_month in (12, 1, 2)
    assert found["Fracture"].peak_month in (6, 7, 8)
    assert found["Influenza"].strength > 0.8
    assert found["Migraine"].strength < 0.4
    for season in found.values():
        assert np.mean(season.monthly_index) == pytest.approx(1)
        assert season.monthly_index[season.peak_month - 1] == max(season.monthly_index)


def test_a_series_without_season_has_no_strength() -> None:
    counts = np.random.default_rng(1).poisson(200, (400, 36))
    found = seasonality(PeriodCounts(tuple(map(str, range(400))), 600, counts))
    # Three years: without degrees of freedom it would be a third on average.
    assert np.mean([season.strength for season in found]) < 0.2


def test_growth_is_not_taken_for_a_season() -> None:
    first = (2020 - 1970) * 12
    days = pd.period_range("2020-01", periods=48, freq="M").days_in_month.to_numpy()
    counts = (days * (10 + np.arange(48)))[None]
    (season,) = seasonality(PeriodCounts(("a",), first, counts))
    assert season.monthly_index == pytest.approx([1] * 12, abs=0.001)


def test_the_result_becomes_json(hospital: Hospital) -> None:
    data = orjson.loads(orjson.dumps(asdict(perform_patient_health_trends(hospital.registrations))))
    assert list(data) == ["period_start_date", "period_end_date", "weeks", "trending", "seasonality"]
    assert data["period_end_date"] == "2026-10-25"


def test_naive_times_are_refused(make_frame) -> None:
    frame = make_frame(["2026-01-07"]).assign(registered_at=pd.to_datetime(["2026-01-07"]))
    with pytest.raises(InputError, match="time zone"):
        perform_patient_health_trends(frame)
