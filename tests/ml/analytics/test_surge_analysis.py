"""The last complete week against its past: an injected outbreak is on top, silence is not a zero."""

from dataclasses import asdict

import numpy as np
import orjson
import pandas as pd
import pytest

from core.errors import InputError
from core.vocabulary import SurgeLevel
from ml.analytics import predict_illness_surge
from ml.analytics.surge import IllnessSurge
from ml.synthetic import Hospital

LEVELS = [str(level) for level in reversed(SurgeLevel)]


@pytest.fixture(scope="module")
def found(hospital: Hospital) -> IllnessSurge:
    return predict_illness_surge(hospital.registrations, model="seasonal_naive")


def test_the_outbreak_that_is_going_on_is_the_first_alarm(hospital: Hospital, found: IllnessSurge) -> None:
    ongoing = hospital.truth["outbreaks"][-1]
    first = found.conditions[0]
    assert first.condition == ongoing["condition"]
    assert first.level in ("high", "critical")
    assert first.observed > first.upper > first.expected
    assert first.excess == pytest.approx(first.observed - first.expected)
    assert found.as_of_week == first.week == "2026-W43"


def test_conditions_are_ordered_by_level_then_probability(found: IllnessSurge) -> None:
    keys = [(LEVELS.index(row.level), row.p_exceed) for row in found.conditions]
    assert keys == sorted(keys)
    assert len(found.conditions) == 16


def test_weeks_end_with_the_judged_one_and_count_as_the_data_do(hospital: Hospital, found: IllnessSurge) -> None:
    frame = hospital.registrations
    weekly = pd.crosstab(frame["condition"], frame["registered_at"].dt.strftime("%G-W%V"))
    for row in found.conditions:
        assert len(row.weeks) == 26
        assert (row.weeks[-1].week, row.weeks[-1].count) == (row.week, row.observed)
        assert all(week.count == weekly.loc[row.condition, week.week] for week in row.weeks)
        assert [step.month for step in row.forecast] == ["2026-11", "2026-12", "2027-01"]


def test_each_week_is_judged_from_earlier_weeks_only(hospital: Hospital, found: IllnessSurge) -> None:
    frame = hospital.registrations
    before = frame[frame["registered_at"] < pd.Timestamp("2026-10-05", tz="UTC")]
    earlier = predict_illness_surge(before, model="seasonal_naive")
    then = {row.condition: row for row in earlier.conditions}
    for row in found.conditions:
        known = {week.week: week for week in row.weeks}
        now, before_it = asdict(known[earlier.as_of_week]), asdict(then[row.condition].weeks[-1])
        numbers = [name for name, value in before_it.items() if isinstance(value, float)]
        # Up to the last bit of a sum over another number of rows.
        assert [now.pop(name) for name in numbers] == pytest.approx(
            [before_it.pop(name) for name in numbers], rel=1e-12
        )
        assert now == before_it


def test_a_week_without_any_registration_is_a_missing_report(make_frame) -> None:
    days = pd.date_range("2024-01-01", "2025-12-28", freq="6h")
    kept = days[(days < "2025-11-03") | (days >= "2025-11-10")]
    found = predict_illness_surge(make_frame(kept), model="seasonal_naive")
    silent = next(week for week in found.conditions[0].weeks if week.week_start_date == "2025-11-03")
    assert silent.count is None
    assert silent.level is None


@pytest.mark.parametrize("days", [[], ["2026-01-07"]])
def test_without_a_complete_week_there_is_nothing_to_judge(make_frame, days: list[str]) -> None:
    assert predict_illness_surge(make_frame(days)) == IllnessSurge(None, ())


def test_a_first_week_cannot_be_judged_and_says_so(make_frame) -> None:
    days = pd.date_range("2026-01-05", "2026-01-11 23:00", freq="6h")
    (row,) = predict_illness_surge(make_frame(days)).conditions
    assert (row.level, row.p_exceed, row.expected, row.excess) == (None, None, None, None)
    assert row.observed == 28
    assert row.forecast == ()


def test_two_months_are_judged_by_week_but_not_forecast(make_frame) -> None:
    (row,) = predict_illness_surge(make_frame(pd.date_range("2026-01-01", "2026-02-28 23:00", freq="h"))).conditions
    assert row.forecast == ()
    assert len(row.weeks) == 7


def test_a_horizon_below_one_is_refused(make_frame) -> None:
    with pytest.raises(InputError, match="horizon is 0"):
        predict_illness_surge(make_frame([]), horizon=0)


def test_the_result_becomes_json(found: IllnessSurge) -> None:
    data = orjson.loads(orjson.dumps(asdict(found)))
    assert list(data) == ["as_of_week", "conditions"]
    assert not any(isinstance(v, float) and np.isnan(v) for v in data["conditions"][0].values())
