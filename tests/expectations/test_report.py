"""The stewards' report and the data contract."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from core.vocabulary import KahnCategory, Severity
from expectations.contract import (
    ColumnPromise,
    DataContract,
    Privacy,
    diff,
)
from expectations.report import ValidationEntry, render
from expectations.rules import RuleResult

RULES = (
    RuleResult(
        "age_years_out_of_range", "age_years", Severity.CRITICAL, KahnCategory.PLAUSIBILITY, "Months <?>", False, 46
    ),
    RuleResult("acuity_missing", "acuity", Severity.INFO, KahnCategory.COMPLETENESS, "No triage.", False, 7),
    RuleResult("sex_not_in_value_set", "sex", Severity.CRITICAL, KahnCategory.CONFORMANCE, "One word.", True, 0),
)


def entry(day: int, failed: int, rules=RULES) -> ValidationEntry:
    ran_at = datetime(2024, 3, 1, tzinfo=UTC) + timedelta(days=day)
    return ValidationEntry("validated_registrations", "1.0.0", "2024-03", ran_at, 1532, failed, failed == 0, rules)


class Page(HTMLParser):
    """Collects the tags that are open, the text, and every address."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action")]
        if tag not in ("meta", "path", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("path", "polyline"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    assert page.open == []
    return page


def test_the_report_tells_rule_count_class_and_reason_and_needs_no_other_host():
    page = read(render([entry(0, 60), entry(1, 46)]))
    text = " ".join(page.text)
    for word in ("age_years_out_of_range", "46", "plausibility", "Months <?>", "97.00%", "failed", "acuity_missing"):
        assert word in text
    assert page.addresses == []
    assert "script" not in page.tags
    assert "polyline" in page.tags


def test_failed_critical_rules_come_first():
    text = " ".join(read(render([entry(0, 46)])).text)
    assert text.index("age_years_out_of_range") < text.index("acuity_missing") < text.index("sex_not_in_value_set")


def test_a_report_without_runs_says_what_to_do():
    assert "Materialize" in render([])


def test_an_empty_month_passed_whole():
    none = ValidationEntry("raw_registrations", "1.0.0", "2024-03", datetime(2024, 3, 1, tzinfo=UTC), 0, 0, True, ())
    assert none.pass_rate == 1.0
    read(render([none, none]))


OLD = DataContract(
    "visits",
    "1.0",
    (ColumnPromise("id", "str", True), ColumnPromise("age", "Int64", True), ColumnPromise("note", "str", False)),
)


@pytest.mark.parametrize(
    ("columns", "kinds", "is_breaking"),
    [
        (OLD.columns, [], False),
        (OLD.columns[:2], ["removed"], True),
        ((*OLD.columns, ColumnPromise("sex", "str", False)), ["added"], False),
        ((OLD.columns[0], ColumnPromise("age", "float64", True), OLD.columns[2]), ["retyped"], False),
        ((OLD.columns[0], ColumnPromise("age", "str", True), OLD.columns[2]), ["retyped"], True),
        ((OLD.columns[0], ColumnPromise("age", "Int64", False), OLD.columns[2]), ["loosened"], True),
        ((*OLD.columns[:2], ColumnPromise("note", "str", True)), ["tightened"], False),
        ((*OLD.columns[:2], ColumnPromise("note", "str", False, Privacy.SENSITIVE)), ["reclassified"], True),
    ],
)
def test_a_change_breaks_when_a_reader_of_the_old_contract_would_fail(columns, kinds, is_breaking):
    new = DataContract("visits", "1.1", tuple(columns))
    changes = diff(OLD, new)
    assert [change.kind for change in changes] == kinds
    assert any(change.is_breaking for change in changes) == is_breaking
