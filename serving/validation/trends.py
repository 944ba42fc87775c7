"""How rules fared over time, from the runs of the suites: counts and shares, never a value.

Belongs here: pure arithmetic on validation runs. Does not belong here: SQL and HTTP.
"""

from collections.abc import Sequence
from typing import Any, Literal

from serving.validation.schemas import RuleTrend, TrendPoint

#: A change of the failing share by less than this (in points of 1) is no trend.
_STEADY = 0.002


def rule_trends(runs: Sequence[Any]) -> list[RuleTrend]:
    """Return each rule with its failures month by month, the most frequent first.

    Parameters
    ----------
    runs : sequence
        The newest run of each month: `suite`, `month`, `row_count`, `rules`; in any order.
    """
    series: dict[tuple[str, str], list[TrendPoint]] = {}
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for run in sorted(runs, key=lambda one: one.month):
        for rule in run.rules:
            key = (run.suite, rule["rule"])
            failed, waived = rule["failed_rows"], rule.get("waived_rows", 0)
            rate = 1.0 if run.row_count == 0 else 1.0 - min(failed, run.row_count) / run.row_count
            if run.row_count == 0 and not rule["success"]:
                rate = 0.0
            series.setdefault(key, []).append(
                TrendPoint(
                    month=run.month, row_count=run.row_count, failed_rows=failed, waived_rows=waived, pass_rate=rate
                )
            )
            newest[key] = rule
    trends = [
        RuleTrend(
            suite=suite,
            rule=code,
            column=newest[suite, code]["column"] or None,
            severity=newest[suite, code]["severity"],
            kahn=newest[suite, code]["kahn"],
            reason=newest[suite, code].get("reason"),
            failed_rows=sum(point.failed_rows for point in points),
            waived_rows=sum(point.waived_rows for point in points),
            trend=trend_of(points),
            points=points,
        )
        for (suite, code), points in series.items()
    ]
    return sorted(trends, key=lambda one: (-one.failed_rows, one.suite, one.rule))


def trend_of(points: Sequence[TrendPoint]) -> Literal["better", "worse", "steady", "new"]:
    """Say whether the newest month is better or worse than the months before it together; "new" with one month."""
    if len(points) < 2:
        return "new"
    rows = sum(point.row_count for point in points[:-1])
    failed = sum(point.failed_rows for point in points[:-1])
    before = 1.0 if rows == 0 else 1.0 - failed / rows
    change = points[-1].pass_rate - before
    if abs(change) < _STEADY:
        return "steady"
    return "better" if change > 0 else "worse"
