"""What is hidden from non-clinical roles cannot be worked out: an attacker with a linear programme tries."""

from dataclasses import asdict

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from core.errors import InputError
from core.vocabulary import Sex
from ml.analytics import (
    Demographics,
    analyze_illness_prediction_chi_square,
    analyze_patient_demographics,
    perform_patient_health_trends,
    predict_illness_surge,
    predict_patient_volume,
    suppress_small_cells,
)
from ml.analytics.demographics import BANDS, AgeBand, SexShare
from ml.small_cells import hidden_rows
from ml.synthetic import Hospital

K = 11
COUNT = st.one_of(st.just(0), st.integers(1, 15), st.integers(0, 400))


def _demographics(table: np.ndarray) -> Demographics:
    """Bands by four sexes, in the shape of the analysis; shares and intervals follow the counts."""
    by_band, by_sex, total = table.sum(axis=1), table.sum(axis=0), int(table.sum())
    return Demographics(
        "2026-01-01",
        "2026-01-31",
        total,
        tuple(
            AgeBand(band, int(n), 0.1, 0.0, 0.2, int(row[0]), int(row[1]), int(row[2] + row[3]))
            for band, n, row in zip(BANDS, by_band, table, strict=True)
        ),
        tuple(SexShare(str(sex), int(n), 0.1, 0.0, 0.2) for sex, n in zip(Sex, by_sex, strict=True)),
    )


def _attack(shown: Demographics, cell: np.ndarray) -> tuple[float, float]:
    """Bounds on a sum of the 24 unknown cells (band × sex), from every number that is shown and x ≥ 0."""
    rows, values = [], []

    def learn(mask: np.ndarray, value: int | None) -> None:
        if value is not None:
            rows.append(mask.ravel())
            values.append(value)

    def mask(band: int | slice = slice(None), sexes: slice | list[int] = slice(None)) -> np.ndarray:
        area = np.zeros((len(BANDS), 4))
        area[band, sexes] = 1
        return area

    learn(mask(), shown.total)
    for row, band in enumerate(shown.age_bands):
        learn(mask(row), band.count)
        learn(mask(row, [0]), band.female_count)
        learn(mask(row, [1]), band.male_count)
        learn(mask(row, [2, 3]), band.other_count)
    for column, sex in enumerate(shown.sexes):
        learn(mask(sexes=[column]), sex.count)
    if not rows:
        return 0, np.inf
    equations = {"A_eq": np.array(rows), "b_eq": np.array(values)}
    low = linprog(cell.ravel(), **equations).fun
    top = linprog(-cell.ravel(), **equations)
    return low, -top.fun if top.status == 0 else np.inf


@settings(max_examples=40, deadline=None)
@given(st.lists(COUNT, min_size=24, max_size=24))
def test_no_small_cell_of_the_demographics_is_known_to_within_k(counts: list[int]) -> None:
    table = np.array(counts).reshape(6, 4)
    shown = suppress_small_cells(_demographics(table), K)
    cells = {f"band {row}": (table[row].sum(), np.s_[row, :]) for row in range(6)}
    cells |= {f"sex {column}": (table[:, column].sum(), np.s_[:, column]) for column in range(4)}
    for row in range(6):
        cells |= {f"{row}, female": (table[row, 0], np.s_[row, 0]), f"{row}, male": (table[row, 1], np.s_[row, 1])}
        cells[f"{row}, other"] = (table[row, 2:].sum(), np.s_[row, 2:])
    if table.sum() < K:
        return
    for name, (count, place) in cells.items():
        if 0 < count < K:
            area = np.zeros((6, 4))
            area[place] = 1
            low, high = _attack(shown, area)
            assert high - low >= K - 1e-6, (name, count, low, high)


@settings(max_examples=100, deadline=None)
@given(st.lists(COUNT, min_size=24, max_size=24))
def test_no_small_count_is_shown_and_zeros_may_be(counts: list[int]) -> None:
    shown = suppress_small_cells(_demographics(np.array(counts).reshape(6, 4)), K)
    numbers = [shown.total, *(sex.count for sex in shown.sexes)]
    for band in shown.age_bands:
        numbers += [band.count, band.female_count, band.male_count, band.other_count]
        assert (band.count is None) == (band.share is None) == (band.share_low is None)
    assert all(n is None or n == 0 or n >= K for n in numbers)


def test_a_table_without_small_cells_is_shown_whole() -> None:
    whole = _demographics(np.full((6, 4), 50))
    assert suppress_small_cells(whole, K) == whole


@given(st.lists(COUNT, max_size=12))
def test_hidden_rows_are_two_or_more_and_together_twice_k_where_that_is_possible(counts: list[int]) -> None:
    hidden = hidden_rows(counts, K)
    assert {row for row, n in enumerate(counts) if 0 < n < K} <= hidden
    if hidden and any(n >= K for row, n in enumerate(counts) if row not in hidden):
        assert len(hidden) >= 2
        assert sum(counts[row] for row in hidden) >= 2 * K


def test_weekly_leaders_cannot_be_had_from_the_total_or_from_the_trend(make_frame, hospital: Hospital) -> None:
    found = suppress_small_cells(perform_patient_health_trends(hospital.registrations), 40)
    for week in found.weeks:
        hidden = [row for row in week.conditions if row.count is None]
        rest = week.total - sum(row.count or 0 for row in week.conditions)
        assert all(row.count is None or row.count >= 40 for row in week.conditions)
        assert not hidden or rest >= 80
    assert any(row.count is None for week in found.weeks for row in week.conditions)
    for row in found.trending:
        shown = [next((c.count for c in w.conditions if c.condition == row.condition), None) for w in found.weeks[-4:]]
        if row.recent_count is not None:
            unknown = row.recent_count - sum(n or 0 for n in shown)
            assert unknown == 0 or unknown >= 40


def test_a_week_with_fewer_conditions_than_ranks_hides_two(make_frame) -> None:
    days = np.repeat(np.array(["2026-01-05", "2026-01-11T20:00"], dtype="datetime64[s]"), 33)
    frame = make_frame(days, condition=["a"] * 30 + ["b"] * 33 + ["c"] * 3)
    (week,) = suppress_small_cells(perform_patient_health_trends(frame), K).weeks
    assert week.total == 66
    assert {row.condition: row.count for row in week.conditions} == {"a": None, "b": 33, "c": None}


def test_all_five_have_a_rule_and_everything_else_is_refused(hospital: Hospital) -> None:
    frame = hospital.registrations.iloc[:8000]
    volume = suppress_small_cells(predict_patient_volume(frame, horizon=1, competitors=()), 10**6)
    assert all(month.count is None for month in volume.history)
    surge = suppress_small_cells(predict_illness_surge(frame, model="seasonal_naive"), 10**6)
    assert all(week.count in (None, 0) for row in surge.conditions for week in row.weeks)
    assert all(row.observed in (None, 0) and not row.excess for row in surge.conditions)
    assert suppress_small_cells(analyze_illness_prediction_chi_square(frame), 10**6).tests == ()
    small = suppress_small_cells(analyze_patient_demographics(frame), 10**6)
    assert small.total is None
    assert orjson.loads(orjson.dumps(asdict(small)))["age_bands"][0]["count"] is None
    with pytest.raises(InputError, match="dict has no rule"):
        suppress_small_cells({}, K)
    with pytest.raises(InputError, match="k is 1"):
        suppress_small_cells(small, 1)
