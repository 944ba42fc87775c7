"""The count of an import: what became of every record.

Belongs here: the report, and the counts while a file is read. Does not belong here: what is counted (`reading`).
"""

from collections import Counter
from dataclasses import dataclass, field

from assets.intake.outcomes import OutcomeFile
from expectations.delivery import Delivery


@dataclass(frozen=True)
class ImportReport:
    """What became of every record: read = accepted + quarantined + duplicates. `reasons` counts rows per rule code.

    `is_compared` is False of a dry run without the database: neither the application's registrations nor the contract
    of the source were looked at.
    """

    read: int
    accepted: int
    quarantined: int
    duplicates: int
    reasons: dict[str, int]
    is_compared: bool = True


@dataclass
class Tally:
    """Counts that grow while a file is read, and the hashes seen so far."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    months_read: set[str] = field(default_factory=set)
    #: Month -> keys of the visits of which a version landed, or lies in the application.
    visits: dict[str, set[int]] = field(default_factory=dict)
    #: What the file delivered, column by column; None of formats whose columns a standard fixes.
    delivery: Delivery | None = None
    outcomes: OutcomeFile | None = None

    def report(self, *, is_compared: bool = True) -> ImportReport:
        reasons = dict(sorted(self.reasons.items()))
        return ImportReport(self.read, self.accepted, self.quarantined, self.duplicates, reasons, is_compared)
