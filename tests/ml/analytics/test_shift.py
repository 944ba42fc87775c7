"""Drift is a matter of size and of lasting, not of the number of rows."""

import numpy as np
import pandas as pd
import pytest

from ml.shift import LASTING_MONTHS, compare, lasting, reference_of
from ml.stability import LEAST_ROWS

RNG = np.random.default_rng(5)


def month(rows: int = 2_000, *, age: float = 50.0, flu: float = 0.3, gone: float = 0.0) -> pd.DataFrame:
    ages = RNG.normal(age, 15, rows)
    ages[RNG.random(rows) < gone] = np.nan
    return pd.DataFrame(
        {
            "age_years": ages,
            "condition": pd.Series(np.where(RNG.random(rows) < flu, "Influenza", "Asthma"), dtype="str"),
            "acuity": pd.array(RNG.integers(1, 6, rows), dtype="Int64"),
        }
    )


REFERENCE = reference_of(month(20_000), ["age_years", "condition", "acuity", "not there"])


def moved(frame: pd.DataFrame) -> set[str]:
    return {shift.column for shift in compare(REFERENCE, frame) if shift.has_moved}


@pytest.mark.parametrize("rows", [LEAST_ROWS, 2_000, 200_000])
def test_more_of_the_same_has_not_moved_however_many_rows(rows):
    assert moved(month(rows)) == set()


@pytest.mark.parametrize(
    ("changed", "column"),
    [({"age": 65.0}, "age_years"), ({"flu": 0.7}, "condition"), ({"gone": 0.5}, "age_years")],
)
def test_each_kind_of_change_moves_its_column_alone(changed, column):
    assert moved(month(**changed)) == {column}


def test_a_difference_that_is_real_and_small_has_not_moved():
    assert moved(month(200_000, age=51.0, flu=0.33)) == set()


def test_the_effect_is_the_distance_in_standard_deviations():
    shift = {one.column: one for one in compare(REFERENCE, month(50_000, age=65.0))}["age_years"]
    assert shift.effect == pytest.approx(1.0, abs=0.05)


def test_a_category_that_was_never_there_counts_as_other():
    frame = month().assign(condition=pd.Series("New plague", index=range(2_000), dtype="str"))
    assert "condition" in moved(frame)


def test_rows_with_weights_are_as_many_rows():
    table = month(2_000).groupby("condition", as_index=False).agg(age_years=("age_years", "mean"), n=("acuity", "size"))
    known = reference_of(table, ["condition", "age_years"], weight="n")
    spread = table.loc[table.index.repeat(table["n"])]
    assert known["condition"] == reference_of(spread, ["condition"])["condition"]
    assert known["age_years"]["mean"] == pytest.approx(spread["age_years"].mean())
    other = table.assign(n=table["n"].to_numpy()[::-1])
    weighted = compare(known, other, weight="n")
    assert [(one.psi, one.effect) for one in weighted] == [
        (pytest.approx(one.psi), pytest.approx(one.effect))
        for one in compare(known, other.loc[other.index.repeat(other["n"])])
    ]
    assert compare(known, table.assign(n=10), weight="n") == (), "two rows that stand for twenty say nothing"


def test_a_small_month_says_nothing():
    assert compare(REFERENCE, month(LEAST_ROWS - 1, age=90.0)) == ()


def test_the_reference_holds_no_row():
    assert set(REFERENCE) == {"age_years", "condition", "acuity"}
    assert all(len(one.get("edges", [])) <= 9 for one in REFERENCE.values())


def test_a_column_drifts_only_after_it_moved_in_enough_months_in_a_row():
    months = [{"age": True}, {"age": False}, *[{"age": True}] * LASTING_MONTHS]
    assert [lasting(months[: end + 1])["age"] for end in range(len(months))] == [1, 0, 1, 2, LASTING_MONTHS]
    assert lasting([]) == {}
