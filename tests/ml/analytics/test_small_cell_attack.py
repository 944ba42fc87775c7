"""An attacker takes what is shown off the totals, across sections, and recovers no hidden cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from core.errors import InputError
from ml.small_cells import SMALLEST_SHOWN, suppress_sections

WEEKS = [f"2026-W{number}" for number in range(40, 48)]
_RATE = {"share": 0.1, "share_low": 0.0, "share_high": 0.2}
COUNT = st.one_of(st.just(0), st.integers(1, 14), st.integers(0, 90))
TABLES = st.integers(1, 8).flatmap(
    lambda rows: st.lists(st.lists(COUNT, min_size=8, max_size=8), min_size=rows, max_size=rows)
)


def trends_of(table: np.ndarray) -> dict:
    """The five leading conditions of each week, and sums of four weeks for every condition."""
    weeks = []
    for column, week in enumerate(WEEKS):
        leaders = [int(row) for row in np.argsort(-table[:, column], kind="stable")[:5] if table[row, column] > 0]
        weeks.append(
            {
                "week": week,
                "week_start_date": "2026-01-01",
                "total": int(table[:, column].sum()),
                "conditions": [
                    {"rank": rank, "condition": f"c{row}", "count": int(table[row, column]), **_RATE}
                    for rank, row in enumerate(leaders, start=1)
                ],
            }
        )
    trending = [
        {
            "condition": f"c{row}",
            "recent_count": int(table[row, 4:].sum()),
            "previous_count": int(table[row, :4].sum()),
            **dict.fromkeys(("ratio", "ratio_low", "ratio_high"), 1.0),
            "direction": "steady",
        }
        for row in range(len(table))
    ]
    return {"weeks": weeks, "trending": trending, "seasonality": []}


def surge_of(table: np.ndarray) -> dict:
    conditions = []
    for row in range(len(table)):
        weeks = [{"week": week, "count": int(table[row, column])} for column, week in enumerate(WEEKS)]
        last = {"observed": int(table[row, -1]), "excess": 0.0, "p_exceed": 0.5, "week": WEEKS[-1]}
        conditions.append({"condition": f"c{row}", **last, "weeks": weeks})
    return {"conditions": conditions}


def equations(shown: dict, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every number of the sections as an equation over the cells, condition by week."""
    rows, values = [], []

    def learn(place: tuple, value: int | None) -> None:
        if value is not None:
            mask = np.zeros(table.shape)
            mask[place] = 1
            rows.append(mask.ravel())
            values.append(value)

    for column, week in enumerate(shown.get("health_trends", {"weeks": []})["weeks"]):
        learn(np.s_[:, column], week["total"])
        for row in week["conditions"]:
            learn(np.s_[int(row["condition"][1:]), column], row["count"])
    for row in shown.get("health_trends", {"trending": []})["trending"]:
        learn(np.s_[int(row["condition"][1:]), 4:], row["recent_count"])
        learn(np.s_[int(row["condition"][1:]), :4], row["previous_count"])
        if row["recent_count"] is None or row["previous_count"] is None:
            assert row["ratio"] is None
            assert row["ratio_low"] is None
    for row in shown.get("illness_surge", {"conditions": []})["conditions"]:
        for column, week in enumerate(row["weeks"]):
            learn(np.s_[int(row["condition"][1:]), column], week["count"])
        learn(np.s_[int(row["condition"][1:]), -1], row["observed"])
    return np.array(rows).reshape(-1, table.size), np.array(values)


def recovered(shown: dict, table: np.ndarray) -> list[tuple[int, int]]:
    """Small cells that the equations and x ≥ 0 leave one value only."""
    matrix, values = equations(shown, table)
    found = []
    for row, column in np.argwhere((table > 0) & (table < SMALLEST_SHOWN)):
        cell = np.zeros(table.shape)
        cell[row, column] = 1
        if not len(matrix):
            continue
        low = linprog(cell.ravel(), A_eq=matrix, b_eq=values)
        high = linprog(-cell.ravel(), A_eq=matrix, b_eq=values)
        if high.status == 0 and -high.fun - low.fun < 1:
            found.append((int(row), int(column)))
    return found


@settings(max_examples=30, deadline=None)
@given(TABLES, st.sampled_from([("health_trends",), ("illness_surge",), ("health_trends", "illness_surge")]))
def test_no_small_week_is_recovered_from_totals_sums_and_the_other_section(rows: list[list[int]], sections) -> None:
    table = np.array(rows)
    whole = {"health_trends": trends_of(table), "illness_surge": surge_of(table)}
    shown = suppress_sections({name: whole[name] for name in sections})
    assert recovered(shown, table) == []
    _, values = equations(shown, table)
    assert not ((values > 0) & (values < SMALLEST_SHOWN)).any()


def test_the_attacker_does_recover_cells_when_each_section_is_suppressed_by_itself() -> None:
    table = np.array([[30] * 8, [33] * 8, [3] * 8])
    alone = {
        **suppress_sections({"health_trends": trends_of(table)}),
        "illness_surge": {"conditions": surge_of(table)["conditions"][:2]},
    }
    assert recovered(alone, table) == [(2, column) for column in range(8)]
    assert (
        recovered(suppress_sections({"health_trends": trends_of(table), "illness_surge": surge_of(table)}), table) == []
    )


def test_a_hidden_complement_is_not_given_back_by_its_sum_over_weeks() -> None:
    table = np.full((3, 8), 40)
    table[2, 7] = 3
    table[2, :7] = 25
    shown = suppress_sections({"health_trends": trends_of(table)})["health_trends"]
    last = {row["condition"]: row["count"] for row in shown["weeks"][-1]["conditions"]}
    assert last == {"c0": 40, "c1": None, "c2": None}
    sums = {row["condition"]: (row["recent_count"], row["previous_count"]) for row in shown["trending"]}
    assert sums == {"c0": (160, 160), "c1": (None, 160), "c2": (None, 100)}


@given(st.lists(st.integers(0, 60), min_size=1, max_size=9), st.integers(0, 30))
def test_a_small_month_is_not_the_total_less_the_other_months(counts: list[int], partial: int) -> None:
    total = sum(counts) + partial
    band = {
        "count": total,
        "share": 1.0,
        "share_low": 0.9,
        "share_high": 1.0,
        **dict.fromkeys(("female_count", "male_count", "other_count"), 0),
    }
    shown = suppress_sections(
        {
            "patient_volume": {"history": [{"month": str(at), "count": count} for at, count in enumerate(counts)]},
            "demographics": {"total": total, "age_bands": [band], "sexes": []},
        }
    )
    seen = [row["count"] for row in shown["patient_volume"]["history"]]
    gone = [count for count, at in zip(counts, seen, strict=True) if at is None]
    assert all(at is None or at == 0 or at >= SMALLEST_SHOWN for at in seen)
    if gone and shown["demographics"]["total"] is not None:
        assert len(gone) + (partial > 0) >= 2
    if partial and partial < SMALLEST_SHOWN and any(counts):
        assert gone


@pytest.mark.parametrize("k", [0, 1])
def test_a_smallest_count_below_two_is_refused(k: int) -> None:
    with pytest.raises(InputError, match=f"k is {k}"):
        suppress_sections({}, k)
