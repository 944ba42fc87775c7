"""The data contract: what a source promises to deliver, versioned, and whether a change of it breaks.

Belongs here: the manifest of columns and the difference of two manifests. Does not belong here: rules on rows
(`suites/`) and the mapping of a source (`assets.intake.mapping`).
"""

from dataclasses import dataclass
from enum import StrEnum


class Privacy(StrEnum):
    """What a column says of a person."""

    DIRECT = "direct"
    QUASI = "quasi"
    SENSITIVE = "sensitive"
    SAFE = "safe"


@dataclass(frozen=True)
class ColumnPromise:
    """One column: its type (a pandas dtype name; of a source's column `text`, `number`, `date`, `empty`, or `few` where
    too few cells were filled to tell), whether every row has it, its privacy class; of a source's column also the unit
    that its mapping tells, the words it uses, its typical value."""

    name: str
    type: str
    is_required: bool
    privacy: Privacy = Privacy.SAFE
    unit: str | None = None
    values: tuple[str, ...] | None = None
    #: Median of a vital sign, to notice another unit by; None where there is nothing to notice.
    typical: float | None = None


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


#: Medians of a vital sign further apart than this are in different units (°F is 2.6 times °C, kPa a seventh of mmHg).
_SCALE = 2.0

#: Types that hold every value of another type.
_WIDENINGS = {("Int64", "float64"), ("Int64", "text"), ("float64", "text"), ("str", "text")}


def diff(old: DataContract, new: DataContract) -> tuple[Change, ...]:
    """Return what changes from `old` to `new`, breaking changes first, then by column.

    Notes
    -----
    Breaking: a column gone or emptied, a type that does not hold all old values, a column that may now be missing,
    another privacy class, another unit (told, or noticed by the typical value), words of which none was known. Not
    breaking: a new column, one filled or understood for the first time, a wider type, a column that is now always
    there, words besides the known ones.
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
    if old.type == "few" and new.type != "few":
        changes.append(Change(old.name, "learned", f"{old.name} holds enough to see that it is {new.type}", False))
    elif old.type == "empty" and new.type != "empty":
        changes.append(Change(old.name, "filled", f"{old.name} was always empty and holds values now", False))
    elif new.type == "empty" and old.type != "empty":
        changes.append(Change(old.name, "emptied", f"{old.name} held values and is empty in every row", True))
    elif old.type != new.type:
        narrows = (old.type, new.type) not in _WIDENINGS
        changes.append(Change(old.name, "retyped", f"{old.name} was {old.type} and is {new.type}", narrows))
    if old.is_required and not new.is_required:
        changes.append(Change(old.name, "loosened", f"{old.name} was always there and may now be missing", True))
    if new.is_required and not old.is_required:
        changes.append(Change(old.name, "tightened", f"{old.name} is now always there", False))
    if old.privacy is not new.privacy:
        changes.append(Change(old.name, "reclassified", f"{old.name} was {old.privacy} and is {new.privacy}", True))
    if old.unit != new.unit:
        was, now = old.unit or "our own", new.unit or "our own"
        changes.append(Change(old.name, "unit_changed", f"{old.name} was in {was} and is in {now} units", True))
    elif old.typical and new.typical and not 1 / _SCALE < new.typical / old.typical < _SCALE:
        detail = f"{old.name} was typically {old.typical:.3g} and is {new.typical:.3g}: another unit"
        changes.append(Change(old.name, "unit_changed", detail, True))
    return changes + _recoded(old, new)


def _recoded(old: ColumnPromise, new: ColumnPromise) -> list[Change]:
    """Of words: breaking when none of the new delivery's words was known, for then the column means something else."""
    if old.values is None or new.values is None:
        return []
    fresh = sorted(set(new.values) - set(old.values))
    if not fresh:
        return []
    told = ", ".join(repr(word) for word in fresh[:8])
    is_other = bool(old.values) and not set(new.values) & set(old.values)
    kind = "recoded" if is_other else "extended"
    return [Change(old.name, kind, f"{old.name} uses words that were not known: {told}", is_other)]
