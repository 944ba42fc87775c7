"""Beds of the next hours: chances, paths, what is known at a moment, and the held-out judgement."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.beds import START, department
from core.errors import InputError
from ml.beds.counting import mean_of
from ml.beds.evaluation import MIN_COVERAGE, Evaluation, evaluate
from ml.beds.fit import MIN_KNOWN, arrival_rates, fit
from ml.beds.forecast import Coming, busyness, forecast
from ml.beds.model import HORIZON, HOURS, BedsModel, Progress
from ml.beds.visits import BANDS, Person, Present, Visit, known_at, present_at

DAYS = 56
UNTIL = START + timedelta(days=42)
PERSONS = st.builds(Person, st.integers(1, 5), st.sampled_from(BANDS), st.one_of(st.none(), st.integers(0, 20)))


@pytest.fixture(scope="module")
def visits():
    """One of the departments that the code was tried on."""
    return department(101)


@pytest.fixture(scope="module")
def model(visits):
    return fit(visits, until=UNTIL)


@st.composite
def presents(draw):
    arrived = UNTIL - timedelta(minutes=draw(st.integers(0, 3000)))
    called = None
    if draw(st.booleans()):
        called = arrived + (UNTIL - arrived) * draw(st.floats(0, 1))
    return Present(draw(PERSONS), arrived, called)


@given(presents())
def test_each_chance_lies_between_0_and_1_and_never_falls_with_time(model, present):
    by = Progress(model).of_present(present, UNTIL)
    assert len(by) == HORIZON + 1
    assert by[0] == pytest.approx(0, abs=1e-12)
    assert all(0 <= now <= later + 1e-12 <= 1 + 1e-9 for now, later in pairwise(by))


@given(st.lists(presents(), max_size=12), st.integers(0, 120), st.floats(0.3, 3))
@settings(max_examples=40)
def test_every_hour_is_a_distribution_whose_parts_add_up(model, present, recent, level):
    found = forecast(model, present, Coming(recent, level), now=UNTIL)
    assert len(found.hours) == HOURS
    assert sum(found.total) == pytest.approx(1, abs=1e-6)
    assert mean_of(found.total) == pytest.approx(found.hours[-1].by_then.mean, rel=1e-4)
    assert sum(hour.in_hour.mean for hour in found.hours) == pytest.approx(found.hours[-1].by_then.mean, rel=1e-9)
    for hour in found.hours:
        for count in (hour.in_hour, hour.by_then):
            assert 0 <= count.lo95 <= count.lo80 <= count.point <= count.hi80 <= count.hi95
            assert count.mean == pytest.approx(count.from_here + count.from_arrivals)
    points = [hour.by_then.hi80 for hour in found.hours]
    assert points == sorted(points)


@given(st.lists(PERSONS, min_size=1, max_size=8))
@settings(max_examples=25)
def test_nobody_there_and_nobody_coming_asks_for_nothing_and_each_patient_adds(model, persons):
    nobody = replace(model, arrivals=(0.0,) * 168)
    assert forecast(nobody, [], Coming(0), now=UNTIL).total == (1.0,)
    means = [
        forecast(nobody, [Present(one, UNTIL) for one in persons[:count]], Coming(0), now=UNTIL).hours[-1].by_then.mean
        for count in range(len(persons) + 1)
    ]
    assert means == sorted(means)
    assert means[-1] <= len(persons)


def test_who_is_there_is_weighed_by_level_age_score_and_time_with_staff(model):
    """The department makes the sick, the old and those who take long more likely to be admitted."""

    def by_eight(person, minutes=None):
        called = None if minutes is None else UNTIL - timedelta(minutes=minutes)
        return Progress(model).of_present(Present(person, UNTIL - timedelta(minutes=minutes or 0), called), UNTIL)[-1]

    assert by_eight(Person(1, "40-59", 7)) > by_eight(Person(3, "40-59", 7)) > by_eight(Person(5, "40-59", 7))
    assert by_eight(Person(3, "80+", 2)) > by_eight(Person(3, "20-39", 2))
    assert by_eight(Person(3, "40-59", 9)) > by_eight(Person(3, "40-59", 0))
    assert by_eight(Person(3, "40-59", 2), 120) > by_eight(Person(3, "40-59", 2), 0)


def test_the_chance_of_admission_is_calibrated_on_days_that_it_has_not_seen(visits, model):
    later = [visit for visit in visits if visit.arrived_at >= UNTIL and visit.called_at and visit.end]
    chances = np.array([model.chance(visit.person) for visit in later])
    admitted = np.array([visit.asked_for_bed for visit in later])
    assert chances.mean() == pytest.approx(admitted.mean(), abs=0.03)
    for low, high in ((0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 1)):
        within = (chances >= low) & (chances < high)
        assert chances[within].mean() == pytest.approx(admitted[within].mean(), abs=0.09)


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
@settings(max_examples=15, deadline=None)
def test_nothing_that_comes_later_changes_what_is_said_now(visits, model, seed, share):
    """Whatever becomes of those who are there, and whoever comes, the model and its forecast of now stay."""
    now = START + timedelta(days=28 * share + 14)
    rng = np.random.default_rng(seed)

    def otherwise(visit):
        called = visit.called_at if visit.called_at and visit.called_at <= now else None
        if visit.arrived_at > now:
            return Visit(Person(1, "80+", 20), visit.arrived_at, visit.arrived_at, visit.arrived_at, "admitted")
        if visit.ended_at is not None and visit.ended_at <= now:
            return visit
        later = now + timedelta(minutes=float(rng.uniform(1, 900)))
        return Visit(visit.person, visit.arrived_at, called or later, later, str(rng.choice(["admitted", "left"])))

    changed = [otherwise(visit) for visit in visits]
    assert present_at(changed, now) == present_at(visits, now)
    assert known_at(changed, now) == known_at(visits, now)
    if seed % 5 == 0:
        assert fit(changed, until=now) == fit(visits, until=now)


def test_the_stored_form_is_json_and_comes_back_as_it_was(model):
    again = BedsModel.of_dict(json.loads(json.dumps(model.as_dict())))
    assert again == model


@pytest.mark.parametrize(
    "spoil",
    [
        lambda stored: stored.pop("paths"),
        lambda stored: stored["coefficients"].append(1.0),
        lambda stored: stored["arrivals"].pop(),
        lambda stored: stored["paths"][0]["call"].pop(),
        lambda stored: stored["paths"].pop(),
    ],
)
def test_a_model_of_other_code_is_refused(model, spoil):
    stored = json.loads(json.dumps(model.as_dict()))
    spoil(stored)
    with pytest.raises(InputError, match="fit it again") as refused:
        BedsModel.of_dict(stored)
    assert refused.value.code == "beds_model_of_other_code"


def test_busier_hours_before_make_busier_hours_ahead_and_a_forecast_lifts_all(model):
    moved = replace(model, spread=0.05, carry=0.04)
    calm, usual, busy = (busyness(moved, Coming(count), now=UNTIL)[0] for count in (10, 40, 90))
    assert calm < usual < busy
    steady = replace(model, carry=0.0)
    assert busyness(steady, Coming(90), now=UNTIL) == (1.0, model.spread)
    one, two = (
        forecast(steady, [], Coming(40, level), now=UNTIL).hours[-1].by_then.from_arrivals for level in (1.0, 2.0)
    )
    assert two == pytest.approx(2 * one)


def test_a_model_beats_both_naive_ways_on_held_out_days_and_its_interval_holds(visits):
    judged = evaluate(visits, until=START + timedelta(days=DAYS))
    assert judged.mae_model < min(judged.mae_hour_of_week, judged.mae_occupancy)
    assert MIN_COVERAGE <= judged.covered_80 <= 0.95
    assert judged.covered_95 >= 0.9
    assert judged.is_better
    assert judged.moments_count == 14 * 24 - 7


@pytest.mark.parametrize(
    "worse", [{"mae_model": 3.1}, {"mae_hour_of_week": 1.9}, {"mae_occupancy": 1.0}, {"covered_80": 0.7}]
)
def test_what_does_not_beat_both_or_hold_its_interval_is_not_served(worse):
    good = Evaluation(2.0, 3.0, 4.0, 0.8, 0.95, 0.8, 6.0, 300, 14)
    assert good.is_better
    assert not replace(good, **worse).is_better


def test_a_hospital_whose_admissions_have_no_pattern_is_not_served(visits):
    """Admissions that come in one lump a day, at any hour, are not foreseen by who is there: it says so."""
    rng = np.random.default_rng(7)
    day_lump = {}

    def lumped(visit):
        if not visit.asked_for_bed:
            return visit
        day = visit.ended_at.date()
        lump = day_lump.setdefault(day, float(rng.uniform(0, 24)))
        midnight = visit.ended_at.replace(hour=0, minute=0, second=0, microsecond=0)
        return replace(visit, ended_at=max(visit.ended_at, midnight + timedelta(hours=lump)))

    judged = evaluate([lumped(visit) for visit in visits], until=START + timedelta(days=DAYS))
    assert judged.covered_80 < MIN_COVERAGE
    assert not judged.is_better


def _without(visits, share, rng):
    return [replace(v, end=None) if v.end and v.ended_at and rng.random() < share else v for v in visits]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda visits: visits[:300], "too_few_visits"),
        (lambda _: [], "too_few_visits"),
        (lambda visits: _without(visits, 1.2 - MIN_KNOWN, np.random.default_rng(1)), "dispositions_missing"),
        (lambda visits: [replace(v, end="discharged") if v.asked_for_bed else v for v in visits], "too_few_admissions"),
        (lambda visits: [v for v in visits if v.arrived_at > UNTIL - timedelta(days=9)], "too_few_weeks"),
    ],
)
def test_too_little_to_learn_from_is_refused_by_name(visits, change, code):
    with pytest.raises(InputError) as refused:
        fit(change(visits), until=UNTIL)
    assert refused.value.code == code


def test_too_few_hours_to_judge_are_refused(visits):
    with pytest.raises(InputError) as refused:
        evaluate(visits, until=UNTIL, test_share=0.03)
    assert refused.value.code == "too_few_hours"


def test_rates_of_arrival_are_the_means_of_whole_weeks(visits):
    arrived = [visit.arrived_at for visit in visits if visit.arrived_at <= UNTIL]
    rates, weeks = arrival_rates(arrived, until=UNTIL)
    assert weeks == timedelta(weeks=6)
    assert sum(rates) == pytest.approx(len(arrived) / 6)


@pytest.mark.parametrize(
    ("person", "named"),
    [((0, "40-59"), "acuity is 0"), ((3, "middle"), "'middle'"), ((3, "80+", 21), "NEWS2 is 21")],
)
def test_a_patient_that_cannot_be_is_refused_by_name(person, named):
    with pytest.raises(InputError, match=named):
        Person(*person)


@pytest.mark.parametrize(("recent", "level"), [(-1, 1.0), (3, 0.0), (3, float("nan"))])
def test_arrivals_that_cannot_be_are_refused(recent, level):
    with pytest.raises(InputError, match="is allowed"):
        Coming(recent, level)
