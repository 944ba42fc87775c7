"""One hospital for the tests of the generator: large enough for shares, small enough for seconds."""

from datetime import date

import pytest

from ml.synthetic import Hospital, generate_hospital


@pytest.fixture(scope="session")
def hospital() -> Hospital:
    return generate_hospital(patients=30_000, years=4, seed=5, end=date(2026, 10, 31))
