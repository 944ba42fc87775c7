"""What became of each parked record, as FHIR R4 OperationOutcomes: one JSON line a record.

Belongs here: the file for whoever sent the records. Does not belong here: judging (`expectations`), the quarantine that
stewards see. An outcome names the place of a record, its rules and why they matter, never a value of it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from core.errors import InputError
from core.vocabulary import Severity
from expectations.rules import Report, RuleResult
from expectations.suites.raw_registrations import UNREADABLE_MARK

#: Where the codes of our rules are at home.
RULES_SYSTEM: Final = "urn:medisync:rules"
#: End of a rule's code -> the issue type that FHIR has for it (http://hl7.org/fhir/R4/valueset-issue-type.html).
_TYPES: Final = {
    "_unreadable": "structure",
    "_missing": "required",
    "_not_in_value_set": "code-invalid",
    "_not_icd10": "code-invalid",
    "_too_long": "too-long",
    "_out_of_range": "value",
    "_not_a_number": "value",
    "_not_an_integer": "value",
    "_not_a_moment": "value",
}
_SEVERITIES: Final = {Severity.CRITICAL: "error", Severity.WARNING: "warning", Severity.INFO: "information"}


class OutcomeFile:
    """A file of outcomes that is there when its import is done, and not before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        try:
            self._file = self._part.open("wb")
        except OSError:
            raise InputError(f"{path} cannot be written; name a file in a folder of yours", code="unwritable") from None

    def add(
        self, report: Report, parked: Sequence[int], *, file: str, records: Sequence[str], ids: Sequence[str]
    ) -> None:
        """Write the outcomes of some parked records.

        Parameters
        ----------
        report : Report
        parked : sequence of int
            Positions in the frame that was judged.
        file : str
            Name of the source.
        records, ids : sequence of str
            Of every row of that frame: its place in the source, and its content hash.
        """
        rules = {rule.rule: rule for rule in report.rules}
        for position in parked:
            place = f"{file}, {records[position].removeprefix(UNREADABLE_MARK)}"
            issues = [_issue(rules[code], place) for code in report.failed[position]]
            outcome = {"resourceType": "OperationOutcome", "id": ids[position], "issue": issues}
            self._file.write(orjson.dumps(outcome) + b"\n")

    def settle(self) -> None:
        """Put the file in its place."""
        self._file.close()
        self._part.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._part.unlink(missing_ok=True)


def _issue(rule: RuleResult, place: str) -> dict[str, Any]:
    ending = next((kind for end, kind in _TYPES.items() if rule.rule.endswith(end)), "business-rule")
    return {
        "severity": _SEVERITIES[rule.severity],
        "code": ending,
        "details": {"coding": [{"system": RULES_SYSTEM, "code": rule.rule}], "text": rule.reason},
        "diagnostics": place,
    }
