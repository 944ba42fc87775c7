"""Structure of raw registrations: as received, in text. This suite blocks; contents are judged by the next.

Belongs here: rules on columns and provenance, which are ours to keep, and warnings on what the source left out.
Does not belong here: ranges and orders (`validated_registrations`), which part single rows and block nothing.
"""

import pandas as pd

from core.vocabulary import RAW_COLUMNS, REQUIRED_COLUMNS, KahnCategory, Severity
from expectations.rules import Rule
from expectations.suites.builders import free_of, has_columns, matches, present

NAME = "raw_registrations"
VERSION = "1.0.0"

#: `source_record` of a record that could not be read begins so; the rest says where it is and what ails it.
UNREADABLE_MARK = "unreadable: "

_RULES = (
    has_columns(RAW_COLUMNS, "columns_missing", "Without its column a fact of the visit is lost unseen.", exact=False),
    present("source", "A row that nobody can trace to its source cannot be corrected there."),
    present("source_record", "A steward must find the very record in the source's file."),
    present("loaded_at", "When a row arrived decides what could be known at a past date."),
    present("content_hash", "Without its hash a row could change after it was received and nobody would notice."),
    matches(
        "content_hash",
        r"^[0-9a-f]{64}$",
        "content_hash_malformed",
        "A malformed hash proves nothing about the row it should seal.",
    ),
    Rule(
        "content_hash_repeated",
        "content_hash",
        Severity.WARNING,
        KahnCategory.PLAUSIBILITY,
        "One visit received twice would be counted twice; it is dropped as a duplicate.",
        "ExpectColumnValuesToBeUnique",
        {"column": "content_hash"},
    ),
    free_of(
        "source_record",
        f"^{UNREADABLE_MARK}",
        "record_unreadable",
        "A record that could not be read is a visit that counts nowhere until it is sent again.",
        severity=Severity.WARNING,
    ),
    *(
        present(
            column,
            f"Visits without {column} are parked; many of them point to a fault at the source.",
            code=f"{column}_blank",
            severity=Severity.WARNING,
        )
        for column in REQUIRED_COLUMNS
    ),
)


def rules(frame: pd.DataFrame) -> tuple[Rule, ...]:
    """Return the rules of the suite; the same for every frame."""
    return _RULES
