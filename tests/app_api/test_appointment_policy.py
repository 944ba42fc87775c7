"""Slots on a wall clock, across the days when clocks change."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_api.appointments import policy
from app_api.appointments.errors import ChangeNotAllowedError
from app_api.demand.policy import hourly_load
from core.errors import InputError

BERLIN = ZoneInfo("Europe/Berlin")


def hours(weekday: int, first: int, last: int, minutes: int = 30) -> policy.Hours:
    return policy.Hours(weekday, time(first), time(last), minutes, date(2020, 1, 1), None)


def of_day(day: datetime, first: int, last: int, tz=BERLIN) -> list[policy.Slot]:
    local = day.weekday()
    return policy.slots([hours(local, first, last)], tz, start=day, end=day + timedelta(days=1, hours=2))


def test_the_hour_that_clocks_skip_has_no_slots():
    found = of_day(datetime(2026, 3, 29, tzinfo=BERLIN), 1, 4)
    shown = [slot.starts_at.astimezone(BERLIN).strftime("%H:%M") for slot in found]
    assert shown == ["01:00", "01:30", "03:00", "03:30"]


def test_the_hour_that_comes_twice_is_offered_once():
    found = of_day(datetime(2026, 10, 25, tzinfo=BERLIN), 2, 3)
    assert [slot.starts_at for slot in found] == [
        datetime(2026, 10, 25, 0, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    ]


@given(
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.integers(0, 20),
    st.sampled_from([15, 20, 30, 45]),
)
def test_slots_keep_the_wall_clock_never_overlap_and_last_what_they_should(day, name, first, minutes):
    tz = ZoneInfo(name)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rules = [hours(weekday, first, first + 3, minutes) for weekday in range(7)]
    found = policy.slots(rules, tz, start=start, end=start + timedelta(days=2))
    for slot in found:
        local = slot.starts_at.astimezone(tz)
        assert first <= local.hour < first + 3
        assert slot.ends_at - slot.starts_at == timedelta(minutes=minutes)
        assert start <= slot.starts_at
        assert slot.ends_at <= start + timedelta(days=2)
    assert all(one.starts_at < other.starts_at for one, other in itertools.pairwise(found))


def test_a_weekly_series_stays_at_the_same_time_on_the_wall():
    starts = datetime(2026, 3, 20, 9, tzinfo=BERLIN).astimezone(UTC)
    series = policy.repeats(starts, starts + timedelta(minutes=30), BERLIN, count=3, every_weeks=1)
    assert [slot.starts_at.astimezone(BERLIN).hour for slot in series] == [9, 9, 9]
    assert [slot.starts_at.hour for slot in series] == [8, 8, 7]


def test_a_series_into_the_skipped_hour_is_refused():
    starts = datetime(2026, 3, 22, 2, 30, tzinfo=BERLIN).astimezone(UTC)
    with pytest.raises(InputError, match="clock skips"):
        policy.repeats(starts, starts + timedelta(minutes=30), BERLIN, count=2, every_weeks=1)


def test_the_quietest_slots_are_suggested_and_none_without_a_forecast():
    eight = datetime(2026, 12, 1, 8, tzinfo=UTC)
    profile = {(2, hour): share for hour, share in ((8, 0.03), (9, 0.05), (10, 0.01), (11, 0.02))}
    loads = [
        (moment, hourly_load({"2026-12": 3100.0}, profile, moment))
        for moment in (eight + timedelta(hours=step) for step in range(4))
    ]
    assert {moment.hour for moment in policy.suggested(loads, few=2)} == {10, 11}
    assert hourly_load({"2026-12": 3100.0}, profile, eight) == pytest.approx(3100 / 31 * 7 * 0.03)
    assert policy.suggested([(eight, hourly_load({}, profile, eight))]) == set()


def test_a_patient_may_cancel_but_not_say_that_they_came():
    policy.check_change("booked", "cancelled", is_patient=True)
    with pytest.raises(ChangeNotAllowedError):
        policy.check_change("booked", "arrived", is_patient=True)
    with pytest.raises(ChangeNotAllowedError, match="nothing"):
        policy.check_change("cancelled", "booked", is_patient=False)


def test_the_quietest_of_what_a_patient_prefers_is_suggested_and_of_all_when_nothing_fits():
    monday = datetime(2026, 6, 1, 4, tzinfo=UTC)  # 06:00 in Berlin
    moments = [monday + timedelta(hours=step) for step in range(48)]
    loads = [(moment, float(moment.hour)) for moment in moments]
    said = policy.Preference("evening", frozenset({1}))
    preferred = {moment for moment in moments if said.fits(moment, BERLIN)}
    assert {moment.astimezone(BERLIN).weekday() for moment in preferred} == {1}
    chosen = sorted(policy.suggested(loads, preferred=preferred, few=2))
    assert [moment.astimezone(BERLIN).hour for moment in chosen] == [17, 18]
    assert policy.suggested(loads, preferred=set(), few=2) == policy.suggested(loads, few=2)
    blind = [(moment, None) for moment in moments]
    assert policy.suggested(blind, preferred=preferred, few=1) == {min(preferred)}
    assert policy.suggested(blind, preferred=set()) == set()
