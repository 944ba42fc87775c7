"""The data contract: what a source promises to deliver, versioned, and whether a change of it breaks.

Belongs here: the manifest of columns and the difference of two manifests. Does not belong here: rules on rows
(`suites/`) and the mapping of a source (`assets.intake.mapping`).
"""

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from core.errors import RefusedError
from core.vocabulary import REGISTRATION_COLUMNS, REQUIRED_COLUMNS, VALIDATED_DTYPES


class Privacy(StrEnum):
    """What a column says of a person."""

    DIRECT = "direct"
    QUASI = "quasi"
    SENSITIVE = "sensitive"
    SAFE = "safe"


@dataclass(frozen=True)
class ColumnPromise:
    """One column: its type (a pandas dtype name, or `text`), whether every row has it, and its privacy class."""

    name: str
    type: str
    is_required: bool
    privacy: Privacy = Privacy.SAFE


@dataclass(frozen=True)
class DataContract:
    """A named, versioned list of columns; the version is `major.minor` and a breaking change raises the major."""

    name: str
    version: str
    columns: tuple[ColumnPromise, ...]


@dataclass(frozen=True)
class Change:
    """One difference between two contracts, in words, and whether readers of the old one would fail."""

    column: str
    kind: str
    detail: str
    is_breaking: bool


_PRIVACY = {
    "registration_id": Privacy.QUASI,
    "patient_id": Privacy.DIRECT,
    "facility": Privacy.QUASI,
    "registered_at": Privacy.QUASI,
    "recorded_at": Privacy.QUASI,
    "age_years": Privacy.QUASI,
    "sex": Privacy.QUASI,
    "outcome_at": Privacy.QUASI,
}

#: What every registration in MediSync holds; sources are mapped to it.
REGISTRATIONS = DataContract(
    "registrations",
    "1.0",
    tuple(
        ColumnPromise(name, VALIDATED_DTYPES[name], name in REQUIRED_COLUMNS, _PRIVACY.get(name, Privacy.SENSITIVE))
        for name in REGISTRATION_COLUMNS
    ),
)

#: Types that hold every value of another type.
_WIDENINGS = {("Int64", "float64"), ("Int64", "text"), ("float64", "text"), ("str", "text")}


def contract_of(frame: pd.DataFrame, *, name: str, version: str) -> DataContract:
    """Return the contract that a frame keeps as it stands: its columns, their types, and which are never missing.

    Parameters
    ----------
    frame : pandas.DataFrame
    name, version : str
    """
    return DataContract(
        name,
        version,
        tuple(
            ColumnPromise(
                str(column),
                str(frame[column].dtype),
                bool(frame[column].notna().all()) and len(frame) > 0,
                _PRIVACY.get(str(column), Privacy.SENSITIVE),
            )
            for column in frame.columns
        ),
    )


def diff(old: DataContract, new: DataContract) -> tuple[Change, ...]:
    """Return what changes from `old` to `new`, breaking changes first, then by column.

    Notes
    -----
    Breaking: a column gone, a type that does not hold all old values, a column that may now be missing. Not breaking:
    a new column, a wider type, a column that is now always there.
    """
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    changes = [Change(name, "removed", f"{name} is gone", True) for name in before.keys() - after.keys()]
    changes += [Change(name, "added", f"{name} is new", False) for name in after.keys() - before.keys()]
    for name in before.keys() & after.keys():
        changes += _changes_of(before[name], after[name])
    return tuple(sorted(changes, key=lambda change: (not change.is_breaking, change.column, change.kind)))


def _changes_of(old: ColumnPromise, new: ColumnPromise) -> list[Change]:
    changes: list[Change] = []
    if old.type != new.type:
        narrows = (old.type, new.type) not in _WIDENINGS
        changes.append(Change(old.name, "retyped", f"{old.name} was {old.type} and is {new.type}", narrows))
    if old.is_required and not new.is_required:
        changes.append(Change(old.name, "loosened", f"{old.name} was always there and may now be missing", True))
    if new.is_required and not old.is_required:
        changes.append(Change(old.name, "tightened", f"{old.name} is now always there", False))
    if old.privacy is not new.privacy:
        changes.append(Change(old.name, "reclassified", f"{old.name} was {old.privacy} and is {new.privacy}", True))
    return changes


def ensure_compatible(old: DataContract, new: DataContract) -> tuple[Change, ...]:
    """Return the changes when none of them breaks a reader.

    Raises
    ------
    RefusedError
        If one does, unless the major version was raised; lists the breaking changes.
    """
    changes = diff(old, new)
    breaking = [change.detail for change in changes if change.is_breaking]
    if breaking and old.version.split(".")[0] == new.version.split(".")[0]:
        raise RefusedError(
            f"{new.name} {new.version} breaks {old.version}: {'; '.join(breaking)}. Raise the major version, or keep "
            "the old columns",
            code="contract_broken",
        )
    return changes
