"""Small frames for the analyses, and one generated hospital."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

from ml.synthetic import Hospital, generate_hospital

Frame = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def hospital() -> Hospital:
    return generate_hospital(patients=20_000, years=4, seed=5, end=date(2026, 10, 31))


@pytest.fixture(scope="session")
def make_frame() -> Frame:
    """Return a maker of validated registrations with the columns that analyses read."""

    def make(registered_at: object, condition: object = "flu", age: object = 40.0, sex: object = "female"):
        index = pd.DatetimeIndex(pd.to_datetime(registered_at, utc=True)).as_unit("us")
        frame = pd.DataFrame({"registered_at": index})
        return frame.assign(
            condition=pd.Series(condition, index=frame.index, dtype="str"),
            age_years=pd.Series(age, index=frame.index, dtype="float64"),
            sex=pd.Series(sex, index=frame.index, dtype="str"),
        )

    return make
