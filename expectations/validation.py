"""`validate(frame, suite)`: the report of one suite over one frame.

Belongs here: choosing the rules and putting findings together. Does not belong here: parting rows (see `parting`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from core.errors import InputError
from core.vocabulary import Severity
from expectations import engine
from expectations.decisions import Waivers
from expectations.engine import Finding
from expectations.rules import Report, Rule, RuleResult, result_of
from expectations.suites import SUITES

#: Tells the parts of one run apart; only there while rules run.
_PART = "part_number"
_UNIQUE = "ExpectColumnValuesToBeUnique"


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
    return validate_parts([frame], suite)[0]


def validate_parts(
    parts: Sequence[pd.DataFrame], suite: str, *, waivers: Sequence[Waivers] | None = None
) -> list[Report]:
    """Hold several frames of one shape (months) against a suite, each for itself, in one run of the engine.

    A run costs half a second of CPU however few the rows (measured): seventy months in one run cost what one does.
    A rule that values be unique means unique within each part. `waivers`, one mapping a part, lets rows break rules by
    leave of a steward: they are counted apart and fail nothing. See `validate` for the rest.
    """
    if suite not in SUITES:
        raise InputError(f"there is no suite {suite!r}; there are {', '.join(SUITES)}", code="unknown_suite")
    definition = SUITES[suite]
    frame = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    rules = definition.rules(frame)
    present = [rule for rule in rules if engine.columns_of(rule) <= set(frame.columns)]
    order = {rule.code: place for place, rule in enumerate(present)}
    absent = [rule for rule in rules if rule not in present and rule.severity is Severity.CRITICAL]
    bounds = np.cumsum([0, *map(len, parts)])
    unique = [rule for rule in present if rule.expectation == _UNIQUE] if len(parts) > 1 else []
    others = [rule for rule in present if rule not in unique]
    findings = list(engine.run(frame, others, name=suite))
    if unique:
        # A run of its own: the column that tells the parts apart must not meet a rule about the frame's columns.
        numbered = frame.assign(**{_PART: np.repeat(np.arange(len(parts)), np.diff(bounds))})
        findings += engine.run(numbered, [_unique_within_part(rule) for rule in unique], name=suite)
    findings.sort(key=lambda finding: order[finding.rule.code])
    broken = [result_of(rule, success=False, failed_rows=0) for rule in absent]
    reports: list[Report] = []
    for number, (start, end) in enumerate(pairwise(bounds.tolist())):
        found = [_within(finding, start, end) for finding in findings]
        own = [_without_waived(finding, parts[number], waivers[number] if waivers else {}) for finding in found]
        results = [
            result_of(f.rule, success=f.success, failed_rows=f.failed_rows, waived_rows=b.failed_rows - f.failed_rows)
            for b, f in zip(found, own, strict=True)
        ]
        reports.append(report_of(suite, definition.version, end - start, [*results, *broken], codes_by_row(own)))
    return reports


def _unique_within_part(rule: Rule) -> Rule:
    arguments = {"column_list": [rule.arguments["column"], _PART]}
    return replace(rule, expectation="ExpectCompoundColumnsToBeUnique", arguments=arguments)


def _within(finding: Finding, start: int, end: int) -> Finding:
    """Return what a rule found in rows `start` to `end`; a broken rule about the table is broken in every part."""
    if not finding.positions.size:
        return finding
    mine = finding.positions[(finding.positions >= start) & (finding.positions < end)] - start
    return Finding(finding.rule, finding.success or not mine.size, len(mine), mine)


def _without_waived(finding: Finding, part: pd.DataFrame, waivers: Waivers) -> Finding:
    """Return the finding without the rows that may break this rule."""
    free = {content for content, codes in waivers.items() if finding.rule.code in codes}
    if not free or not finding.positions.size:
        return finding
    left = finding.positions[~part["content_hash"].iloc[finding.positions].isin(free).to_numpy()]
    return Finding(finding.rule, not left.size, len(left), left)


def codes_by_row(findings: Iterable[Finding]) -> dict[int, tuple[str, ...]]:
    """Return row position -> codes of the rules it broke, critical ones first, positions ascending."""
    named = [finding for finding in findings if finding.rule.severity is not Severity.INFO]
    ordered = sorted(named, key=lambda finding: finding.rule.severity is not Severity.CRITICAL)
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
