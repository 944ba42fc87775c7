"""Series for the models: complete periods only, gaps as zero."""

import pandas as pd
import pytest

from assets.features import weekly_counts
from assets.outlook import earliest, monthly_series, weekly_series


@pytest.fixture
def rows():
    moments = ["2026-01-05", "2026-01-20", "2026-03-02", "2026-03-03", "2026-04-10"]
    return pd.DataFrame(
        {
            "registered_at": pd.to_datetime(moments, utc=True),
            "condition": ["Influenza", "Fracture", "Influenza", "Influenza", "Fracture"],
            "sex": ["female", "male", None, "male", "female"],
            "age_years": [3.0, 19.9, 20.0, 80.0, None],
        }
    )


@pytest.fixture
def counts(rows):
    months = rows["registered_at"].dt.strftime("%Y-%m")
    return {month: weekly_counts(part) for month, part in rows.groupby(months)}


def test_every_registration_is_in_exactly_one_count(rows, counts):
    assert sum(frame["registrations_count"].sum() for frame in counts.values()) == len(rows)


def test_ages_fall_into_their_band_and_an_unknown_age_into_its_own(rows):
    made = weekly_counts(rows)
    assert set(made["age_band"]) == {"0-19", "20-39", "80+", "unknown"}


def test_the_current_month_is_not_over_so_it_is_not_a_point(counts):
    series = monthly_series(counts, today=pd.Timestamp("2026-04-15T00:00Z"), since=pd.Timestamp("2026-01-01T09:00Z"))
    assert series["all"].index.max() == pd.Period("2026-03", freq="M")
    assert series["all"].tolist() == [2.0, 0.0, 2.0], "February had nobody: a zero, not a gap"
    assert series["Fracture"].tolist() == [1.0, 0.0, 0.0]


def test_a_first_month_that_began_late_is_not_a_low_one(counts):
    today = pd.Timestamp("2026-04-15T00:00Z")
    since = earliest(counts, "week_start_date", or_else=today)
    assert since == pd.Timestamp("2026-01-05"), "the Monday of the first registration"
    series = monthly_series(counts, today=today, since=since)
    assert series["all"].index.min() == pd.Period("2026-03", freq="M"), (
        "February had nobody, and nothing begins with that"
    )


def test_the_current_week_is_not_over_so_it_is_not_judged(counts):
    weekly = weekly_series(pd.concat(counts.values()), today=pd.Timestamp("2026-03-11T12:00Z"))
    influenza = weekly[weekly["series_id"] == "Influenza"]
    assert influenza["week"].tolist()[0] == "2026-W02"
    assert influenza["week"].tolist()[-1] == "2026-W10"
    assert influenza["count"].sum() == 3


def test_no_registrations_give_no_series():
    assert monthly_series({}, today=pd.Timestamp("2026-04-15T00:00Z"), since=pd.Timestamp("2026-01-01T09:00Z")) == {}
    assert weekly_series(pd.DataFrame(), today=pd.Timestamp("2026-04-15T00:00Z")).empty


def test_before_the_first_week_is_over_there_is_no_week_yet(rows):
    weekly = weekly_series(weekly_counts(rows.iloc[:1]), today=pd.Timestamp("2026-01-07T00:00Z"))
    assert weekly.empty
    assert list(weekly.columns) == ["series_id", "week", "count"]
