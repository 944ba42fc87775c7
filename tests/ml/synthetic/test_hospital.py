"""The generated frame: its shape, its people, its seasons, and that a seed says all."""

import doctest
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.vocabulary import PLAUSIBLE_RANGES, REGISTRATION_COLUMNS, VALIDATED_DTYPES, VITAL_COLUMNS, Outcome, Sex
from ml.synthetic import Hospital, generate_hospital, generate_synthetic_data
from ml.synthetic import hospital as hospital_module
from ml.synthetic.conditions import CONDITIONS

END = date(2026, 10, 31)


def test_examples_in_docstrings_run() -> None:
    found = doctest.testmod(hospital_module)
    assert found.attempted > 0
    assert found.failed == 0


def test_columns_and_types_are_those_of_a_validated_registration(hospital: Hospital) -> None:
    frame = hospital.registrations
    assert tuple(frame.columns) == REGISTRATION_COLUMNS
    assert {c: str(frame[c].dtype) for c in frame} == {c: VALIDATED_DTYPES[c] for c in REGISTRATION_COLUMNS}


def test_a_frame_without_rows_has_the_same_types() -> None:
    empty = generate_hospital(patients=1, years=0.01, seed=3, end=END)
    assert len(empty.registrations) == 0
    assert {c: str(t) for c, t in empty.registrations.dtypes.items()} == {
        c: VALIDATED_DTYPES[c] for c in REGISTRATION_COLUMNS
    }
    assert empty.truth["bayes_accuracy"] is None


@settings(max_examples=15, deadline=None)
@given(patients=st.integers(1, 400), years=st.floats(0.05, 3), seed=st.integers(0, 2**40))
def test_the_same_arguments_give_the_same_hospital(patients: int, years: float, seed: int) -> None:
    first = generate_hospital(patients=patients, years=years, seed=seed, end=END)
    again = generate_hospital(patients=patients, years=years, seed=seed, end=END)
    pd.testing.assert_frame_equal(first.registrations, again.registrations)
    assert first.truth == again.truth


def test_another_seed_gives_another_hospital() -> None:
    one, two = (generate_hospital(patients=300, years=1, seed=s, end=END).registrations for s in (1, 2))
    assert len(one) != len(two) or not one.equals(two)


@settings(max_examples=15, deadline=None)
@given(patients=st.integers(1, 400), years=st.floats(0.05, 3), seed=st.integers(0, 2**40))
def test_every_value_is_possible_and_nothing_is_known_after_the_end(patients: int, years: float, seed: int) -> None:
    frame = generate_hospital(patients=patients, years=years, seed=seed, end=END).registrations
    past = pd.Timestamp("2026-11-01", tz="UTC")
    for column, (lowest, highest) in PLAUSIBLE_RANGES.items():
        assert frame[column].dropna().between(lowest, highest).all(), column
    assert frame["registration_id"].is_unique
    assert frame["registered_at"].is_monotonic_increasing
    assert (frame["recorded_at"] > frame["registered_at"]).all()
    assert (frame["recorded_at"] < past).all()
    known = frame.dropna(subset="outcome_at")
    assert (known["outcome_at"] > known["registered_at"]).all()
    assert (known["outcome_at"] - known["registered_at"] < pd.Timedelta(days=30)).all()
    assert (frame["outcome"].isna() == frame["outcome_at"].isna()).all()
    assert set(frame["outcome"].dropna()) <= set(Outcome)
    both = frame.dropna(subset=["systolic_bp", "diastolic_bp"])
    assert (both["systolic_bp"] > both["diastolic_bp"]).all()


def test_registrations_follow_patients_and_years(hospital: Hospital) -> None:
    expected = sum(sum(months.values()) for months in hospital.truth["rate_per_month"].values())
    assert expected == pytest.approx(0.5 * 30_000 * 4, rel=1e-6)
    assert len(hospital.registrations) == pytest.approx(expected, rel=0.05)


def test_half_of_the_patients_are_female_and_few_are_unknown(hospital: Hospital) -> None:
    shares = hospital.registrations.drop_duplicates("patient_id")["sex"].value_counts(normalize=True)
    assert shares[Sex.FEMALE] == pytest.approx(0.51, abs=0.03)
    assert shares[Sex.OTHER] + shares[Sex.UNKNOWN] < 0.02


def test_a_patient_has_one_sex_and_never_grows_younger(hospital: Hospital) -> None:
    by_patient = hospital.registrations.groupby("patient_id")
    assert (by_patient["sex"].nunique() == 1).all()
    assert (by_patient["age_years"].diff().dropna() >= 0).all()


def test_nobody_registers_after_having_died(hospital: Hospital) -> None:
    frame = hospital.registrations
    died = frame[frame["outcome"] == Outcome.DECEASED].groupby("patient_id")["registered_at"].max()
    last = frame.groupby("patient_id")["registered_at"].max()
    assert len(died) > 100
    assert (last[died.index] == died).all()


def test_patients_return_and_the_chronically_ill_more_often(hospital: Hospital) -> None:
    visits = hospital.registrations.groupby(["condition", "patient_id"]).size().groupby("condition").mean()
    chronic = [c.name for c in CONDITIONS if c.is_chronic]
    passing = ["Influenza", "Appendicitis", "Gastroenteritis"]
    assert visits[chronic].min() > visits[passing].max() + 0.1


def test_influenza_has_its_winter_and_fractures_their_summer(hospital: Hospital) -> None:
    frame = hospital.registrations
    month = frame["registered_at"].dt.month
    for condition, high, low in (("Influenza", [12, 1, 2], [6, 7, 8]), ("Fracture", [6, 7, 8], [12, 1, 2])):
        months = month[frame["condition"] == condition]
        assert months.isin(high).sum() > 1.2 * months.isin(low).sum(), condition


def test_the_sick_look_sick(hospital: Hospital) -> None:
    means = hospital.registrations.groupby("condition")[list(VITAL_COLUMNS)].mean()
    assert means.loc["Sepsis", "heart_rate"] > means.loc["Migraine", "heart_rate"] + 25
    assert means.loc["Sepsis", "systolic_bp"] == means["systolic_bp"].min()
    assert means.loc["COPD exacerbation", "spo2_pct"] == means["spo2_pct"].min()
    assert means.loc["Influenza", "temperature_c"] > 38


def test_children_have_faster_hearts_and_the_old_more_illnesses(hospital: Hospital) -> None:
    frame = hospital.registrations
    age = frame["age_years"]
    assert frame.loc[age < 2, "heart_rate"].mean() > frame.loc[age.between(30, 50), "heart_rate"].mean() + 25
    assert frame.loc[age > 75, "comorbidity_count"].mean() > frame.loc[age < 40, "comorbidity_count"].mean() + 1.5


def test_triage_follows_severity_with_noise(hospital: Hospital) -> None:
    frame = hospital.registrations
    gone_badly = frame["outcome"].isin([Outcome.ICU, Outcome.DECEASED]).groupby(frame["acuity"]).mean()
    assert (np.diff(gone_badly.to_numpy(dtype=float)) <= 0).all()
    assert gone_badly.loc[1] > 0.5
    assert 0.001 < gone_badly.loc[3] < 0.1


def test_some_vitals_are_missing_mostly_of_the_less_urgent(hospital: Hospital) -> None:
    missing = hospital.registrations[list(VITAL_COLUMNS)].isna()
    assert missing.mean().between(0.02, 0.15).all()
    urgent = hospital.registrations["acuity"] <= 2
    assert (missing[urgent].mean() < missing[~urgent].mean()).all()


def test_a_few_rows_are_recorded_late(hospital: Hospital) -> None:
    delay = hospital.registrations["recorded_at"] - hospital.registrations["registered_at"]
    assert delay.median() < pd.Timedelta(minutes=30)
    assert 0.002 < (delay > pd.Timedelta(days=1)).mean() < 0.03


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"patients": 0}, "patients is 0"),
        ({"years": 0.0}, "years is 0.0"),
        ({"years": 51.0}, "at most 50"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_what_is_not_allowed_is_named(arguments: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        generate_hospital(**{"patients": 10, "years": 1.0, "seed": 1, "end": END, **arguments})


@pytest.mark.parametrize("n", [1, 100, 777])
def test_synthetic_data_has_exactly_the_rows_asked_for(n: int) -> None:
    frame = generate_synthetic_data(n)
    assert len(frame) == n
    assert tuple(frame.columns) == REGISTRATION_COLUMNS
    pd.testing.assert_frame_equal(frame, generate_synthetic_data(n))


def test_a_hundred_synthetic_rows_are_the_default_and_none_is_refused() -> None:
    assert len(generate_synthetic_data()) == 100
    with pytest.raises(InputError, match="num_samples is 0"):
        generate_synthetic_data(0)
