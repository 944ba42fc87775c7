"""Counting by week and month: nothing lost, nothing counted that is incomplete."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from ml.analytics.counting import (
    codes_of,
    month_text,
    monthly_counts,
    week_start,
    week_text,
    weekly_counts,
)
from ml.synthetic import Hospital


@given(st.dates(date(1971, 1, 1), date(2200, 12, 31)))
def test_week_numbers_are_iso_weeks(day: date) -> None:
    number = ((day - date(1970, 1, 1)).days + 3) // 7
    year, week, _ = day.isocalendar()
    assert week_text(number) == f"{year:04d}-W{week:02d}"
    assert week_start(number) <= day
    assert week_start(number).weekday() == 0


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=30))
def test_codes_lead_back_to_the_texts(texts: list[str | None]) -> None:
    column = pd.Series(texts, dtype="str")
    codes, words = codes_of(column)
    assert list(words) == sorted(set(column.dropna()))
    assert [words[code] if code >= 0 else None for code in codes] == [
        text if isinstance(text, str) else None for text in column
    ]


def test_months_agree_with_a_group_by(hospital: Hospital) -> None:
    frame = hospital.registrations
    monthly = monthly_counts(frame)
    month = frame["registered_at"].dt.strftime("%Y-%m")
    expected = pd.crosstab(frame["condition"], month)
    names = [month_text(number) for number in monthly.numbers]
    assert names[0] == "2022-11"
    assert names[-1] == "2026-10"
    np.testing.assert_array_equal(monthly.counts, expected[names].to_numpy())
    assert list(monthly.labels) == expected.index.tolist()


def test_weeks_agree_with_a_group_by_and_the_open_week_is_left_out(hospital: Hospital) -> None:
    frame = hospital.registrations
    weekly = weekly_counts(frame)
    week = frame["registered_at"].dt.strftime("%G-W%V")
    expected = pd.crosstab(frame["condition"], week)
    names = [week_text(number) for number in weekly.numbers]
    np.testing.assert_array_equal(weekly.counts, expected[names].to_numpy())
    assert names[-1] == "2026-W43"  # 31 October 2026 is the Saturday of week 44


def test_an_incomplete_first_and_last_month_are_left_out(make_frame) -> None:
    frame = make_frame(["2026-01-20", "2026-02-03", "2026-02-05", "2026-03-02"])
    monthly = monthly_counts(frame)
    assert [month_text(number) for number in monthly.numbers] == ["2026-02"]
    assert monthly.counts.tolist() == [[2]]


def test_as_of_decides_what_is_complete(make_frame) -> None:
    frame = make_frame(["2026-02-01", "2026-02-10"])
    assert monthly_counts(frame).counts.shape[1] == 0
    assert monthly_counts(frame, as_of=date(2026, 2, 28)).counts.tolist() == [[2]]
    assert monthly_counts(frame, as_of=date(2026, 2, 27)).counts.shape[1] == 0
    assert monthly_counts(frame, as_of=datetime(2026, 3, 1, tzinfo=UTC)).counts.tolist() == [[2]]
    with pytest.raises(InputError, match="no time zone"):
        monthly_counts(frame, as_of=datetime(2026, 3, 1))
