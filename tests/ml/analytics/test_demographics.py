"""Age bands and sexes: all rows counted once, whatever is missing."""

from dataclasses import asdict

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.vocabulary import AGE_BANDS, Sex
from ml.analytics import analyze_patient_demographics
from ml.synthetic import Hospital

AGES = st.one_of(st.floats(0, 120), st.just(float("nan")), st.sampled_from([19.99, 20, 59, 60, 80, 120, 200, -1]))
SEXES = st.one_of(st.sampled_from([str(s) for s in Sex]), st.none(), st.just("fem."))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(AGES, SEXES), max_size=60))
def test_bands_and_sexes_each_add_up_to_all_rows(make_frame, people: list[tuple[float, str | None]]) -> None:
    days = ["2026-03-01"] * len(people)
    found = analyze_patient_demographics(make_frame(days, age=[a for a, _ in people], sex=[s for _, s in people]))
    assert [band.band for band in found.age_bands] == [*(label for label, _, _ in AGE_BANDS), "unknown"]
    assert [sex.sex for sex in found.sexes] == [str(sex) for sex in Sex]
    assert found.total == len(people)
    assert sum(band.count for band in found.age_bands) == sum(sex.count for sex in found.sexes) == len(people)
    for band in found.age_bands:
        assert band.female_count + band.male_count + band.other_count == band.count
    for row in (*found.age_bands, *found.sexes):
        assert row.share_low <= row.share <= row.share_high
    if people:
        assert sum(band.share for band in found.age_bands) == pytest.approx(1)
        assert sum(sex.share for sex in found.sexes) == pytest.approx(1)


def test_bands_begin_and_end_where_the_vocabulary_says(make_frame) -> None:
    ages = [0, 19.9, 20, 39, 40, 59, 60, 79, 80, 120, np.nan]
    found = analyze_patient_demographics(make_frame(["2026-03-01"] * len(ages), age=ages))
    assert [band.count for band in found.age_bands] == [2, 2, 2, 2, 2, 1]


def test_an_empty_frame_gives_zeros_and_no_period(make_frame) -> None:
    found = analyze_patient_demographics(make_frame([]))
    assert found.total == 0
    assert found.period_start_date is None
    assert all(band.count == 0 and band.share == 0 for band in found.age_bands)


def test_all_ages_missing_are_one_unknown_band(make_frame) -> None:
    found = analyze_patient_demographics(make_frame(["2026-03-01"] * 3, age=[np.nan] * 3))
    assert found.age_bands[-1].count == 3


def test_counts_agree_with_a_group_by(hospital: Hospital) -> None:
    frame = hospital.registrations
    found = analyze_patient_demographics(frame)
    edges = [first for _, first, _ in AGE_BANDS] + [200]
    labels = [label for label, _, _ in AGE_BANDS]
    table = pd.crosstab(pd.cut(frame["age_years"], edges, right=False, labels=labels), frame["sex"])
    for band in found.age_bands[:-1]:
        assert band.female_count == table.loc[band.band, "female"]
        assert band.male_count == table.loc[band.band, "male"]
    assert found.period_start_date == str(frame["registered_at"].min().date())
    assert found.period_end_date == "2026-10-31"


def test_the_result_becomes_json(hospital: Hospital) -> None:
    data = orjson.loads(orjson.dumps(asdict(analyze_patient_demographics(hospital.registrations))))
    assert list(data) == ["period_start_date", "period_end_date", "total", "age_bands", "sexes"]


def test_a_missing_column_is_named(make_frame) -> None:
    with pytest.raises(InputError, match="column sex is missing"):
        analyze_patient_demographics(make_frame(["2026-03-01"]).drop(columns="sex"))
