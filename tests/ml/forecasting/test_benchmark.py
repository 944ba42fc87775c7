"""On real monthly hospital counts the served model beats Theta and seasonal naive, and its intervals hold."""

from pathlib import Path

import pytest

from bench import forecasting as bench

DATA = Path(__file__).parents[4] / "shared" / "data" / "hospital_monthly.csv.gz"


@pytest.mark.skipif(not DATA.exists(), reason=f"the public hospital series are not at {DATA}")
def test_auto_beats_theta_and_seasonal_naive_on_real_hospital_counts_before_the_test_year():
    """A hundred series from month 60: the test year itself is scored by `make bench` only."""
    series = dict(list(bench.read(DATA).items())[:100])
    auto = bench.at_origin(series, 60, "auto")
    error = bench.mean_mase(series, auto, 60)
    assert error < bench.mean_mase(series, bench.at_origin(series, 60, "seasonal_naive"), 60)
    assert error < bench.mean_mase(series, bench.at_origin(series, 60, "theta"), 60)
    cover80, cover95 = bench.coverage(series, auto, 60)
    assert 0.75 <= cover80 <= 0.85
    assert 0.92 <= cover95 <= 0.98
