"""Series for the models: complete periods only, gaps as zero."""

import pandas as pd
import pytest

from assets.alerts import reported_periods
from assets.features import report_delays, weekly_counts
from assets.series import complete_span, monthly_series, weekly_series
from core import clock
from ml.analytics import predict_illness_surge, predict_patient_volume
from ml.forecasting.board import post
from ml.surveillance import detect_together, newest_weeks, with_completion
from ml.synthetic import generate_hospital


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
    since, until = pd.Timestamp("2026-01-01T09:00Z"), pd.Timestamp("2026-04-15T00:00Z")
    series = monthly_series(counts, since=since, until=until)
    assert series["all"].index.max() == pd.Period("2026-03", freq="M")
    assert series["all"].tolist() == [2.0, 0.0, 2.0], "February had nobody: a zero, not a gap"
    assert series["Fracture"].tolist() == [1.0, 0.0, 0.0]


def test_a_first_month_that_began_late_is_not_a_low_one(rows, counts):
    since, until = complete_span({"all": rows}, now=pd.Timestamp("2026-04-15T00:00Z").to_pydatetime())
    assert since == pd.Timestamp("2026-01-05", tz="UTC")
    series = monthly_series(counts, since=since, until=pd.Timestamp("2026-05-01", tz="UTC"))
    assert series["all"].index.min() == pd.Period("2026-03", freq="M"), (
        "February had nobody, and nothing begins with that"
    )
    assert until == pd.Timestamp("2026-04-10T12:00Z"), "what came after the last registration is not known"


@pytest.mark.parametrize(
    ("newest", "now", "last"),
    [
        ("2026-03-31T13:00", "2026-03-31T14:00", "2026-02"),
        ("2026-03-31T20:00", "2026-04-01T00:10", "2026-03"),
        ("2026-03-20T09:00", "2026-12-01T00:00", "2026-02"),
    ],
    ids=["the last afternoon of a month", "just after midnight", "a feed that broke off"],
)
def test_a_last_month_is_whole_when_it_is_over_and_was_reported(newest, now, last):
    moments = pd.to_datetime(["2026-01-01T00:00", newest], utc=True)
    rows = pd.DataFrame({"registered_at": moments, "condition": "Flu", "sex": "male", "age_years": 30.0})
    _, until = complete_span({"": rows}, now=pd.Timestamp(now, tz="UTC").to_pydatetime())
    counts = {month: weekly_counts(part) for month, part in rows.groupby(moments.strftime("%Y-%m"))}
    filled = {"2026-02": counts["2026-01"], "2026-01": counts["2026-01"]} | counts
    series = monthly_series(filled, since=pd.Timestamp("2026-01-01", tz="UTC"), until=until)
    assert str(series["all"].index.max()) == last


def test_a_condition_called_like_the_whole_does_not_take_its_place(rows):
    rows = rows.assign(condition=["all", "Fracture", "Flu", "Flu", "Flu"])
    counts = {m: weekly_counts(part) for m, part in rows.groupby(rows["registered_at"].dt.strftime("%Y-%m"))}
    since, until = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2026-04-01", tz="UTC")
    assert monthly_series(counts, since=since, until=until)["all"].tolist() == [2.0, 0.0, 2.0]


def test_the_analyses_show_the_forecast_that_the_board_shows():
    rows = generate_hospital(patients=3000, years=4, seed=3, end=clock.today()).registrations
    months = dict(iter(rows.groupby(rows["registered_at"].dt.strftime("%Y-%m"))))
    since, until = complete_span(months, now=clock.now())
    series = monthly_series({month: weekly_counts(part) for month, part in months.items()}, since=since, until=until)
    board = {one.served.series_id: one.served for one in post(series, horizon=12, baselines=frozenset())[0]}
    volume = predict_patient_volume(rows, as_of=until.to_pydatetime(), competitors=())
    assert len(volume.forecast) == 12
    assert [(m.month, m.mean, m.lo80, m.hi95) for m in volume.forecast] == [
        (step.period, *(pytest.approx(bound) for bound in (step.mean, step.lo80, step.hi95)))
        for step in board["all"].steps
    ]
    surges = predict_illness_surge(rows, as_of=until.to_pydatetime()).conditions
    assert len(surges) == len(board) - 1
    for one in surges:
        steps = board[one.condition].steps[:3]
        assert [m.mean for m in one.forecast] == [pytest.approx(step.mean) for step in steps]


def test_the_current_week_is_not_over_so_it_is_not_judged(counts):
    since, until = pd.Timestamp("2026-01-05T09:00Z"), pd.Timestamp("2026-03-11T12:00Z")
    weekly = weekly_series(pd.concat(counts.values()), since=since, until=until)
    influenza = weekly[weekly["series_id"] == "Influenza"].set_index("week")["count"]
    assert influenza.index.tolist()[0] == "2026-W02"
    assert influenza.index.tolist()[-1] == "2026-W10"
    assert influenza["2026-W10"] == 2
    assert pd.isna(influenza["2026-W03"]), "nobody reported anything that week"
    assert influenza["2026-W04"] == 0, "a fracture came, and no influenza"


def test_a_week_that_nobody_reported_is_left_open_for_what_comes_later(counts):
    since, until = pd.Timestamp("2026-01-05T09:00Z"), pd.Timestamp("2026-03-11T12:00Z")
    weekly = weekly_series(pd.concat(counts.values()), since=since, until=until)
    assert reported_periods(weekly) == ["2026-W02", "2026-W04", "2026-W10"]


def test_a_first_week_that_began_late_is_not_a_low_one(counts):
    weekly = weekly_series(
        pd.concat(counts.values()), since=pd.Timestamp("2026-01-07T00:00Z"), until=pd.Timestamp("2026-03-11T12:00Z")
    )
    assert weekly["week"].iloc[0] == "2026-W04"


def test_no_registrations_give_no_series():
    since, until = complete_span({}, now=clock.now())
    assert monthly_series({}, since=since, until=until) == {}
    assert weekly_series(pd.DataFrame(), since=since, until=until).empty


def test_before_the_first_week_is_over_there_is_no_week_yet(rows):
    since, until = pd.Timestamp("2026-01-05T00:00Z"), pd.Timestamp("2026-01-07T00:00Z")
    weekly = weekly_series(weekly_counts(rows.iloc[:1]), since=since, until=until)
    assert weekly.empty
    assert list(weekly.columns) == ["series_id", "week", "count"]


def test_the_surge_panel_shows_the_judgement_that_alerts_are_made_of():
    rows = generate_hospital(patients=3000, years=3, seed=4, end=clock.today()).registrations
    since, until = complete_span({"": rows}, now=clock.now())
    delays = report_delays(rows, rows[["registration_id", "recorded_at"]].astype("str"))
    weekly = weekly_series(weekly_counts(rows), since=since, until=until)
    newest = newest_weeks(delays, now=pd.Timestamp(clock.now()).tz_localize(None))
    judged = detect_together(with_completion(weekly, newest))
    panel = predict_illness_surge(rows, delays=delays, as_of=until.to_pydatetime())
    last = judged[judged["week"] == panel.as_of_week].set_index("series_id")
    assert len(last) == len(panel.conditions) > 10
    for one in panel.conditions:
        told = last.loc[one.condition]
        assert (one.level, one.expected, one.p_exceed, one.estimate) == (
            told["level"],
            *(pytest.approx(told[name]) for name in ("expected", "p_exceed", "estimate")),
        )
