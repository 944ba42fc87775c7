"""No patient and no row's twin is on both sides of a split; what is fitted is fitted on training rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from ml.features import FEATURE_COLUMNS
from ml.risk.config import TrainingConfig
from ml.risk.preprocessing import Prepared, feature_arrays, fit_encoder, prepare
from ml.risk.splitting import row_groups, split_rows


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 12)), min_size=12, max_size=60),
    split=st.sampled_from(["patient", "time"]),
    seed=st.integers(0, 1000),
)
def test_neither_a_patient_nor_a_twin_crosses_a_split(values: list[tuple[int, int]], split: str, seed: int) -> None:
    rows = pd.DataFrame({"value": [value for value, _ in values]})
    owners = np.array([owner for _, owner in values], dtype=np.intp)
    groups, n_identical = row_groups(rows, owners)
    assert n_identical == rows.duplicated().sum()
    moments = (np.datetime64("2026-01-01") + np.arange(len(values))).astype("datetime64[us]")
    try:
        parts = split_rows(groups, moments, TrainingConfig(split=split, seed=seed))
    except InputError:
        return
    sides = [parts.fit, parts.validation, parts.test]
    for left in range(3):
        for right in range(left):
            assert not set(owners[sides[left]]) & set(owners[sides[right]])
            assert not set(rows["value"].iloc[sides[left]]) & set(rows["value"].iloc[sides[right]])


def test_by_time_every_test_row_is_later_than_every_training_row(features: pd.DataFrame) -> None:
    prepared = prepare(features, TrainingConfig(split="time"))
    moments = prepared.rows["registered_at"]
    train = moments.iloc[np.concatenate([prepared.parts.fit, prepared.parts.validation])]
    assert train.max() < moments.iloc[prepared.parts.test].min()


def test_the_parts_have_the_shares_of_the_requirement(prepared: Prepared) -> None:
    patients = [len(np.unique(prepared.patients[part])) for part in vars(prepared.parts).values()]
    total = sum(patients)
    assert patients[2] / total == pytest.approx(0.3, abs=0.02)
    assert patients[1] / (total - patients[2]) == pytest.approx(0.2, abs=0.02)


def test_the_encoder_knows_only_the_training_rows(features: pd.DataFrame, prepared: Prepared) -> None:
    other = prepared.rows.copy()
    outside = np.concatenate([prepared.parts.validation, prepared.parts.test])
    numeric = [name for name in FEATURE_COLUMNS if name != "condition"]
    other.loc[outside, numeric] = 1e6
    other.loc[outside, "condition"] = "Something else"
    arrays = feature_arrays(other)
    fit = prepared.parts.fit
    assert fit_encoder({name: values[fit] for name, values in arrays.items()}) == prepared.encoder
    np.testing.assert_allclose(prepared.matrix[fit].mean(axis=0), 0, atol=1e-4)


def test_preparing_twice_gives_the_same_arrays(features: pd.DataFrame, prepared: Prepared) -> None:
    again = prepare(features, TrainingConfig(epochs=2, trees=30, depth=6))
    np.testing.assert_array_equal(again.matrix, prepared.matrix)
    np.testing.assert_array_equal(again.golden_matrix, prepared.golden_matrix)


def test_no_golden_row_is_anybodys_record(prepared: Prepared) -> None:
    real = {row.tobytes() for row in prepared.matrix}
    assert not any(row.tobytes() in real for row in prepared.golden_matrix)


def test_a_class_without_training_rows_is_named(features: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="high"):
        prepare(features[features["risk_label"] != "high"], TrainingConfig())
