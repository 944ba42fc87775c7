"""The parts of the FHIR facade that need no server: dates with their precision, ids there and back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.fhir.errors import SearchRefusedError
from serving.fhir.identifiers import fhir_id, native_id, parse_slot_id, slot_id
from serving.fhir.search import Search

NATIVE = st.from_regex(r"[A-Za-z0-9_:-]{1,21}", fullmatch=True)
MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 12, 31), timezones=st.just(UTC))


def _span(*values: str):
    search = Search([("date", one) for one in values], resource="X", known=["date"], base="https://x")
    return search.span("date")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(NATIVE)
def test_an_id_is_one_of_fhirs_and_the_same_again(native):
    written = fhir_id(native)
    assert written is not None
    assert set(written) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.")
    assert native_id(written) == native


def test_an_id_with_a_dot_is_the_same_again_and_one_that_becomes_too_long_has_none():
    assert native_id(fhir_id("a.5Fb")) == "a.5Fb"
    assert fhir_id("_" * 22) is None


@given(st.uuids(), MOMENTS)
def test_a_slots_id_says_where_it_is(schedule_id, moment):
    begins = moment.replace(microsecond=0)
    assert parse_slot_id(slot_id(schedule_id, begins)) == (schedule_id, begins)


@pytest.mark.parametrize(
    ("value", "since", "until"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("eq2026-11-30", "2026-11-30", "2026-12-01"),
        ("2026-11-30T09:30", "2026-11-30T09:30", "2026-11-30T09:31"),
        ("2026-11-30T09:30:15Z", "2026-11-30T09:30:15", "2026-11-30T09:30:16"),
        ("2026-11-30T09:30:15.5Z", "2026-11-30T09:30:15.500", "2026-11-30T09:30:15.600"),
        ("2026-11-30T09:30+02:00", "2026-11-30T07:30", "2026-11-30T07:31"),
        # A plus that nobody escaped comes as a blank.
        ("2026-11-30T09:30 02:00", "2026-11-30T07:30", "2026-11-30T07:31"),
        ("ge2026-11", "2026-11-01", None),
        ("gt2026-11", "2026-12-01", None),
        ("sa2026-11", "2026-12-01", None),
        ("lt2026-11", None, "2026-11-01"),
        ("eb2026-11", None, "2026-11-01"),
        ("le2026-11", None, "2026-12-01"),
    ],
)
def test_a_date_is_as_long_as_it_is_precise(value, since, until):
    span = _span(value)
    assert (span.since, span.until) == (since and _utc(since), until and _utc(until))


@given(MOMENTS, MOMENTS)
def test_all_values_of_a_parameter_hold_together(one, other):
    first, second = (moment.replace(microsecond=0) for moment in (one, other))
    span = _span(f"ge{first:%Y-%m-%dT%H:%M:%S}Z", f"ge{second:%Y-%m-%dT%H:%M:%S}Z", f"lt{second:%Y-%m-%dT%H:%M:%S}Z")
    assert (span.since, span.until) == (max(first, second), second)


@pytest.mark.parametrize(
    "value", ["", "2026-13", "2026-02-30", "1899", "2201", "xx2026", "2026-11-30T25:00Z", "2026-11-30T09", "20261130",
              "2026-11-30T09:30+99:00", "٢٠٢٦"]
)  # fmt: skip
def test_what_is_no_date_is_refused_by_name(value):
    with pytest.raises(SearchRefusedError, match=r"^date is .*; allowed is") as refusal:
        _span(value)
    assert refusal.value.errors == [{"loc": ["query", "date"], "type": "value"}]


def test_the_widths_meet_at_their_ends():
    assert _span("2026-11-30T23:59").until == _span("2026-12-01").since
    assert _span("2024-02-29").until - _span("2024-02-29").since == timedelta(days=1)
