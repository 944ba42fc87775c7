"""Planted faults: as many as asked for, where the table says, nothing else touched."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from ml.synthetic import Fault, generate_synthetic_data, with_faults

CLEAN = generate_synthetic_data(600)


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_faulty_rows_are_listed_and_all_other_rows_are_untouched(share: float, seed: int) -> None:
    before = CLEAN.copy()
    frame, planted = with_faults(CLEAN, share=share, rng=np.random.default_rng(seed))
    pd.testing.assert_frame_equal(CLEAN, before)
    assert planted["position"].is_unique
    duplicates = planted[planted["fault"] == Fault.DUPLICATE]
    assert len(frame) == len(CLEAN) + len(duplicates)
    clean_rows = np.setdiff1d(np.arange(len(CLEAN)), planted["position"])
    pd.testing.assert_frame_equal(frame.iloc[clean_rows], CLEAN.iloc[clean_rows])
    assert (frame["registration_id"].iloc[planted["position"]].to_numpy() == planted["registration_id"]).all()


def test_each_fault_is_what_its_name_says() -> None:
    frame, planted = with_faults(CLEAN, share=0.5, rng=np.random.default_rng(1))
    rows = {fault: frame.iloc[planted.loc[planted["fault"] == fault, "position"]] for fault in Fault}
    assert all(len(found) > 20 for found in rows.values())
    assert (rows[Fault.AGE_IMPOSSIBLE]["age_years"] == 222).all()
    assert (rows[Fault.TEMPERATURE_FAHRENHEIT]["temperature_c"] > 90).all()
    assert (rows[Fault.REGISTERED_IN_FUTURE]["registered_at"].dt.year > 2100).all()
    assert (rows[Fault.SEX_UNKNOWN_WORD]["sex"] == "fem.").all()
    assert rows[Fault.DUPLICATE]["registration_id"].isin(frame["registration_id"].iloc[: len(CLEAN)]).all()
    assert {str(a) for a in frame.dtypes} == {str(b) for b in CLEAN.dtypes}


def test_about_the_share_asked_for_is_spoilt() -> None:
    _, planted = with_faults(CLEAN, share=0.1, rng=np.random.default_rng(2))
    assert 50 <= len(planted) <= 60  # rows without a temperature cannot hold one in the wrong unit
    _, none = with_faults(CLEAN, share=0, rng=np.random.default_rng(2))
    assert len(none) == 0


def test_a_share_past_one_and_a_missing_column_are_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(InputError, match=r"share is 1\.5"):
        with_faults(CLEAN, share=1.5, rng=rng)
    with pytest.raises(InputError, match="column sex is missing"):
        with_faults(CLEAN.drop(columns="sex"), share=0.1, rng=rng)
