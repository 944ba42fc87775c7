"""`validate(frame, suite)`: the report of one suite over one frame.

Belongs here: choosing the rules and putting findings together. Does not belong here: parting rows (see `parting`).
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from core.errors import InputError
from core.vocabulary import Severity
from expectations import engine
from expectations.engine import Finding
from expectations.rules import Report, RuleResult, result_of
from expectations.suites import SUITES


def validate(frame: pd.DataFrame, suite: str) -> Report:
    """Hold a frame against a suite.

    Parameters
    ----------
    frame : pandas.DataFrame
        Raw text for `raw_registrations`, typed as `VALIDATED_DTYPES` for `validated_registrations`, features for
        `features_risk`.
    suite : str
        One of `expectations.suites.SUITES`.

    Returns
    -------
    Report
        Counts per rule and the codes per failing row position. No value of the frame.

    Raises
    ------
    InputError
        If there is no such suite.
    IntegrityError
        If a rule could not be evaluated.

    Notes
    -----
    A rule about a column that the frame does not have cannot be evaluated: it counts as broken when it is CRITICAL
    (the table rule on columns says why) and is left out of the report otherwise.
    """
    if suite not in SUITES:
        raise InputError(f"there is no suite {suite!r}; there are {', '.join(SUITES)}", code="unknown_suite")
    definition = SUITES[suite]
    rules = definition.rules(frame)
    present = [rule for rule in rules if engine.columns_of(rule) <= set(frame.columns)]
    absent = [rule for rule in rules if rule not in present and rule.severity is Severity.CRITICAL]
    needed = sorted({column for rule in present for column in engine.columns_of(rule)})
    # Only what the rules look at: the library copies what it is given. Table rules need to see every column's name.
    whole = any(not rule.column for rule in present)
    findings = engine.run(frame if whole else frame[needed], present, name=suite)
    results = [result_of(f.rule, success=f.success, failed_rows=f.failed_rows) for f in findings]
    results += [result_of(rule, success=False, failed_rows=0) for rule in absent]
    return report_of(suite, definition.version, len(frame), results, codes_by_row(findings))


def codes_by_row(findings: Iterable[Finding]) -> dict[int, tuple[str, ...]]:
    """Return row position -> codes of the rules it broke, critical ones first, positions ascending."""
    ordered = sorted(findings, key=lambda finding: finding.rule.severity is not Severity.CRITICAL)
    codes: dict[int, tuple[str, ...]] = {}
    for finding in ordered:
        for position in finding.positions.tolist():
            codes[position] = (*codes.get(position, ()), finding.rule.code)
    return dict(sorted(codes.items()))


def report_of(
    suite: str, version: str, row_count: int, results: Iterable[RuleResult], failed: dict[int, tuple[str, ...]]
) -> Report:
    """Put a report together; a row counts as failed when it broke a CRITICAL rule."""
    rules = tuple(results)
    critical = {result.rule for result in rules if result.severity is Severity.CRITICAL}
    failed_rows = int(np.sum([not critical.isdisjoint(codes) for codes in failed.values()])) if failed else 0
    return Report(
        suite=suite,
        version=version,
        row_count=row_count,
        failed_row_count=failed_rows,
        is_success=all(result.success for result in rules if result.severity is Severity.CRITICAL),
        rules=rules,
        failed=failed,
    )
