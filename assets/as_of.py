"""The training matrix as it was known at a past moment, made anew from the raw rows.

Belongs here: which rows and decisions were there at that moment, and the matrix with its hash. Does not belong here:
what a feature is (`ml.features`), what parts good rows from bad (`expectations`).

Raw rows are never changed: a correction is another version of a visit with a later `recorded_at`. So the past is the
same function over fewer rows: versions recorded later are left out, outcomes that came later are not known yet,
decisions of stewards taken later are not honoured. The same moment gives the same hash, whatever has come since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from assets import provenance
from assets.features import without_implausible
from assets.partitions import DECIDED, Months, together
from assets.sources import Sources
from ml.features import build_risk_features
from ml.features.columns import LABEL_COLUMN


@dataclass(frozen=True)
class TrainingMatrix:
    """Feature rows whose outcome was known at `as_of`, and what they are recognised by."""

    as_of: datetime
    rows: pd.DataFrame
    sha256: str
    first_month: str
    last_month: str


def training_matrix(
    sources: Sources, *, as_of: datetime, pseudonyms: Callable[[pd.DataFrame], pd.DataFrame]
) -> TrainingMatrix:
    """Make the training matrix as of a moment.

    Parameters
    ----------
    as_of : datetime
        Aware, not in the future.
    pseudonyms : callable
        Replaces `patient_id`, as past raw everywhere.
    """
    validated = validated_as_of(sources, as_of=as_of)
    made: Months = {}
    for month, rows in validated.items():
        known = pseudonyms(rows)
        year_before = str(pd.Period(month, freq="M") - 12)
        earlier = {name: pseudonyms(frame) for name, frame in validated.items() if year_before <= name < month}
        features = build_risk_features(
            without_implausible(known), history=together(earlier) if earlier else known.iloc[:0]
        )
        made[month] = features[features[LABEL_COLUMN].notna()]
    rows = together(made)
    if len(rows):
        rows = rows.sort_values(["registered_at", "registration_id"], kind="stable").reset_index(drop=True)
    months = sorted(validated) or [""]
    return TrainingMatrix(as_of, rows, provenance.frame_hash(rows), months[0], months[-1])


def validated_as_of(sources: Sources, *, as_of: datetime) -> Months:
    """Return the validated rows of every month as they were known at a moment; months without any are left out."""
    # Great Expectations takes seconds to import: only a question about the past pays for it here.
    from expectations import part_months

    last = f"{as_of:%Y-%m}"
    months = {month: sources.read_month(month) for month in sources.months() if month <= last}
    decided = {
        month: sources.ledger.decisions(month, up_to=rows.attrs[DECIDED], as_of=as_of).honoured
        for month, rows in months.items()
    }
    moved = {month: rows for month in months if len(rows := sources.read_elsewhere(month))}
    parted = part_months(months, decisions=decided, elsewhere=moved, as_of=as_of)
    rows = {month: _in_one_order(one.validated) for month, one in parted.items()}
    return {month: frame for month, frame in rows.items() if len(frame)}


def _in_one_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in an order that does not depend on when they came."""
    return rows.sort_values(["registered_at", "registration_id"], kind="stable").reset_index(drop=True)
