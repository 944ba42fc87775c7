"""The clock: always UTC, always aware."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# A day from either end of the calendar: an offset may move past it.
_MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=_OFFSETS)


def test_now_is_aware_and_in_utc():
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.today() in {clock.now().date(), (clock.now() - timedelta(seconds=5)).date()}


@given(_MOMENTS)
def test_a_written_moment_reads_back_as_the_same_moment(moment):
    text = clock.iso(moment)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment


def test_a_whole_second_is_written_without_a_fraction():
    assert clock.iso(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2026-02-03T04:05:06Z"


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        clock.iso(datetime(2026, 2, 3))
