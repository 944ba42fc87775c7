"""Short ways to write the rules that every suite has many of.

Belongs here: builders that turn a column and a limit into a Rule. Does not belong here: a limit or a reason.
"""

from typing import Any

from core.vocabulary import KahnCategory, Severity
from expectations.rules import Rule


def present(column: str, reason: str, *, code: str | None = None, severity: Severity = Severity.CRITICAL) -> Rule:
    """Return the rule that `column` has a value in every row (`<column>_missing`)."""
    return Rule(
        code or f"{column}_missing",
        column,
        severity,
        KahnCategory.COMPLETENESS,
        reason,
        "ExpectColumnValuesToNotBeNull",
        {"column": column},
    )


def between(
    column: str,
    lowest: Any,
    highest: Any,
    reason: str,
    *,
    code: str | None = None,
    severity: Severity = Severity.CRITICAL,
) -> Rule:
    """Return the rule that values of `column` lie in [lowest, highest] (`<column>_out_of_range`); None is open."""
    return Rule(
        code or f"{column}_out_of_range",
        column,
        severity,
        KahnCategory.PLAUSIBILITY,
        reason,
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": lowest, "max_value": highest},
    )


def one_of(column: str, allowed: tuple[str, ...], reason: str) -> Rule:
    """Return the rule that values of `column` are among `allowed` (`<column>_not_in_value_set`)."""
    return Rule(
        f"{column}_not_in_value_set",
        column,
        Severity.CRITICAL,
        KahnCategory.CONFORMANCE,
        reason,
        "ExpectColumnValuesToBeInSet",
        {"column": column, "value_set": list(allowed)},
    )


def matches(column: str, pattern: str, code: str, reason: str, *, severity: Severity = Severity.CRITICAL) -> Rule:
    """Return the rule that values of `column` match a regular expression."""
    return Rule(
        code,
        column,
        severity,
        KahnCategory.CONFORMANCE,
        reason,
        "ExpectColumnValuesToMatchRegex",
        {"column": column, "regex": pattern},
    )


def free_of(column: str, pattern: str, code: str, reason: str, *, severity: Severity = Severity.CRITICAL) -> Rule:
    """Return the rule that no value of `column` matches a regular expression."""
    return Rule(
        code,
        column,
        severity,
        KahnCategory.CONFORMANCE,
        reason,
        "ExpectColumnValuesToNotMatchRegex",
        {"column": column, "regex": pattern},
    )


def ordered(greater: str, smaller: str, code: str, reason: str, *, or_equal: bool = True) -> Rule:
    """Return the rule that `greater` >= `smaller` (or > without `or_equal`) wherever both are known."""
    return Rule(
        code,
        greater,
        Severity.CRITICAL,
        KahnCategory.PLAUSIBILITY,
        reason,
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {
            "column_A": greater,
            "column_B": smaller,
            "or_equal": or_equal,
            "ignore_row_if": "either_value_is_missing",
        },
    )


def has_columns(columns: tuple[str, ...], code: str, reason: str, *, exact: bool) -> Rule:
    """Return the table rule that these columns are there (`exact`: and no others)."""
    return Rule(
        code,
        "",
        Severity.CRITICAL,
        KahnCategory.CONFORMANCE,
        reason,
        "ExpectTableColumnsToMatchSet",
        {"column_set": list(columns), "exact_match": exact},
    )
