"""The grid on which doses are due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_api.records import dosing
from app_api.records.dosing import DoseState

EIGHT = datetime(2026, 11, 28, 8, tzinfo=UTC)
INTERVALS = st.integers(min_value=1, max_value=168)
#: Whole seconds: many of them lie just beside a time of the grid.
LATE = st.integers(min_value=-7_200, max_value=2_592_000).map(lambda seconds: timedelta(seconds=seconds))


@given(INTERVALS, LATE)
def test_after_a_dose_the_next_is_on_the_grid_and_at_least_half_an_interval_away(interval_hours, late):
    interval = timedelta(hours=interval_hours)
    given_at = EIGHT + max(late, -dosing.tolerance(interval_hours))
    due_at = dosing.due_after_given(EIGHT, interval_hours, given_at=given_at)
    assert (due_at - EIGHT) % interval == timedelta(0)
    assert due_at > EIGHT
    assert due_at - given_at >= interval / 2
    # No time is left out without need.
    assert due_at == EIGHT + interval or due_at - interval - given_at < interval / 2


@given(INTERVALS, LATE)
def test_after_a_dose_that_was_left_out_the_next_time_of_the_grid_is_due(interval_hours, late):
    interval, now = timedelta(hours=interval_hours), EIGHT + late
    due_at = dosing.due_after_not_given(EIGHT, interval_hours, now=now)
    assert (due_at - EIGHT) % interval == timedelta(0)
    assert due_at > max(now, EIGHT)
    assert due_at == EIGHT + interval or due_at - interval <= now


@given(INTERVALS, LATE)
def test_the_first_time_is_the_first_of_the_grid_that_is_not_past(interval_hours, late):
    interval, now = timedelta(hours=interval_hours), EIGHT + late
    due_at = dosing.first_due(EIGHT, interval_hours, now=now)
    assert (due_at - EIGHT) % interval == timedelta(0)
    assert due_at >= max(now, EIGHT)
    assert due_at == EIGHT or due_at - interval < now


@pytest.mark.parametrize(("interval_hours", "minutes"), [(168, 120), (24, 120), (23, 60), (8, 60), (4, 60), (3, 30)])
def test_a_dose_is_timely_as_the_guideline_says_and_late_a_moment_after(interval_hours, minutes):
    edge, moment = timedelta(minutes=minutes), timedelta(seconds=1)
    states = [
        dosing.state_of(EIGHT, interval_hours, now=EIGHT + offset)
        for offset in (-edge - moment, -edge, timedelta(0), edge, edge + moment)
    ]
    assert states == [DoseState.LATER, DoseState.DUE, DoseState.DUE, DoseState.DUE, DoseState.OVERDUE]
