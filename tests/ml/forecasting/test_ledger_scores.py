"""The arithmetic of promises kept and broken."""

import pandas as pd
import pytest

from ml.forecasting.ledger import LEAST_SCORED, score_ledger, warnings_of


def _promise(month, *, kind="live", role="served", as_of="2026-01", step=1, mean=10.0, made="2026-02-01", series="all"):
    return {
        "kind": kind, "role": role, "made_at": pd.Timestamp(made, tz="UTC"), "as_of_month": as_of, "series_id": series,
        "step": step, "month": month, "mean": mean, "lo80": 8.0, "hi80": 12.0, "lo95": 6.0, "hi95": 14.0,
        "naive_mean": 16.0, "scale": 4.0, "model": "structural",
    }  # fmt: skip


def _actuals(**counts):
    rows = [("all", month.replace("_", "-").removeprefix("m"), count) for month, count in counts.items()]
    return pd.DataFrame(rows, columns=["series_id", "month", "count"])


def test_a_promise_is_kept_narrowly_kept_broken_or_still_open():
    steps = [
        _promise("2026-02"),
        _promise("2026-03", step=3),
        _promise("2026-04", step=6),
        _promise("2026-05", step=12),
    ]
    ledger = score_ledger(pd.DataFrame(steps), _actuals(m2026_02=11, m2026_03=13, m2026_04=20)).live
    assert ledger.still_open == 1
    assert {row.step: set(row.states) - {"none"} for row in ledger.calendar} == {
        1: {"kept80"}, 3: {"kept95"}, 6: {"broken"}, 12: {"open"},
    }  # fmt: skip
    assert ledger.served.coverage80 == pytest.approx(1 / 3)
    assert ledger.served.coverage95 == pytest.approx(2 / 3)


def test_scores_are_those_of_their_formulas():
    ledger = score_ledger(pd.DataFrame([_promise("2026-02")]), _actuals(m2026_02=13)).live
    assert ledger.served.mase == pytest.approx(3 / 4)
    assert ledger.served.skill == pytest.approx(1 - 3 / 3), "the naive forecast missed by 3 as well"
    interval80, interval95 = 4 + 2 / 0.2 * 1, 8.0
    assert ledger.served.wis == pytest.approx((0.5 * 3 + 0.1 * interval80 + 0.025 * interval95) / 2.5)


def test_replayed_and_live_promises_are_never_pooled():
    steps = pd.DataFrame([_promise("2026-02"), _promise("2026-02", kind="replayed", mean=99.0)])
    ledger = score_ledger(steps, _actuals(m2026_02=10))
    assert (ledger.live.served.scored, ledger.replayed.served.scored) == (1, 1)
    assert ledger.live.served.mase == 0.0
    assert ledger.replayed.served.mase == pytest.approx(89 / 4)


def test_of_two_forecasts_of_one_month_the_first_made_counts():
    steps = pd.DataFrame([_promise("2026-02", mean=10.0, made="2026-02-09"), _promise("2026-02", mean=30.0)])
    assert score_ledger(steps, _actuals(m2026_02=30)).live.served.mase == 0.0


def test_the_baseline_is_compared_on_the_same_promises_only():
    steps = [_promise("2026-02"), _promise("2026-02", series="other"), _promise("2026-02", role="baseline", mean=13.0)]
    ledger = score_ledger(pd.DataFrame(steps), _actuals(m2026_02=10)).live
    assert ledger.baseline.mase == pytest.approx(3 / 4)
    assert ledger.served_beside_baseline.scored == 1


def test_a_ledger_without_promises_is_empty_and_warns_of_nothing():
    ledger = score_ledger(pd.DataFrame([_promise("2026-02")]).iloc[:0], _actuals())
    assert ledger.live.promised == 0
    assert ledger.live.served.coverage80 is None
    assert ledger.live.warnings == ()


def test_coverage_out_of_tolerance_is_warned_of_once_there_are_enough_promises():
    many = pd.DataFrame([_promise("2026-02", series=str(number)) for number in range(LEAST_SCORED)])
    actuals = pd.DataFrame({"series_id": [str(n) for n in range(LEAST_SCORED)], "month": "2026-02", "count": 10})
    total = score_ledger(many, actuals).live.served
    assert len(warnings_of(total)) == 2, "all inside both intervals: too wide is a broken promise as well"
    few = score_ledger(many.head(5), actuals).live.served
    assert warnings_of(few) == []
