"""What a rule is, and what is said of a frame that was held against rules.

Belongs here: the three frozen shapes Rule, RuleResult and Report. Does not belong here: any rule (see `suites/`) and
Great Expectations (see `engine`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.vocabulary import KahnCategory, Severity


@dataclass(frozen=True)
class Rule:
    """One expectation with its meaning.

    Attributes
    ----------
    code : str
        Stable name, lower_snake_case, told to stewards and kept with every parked row.
    column : str
        The column (or the first of a pair) that the rule looks at; empty for a rule about the whole table.
    severity : Severity
        CRITICAL parks the row, WARNING is reported, INFO is noted.
    kahn : KahnCategory
        Class of Kahn et al. 2016.
    reason : str
        One sentence: why this matters to a clinician.
    expectation : str
        Class name in `great_expectations.expectations`; empty when the rule is decided while parsing.
    arguments : Mapping[str, Any]
        Its arguments.
    where_present : str
        Only rows that have a value in this column are looked at; empty for all rows.
    """

    code: str
    column: str
    severity: Severity
    kahn: KahnCategory
    reason: str
    expectation: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    where_present: str = ""


@dataclass(frozen=True)
class RuleResult:
    """What one rule found. Counts only: a result never holds a patient's value."""

    rule: str
    column: str
    severity: Severity
    kahn: KahnCategory
    reason: str
    success: bool
    #: Rows that broke the rule; for a broken rule about the whole table, 0.
    failed_rows: int
    #: Rows that break it by leave of a steward; not among `failed_rows`.
    waived_rows: int = 0


@dataclass(frozen=True)
class Report:
    """One run of one suite over one frame.

    Attributes
    ----------
    failed_row_count : int
        Rows that broke at least one CRITICAL rule.
    is_success : bool
        Whether no CRITICAL rule was broken.
    failed : dict[int, tuple[str, ...]]
        Row position (0-based) -> codes of all rules it broke, critical ones first. INFO rules count rows and name none.
    """

    suite: str
    version: str
    row_count: int
    failed_row_count: int
    is_success: bool
    rules: tuple[RuleResult, ...]
    failed: dict[int, tuple[str, ...]]


def result_of(rule: Rule, *, success: bool, failed_rows: int, waived_rows: int = 0) -> RuleResult:
    """Return the result of `rule` with the rule's own words."""
    return RuleResult(rule.code, rule.column, rule.severity, rule.kahn, rule.reason, success, failed_rows, waived_rows)
