"""One validation run as a page: our own HTML, its style inside, nothing from elsewhere.

Belongs here: rows of the database as entries of the report, and the page's headers. Does not belong here: the page
itself (`expectations.report`).
"""

from collections.abc import Sequence
from typing import Any

from core.vocabulary import KahnCategory, Severity
from expectations.report import STYLE_HASH, ValidationEntry, render
from expectations.rules import RuleResult

#: Stricter than the dashboard's: no script at all, and only this very style.
REPORT_HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
}


def report_page(run: Any, others: Sequence[Any]) -> str:
    """Return the page of a run; `others` are runs of its suite, of which those of earlier months make the line."""
    before = [one for one in others if one.month < run.month]
    entries = [_entry(one) for one in sorted(before, key=lambda one: one.month)]
    return render([*entries, _entry(run)], title=f"Validation of {run.suite}, {run.month}")


def _entry(run: Any) -> ValidationEntry:
    rules = tuple(
        RuleResult(
            rule["rule"],
            rule["column"] or "",
            Severity(rule["severity"]),
            KahnCategory(rule["kahn"]),
            rule.get("reason") or "",
            rule["success"],
            rule["failed_rows"],
            rule.get("waived_rows", 0),
        )
        for rule in run.rules
    )
    return ValidationEntry(
        run.suite,
        run.suite_version,
        run.month,
        run.ran_at,
        run.row_count,
        run.failed_row_count,
        run.is_success,
        rules,
    )
