"""What is told beside the rows: which rule did what to which column, and what is not promised.

Belongs here: the words and the shape of the manifest. Does not belong here: writing it (`assets.safe_harbor`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from ml.safe_harbor.extract import ColumnCounts
from ml.safe_harbor.placement import CROSSES, FEWEST_PATIENTS, IDENTIFIERS, MADE, STAYS

METHOD: Final = "45 CFR 164.514(b)(2)"
STATEMENT: Final = (
    f"Built to the method of {METHOD} (Safe Harbor). Whether the organisation has actual knowledge that what is left "
    "could identify somebody, alone or with other information (164.514(b)(2)(ii)), is the organisation's own duty and "
    "is not judged here. Safe Harbor takes identifiers away; it does not bound how few rows share their values: small "
    "cells may be in the extract."
)


def manifest(
    counts: Mapping[str, ColumnCounts],
    *,
    extract_id: str,
    years: Sequence[int],
    patients: int,
    left_out: Mapping[str, int],
    files: Sequence[Mapping[str, Any]],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return the manifest of an extract; nothing in it is finer than a year.

    Parameters
    ----------
    counts : mapping of str to ColumnCounts
        Of each column of `CROSSES`.
    years : sequence of int
        Of the registrations.
    left_out : mapping of str to int
        Reason -> rows.
    files : sequence of mapping
        `name`, `rows`, `sha256` of each.
    versions : mapping of str to str
        Of MediSync and its code.
    """
    return {
        "statement": STATEMENT,
        "extract_id": extract_id,
        **versions,
        "first_year": min(years),
        "last_year": max(years),
        "rows": sum(int(one["rows"]) for one in files),
        "patients": patients,
        "left_out_rows": dict(left_out),
        "fewest_patients_of_a_category": FEWEST_PATIENTS,
        "columns": [
            {"name": one.name, "layer": one.layer, "source": one.source, "rule": one.rule.said, "why": one.why,
             **asdict(counts[one.name])}
            for one in CROSSES
        ],
        "made_columns": dict(MADE),
        "columns_that_stay": dict(STAYS),
        "identifiers": [{"letter": letter, "kind": kind, "treatment": said} for letter, kind, said in IDENTIFIERS],
        "files": [dict(one) for one in files],
    }  # fmt: skip
