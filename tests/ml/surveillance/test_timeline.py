"""Periods as people write them, gaps, and where the same season lay.

Belongs here: `timeline`, `checking`. Does not belong here: judgements.
"""

from datetime import date

import numpy as np
import pytest

from core.errors import InputError
from ml.surveillance.checking import check_series
from ml.surveillance.timeline import read_timeline, season_offsets


@pytest.mark.parametrize(
    "labels",
    [
        ["2020-W52", "2020-W53", "2021-W01"],
        ["2020-12-21", "2020-12-28", "2021-01-04"],
        [date(2020, 12, 22), date(2020, 12, 29), date(2021, 1, 5)],
        ["2004-W51", "2004-W52", "2005-W01"],
        ["7", "8", "9"],
        [7, 8, 9],
        ["2020-11", "2020-12", "2021-01"],
        ["2020-12-21T00:00:00Z", "2020-12-28T00:00:00Z", "2021-01-04T00:00:00Z"],
    ],
)
def test_consecutive_periods_differ_by_one(labels):
    assert np.diff(read_timeline(labels).positions).tolist() == [1, 1]


def test_days_with_monthly_grain_are_months():
    timeline = read_timeline(["2020-12-31", "2021-01-01"], grain="month")
    assert timeline.grain == "month"
    assert np.diff(timeline.positions).tolist() == [1]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["2020-W54"], "W01 to W53"),
        (["2021-W52", "2021-W53"], "week 53"),
        (["2020-13"], "01 to 12"),
        (["soon"], "'soon'"),
        (["2020-02-30"], "not a day"),
        (["2020-W01", "3"], "several kinds"),
    ],
)
def test_an_unreadable_period_is_named(labels, words):
    with pytest.raises(InputError, match=words):
        read_timeline(labels)


def test_the_same_season_is_the_nearest_monday():
    position = (date(2020, 3, 2).toordinal() - 1) // 7
    offsets = season_offsets(position, years=2, period=52, mondays=True)
    earlier = [date.fromordinal((position - back) * 7 + 1).isoformat() for back in offsets]
    assert earlier == ["2020-03-02", "2019-03-04", "2018-03-05"]
    assert season_offsets(position, years=2, period=52, mondays=False) == (0, 52, 104)


WEEKS = ["2020-W01", "2020-W02", "2020-W03", "2020-W04"]


@pytest.mark.parametrize(
    ("periods", "counts", "code"),
    [
        (WEEKS, ["1", "x", "3", "4"], "bad_count"),
        (WEEKS, ["1", "2.5", "3", "4"], "bad_count"),
        (WEEKS, ["1", "-2", "3", "4"], "negative_count"),
        (["2020-W01", "2020-W77", "2020-W03", "2020-W04"], ["1"] * 4, "bad_period"),
        (WEEKS[:1], ["1"], "one_row"),
        ([*WEEKS[:3], "2020-W02"], ["1"] * 4, "duplicate_period"),
        (WEEKS[::-1], ["1"] * 4, "unsorted"),
        ([*WEEKS[:3], "2020-W09"], ["1"] * 4, "gap"),
    ],
)
def test_what_is_wrong_with_a_series_has_a_name(periods, counts, code):
    with pytest.raises(InputError) as caught:
        check_series(periods, counts)
    assert caught.value.code == code


def test_an_empty_count_is_a_missing_report():
    values = check_series(WEEKS, ["1", "", "NA", "4.0"])
    np.testing.assert_array_equal(values, [1.0, np.nan, np.nan, 4.0])


@pytest.mark.parametrize("labels", [["1", "900000000000"], ["1", "9" * 30], ["0001-W01", "9999-W01"]])
def test_periods_too_far_apart_to_be_one_series_are_refused(labels):
    with pytest.raises(InputError, match=r"periods apart|too large"):
        read_timeline(labels)
    with pytest.raises(InputError, match=r"periods apart|too large"):
        check_series(labels, ["3", "4"])
