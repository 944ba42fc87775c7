"""The contract of each source: what it delivered before, and whether a new file keeps to it.

Belongs here: keeping versions, comparing a delivery, the refusal with its diff. Does not belong here: what breaks
(`expectations.contract`) and what is gathered from a file (`expectations.delivery`).
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from assets.intake.mapping import Mapping
from core import clock
from core.db.tables import SourceContract
from core.errors import RefusedError
from expectations.contract import Change, ColumnPromise, DataContract, Privacy, diff
from expectations.delivery import Delivery, continued

_DATED = re.compile(r"[-_ .]?\d[\d\-_ ]*")


@dataclass(frozen=True)
class Verdict:
    """What comes of a delivery: the contract as it now stands, what changed, whether it is a version of its own."""

    contract: DataContract
    changes: tuple[Change, ...]
    is_new: bool

    @property
    def breaking(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.is_breaking)


def contract_name(source: str) -> str:
    """Return the name under which a source's contract is kept: `ward-2026-03.csv` and the next month's are one.

    Examples
    --------
    >>> contract_name("ward-2026-03.csv")
    'ward.csv'
    """
    return _DATED.sub("", source) or source


def delivery_of(mapping: Mapping) -> Delivery:
    """Return an empty delivery of a source, for the columns that the mapping reads."""
    fills: dict[str, list[str]] = {}
    units: dict[str, str | None] = {}
    for ours, rule in mapping.columns.items():
        if rule.source is not None:
            fills.setdefault(rule.source, []).append(ours)
            units[rule.source] = rule.unit
    return Delivery({name: tuple(ours) for name, ours in fills.items()}, units)


def newest_contract(connection: Connection, name: str) -> DataContract | None:
    """Return the contract that a source keeps to now."""
    query = (
        select(SourceContract.version, SourceContract.columns)
        .where(SourceContract.source == name, SourceContract.verdict == "accepted")
        .order_by(SourceContract.contract_seq.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return DataContract(name, row.version, tuple(_column(one) for one in row.columns))


def compare(old: DataContract | None, delivered: DataContract, *, used: Sequence[str] | None = None) -> Verdict:
    """Hold a delivery against the contract.

    Parameters
    ----------
    used : sequence of str, optional
        Source columns that the mapping reads: only of these may a change break; nobody misses another one.
    """
    if old is None:
        return Verdict(replace(delivered, version="1.0"), (), True)
    new = continued(old, delivered)
    changes = tuple(
        replace(change, is_breaking=change.is_breaking and (used is None or change.column in used))
        for change in diff(old, new)
    )
    major, minor = map(int, old.version.split("."))
    is_breaking = any(change.is_breaking for change in changes)
    version = f"{major + 1}.0" if is_breaking else f"{major}.{minor + 1}" if changes else old.version
    known = {column.name: column for column in old.columns}
    columns = tuple(_with_words(known.get(column.name), column, is_breaking) for column in new.columns)
    return Verdict(DataContract(new.name, version, columns), changes, bool(changes))


def _with_words(old: ColumnPromise | None, new: ColumnPromise, is_breaking: bool) -> ColumnPromise:
    if old is None or old.values is None or new.values is None or is_breaking:
        return new
    return replace(new, values=tuple(sorted({*old.values, *new.values})))


def refuse(verdict: Verdict, old: DataContract, *, file_name: str) -> RefusedError:
    """Return the error that names what broke, column by column."""
    told = "; ".join(change.detail for change in verdict.breaking)
    return RefusedError(
        f"{file_name} breaks contract {old.name} {old.version}: {told}; nothing was imported. Mend the file or its "
        "mapping, or accept the change with --accept-contract REASON",
        code="contract_broken",
    )


def record(
    target: Connection | Engine, verdict: Verdict, *, outcome: str, file_name: str, file_sha256: str, reason: str | None
) -> None:
    """Write a version of a contract, or a refusal, beside those before it."""
    row = {
        "source": verdict.contract.name,
        "version": verdict.contract.version,
        "verdict": outcome,
        "columns": columns_told(verdict.contract),
        "changes": [asdict(change) for change in verdict.changes],
        "file_name": file_name,
        "file_sha256": file_sha256,
        "reason": reason,
        "noted_at": clock.now(),
    }
    if isinstance(target, Engine):
        with target.begin() as connection:
            connection.execute(insert(SourceContract).values(**row))
    else:
        target.execute(insert(SourceContract).values(**row))


def columns_told(contract: DataContract) -> list[dict[str, Any]]:
    """Return a contract's columns as plain JSON."""
    return [
        {
            "name": column.name,
            "type": column.type,
            "unit": column.unit,
            "values": list(column.values) if column.values is not None else None,
            "is_required": column.is_required,
            "typical": column.typical,
        }
        for column in contract.columns
    ]


def _column(told: dict[str, Any]) -> ColumnPromise:
    values = told.get("values")
    return ColumnPromise(
        told["name"],
        told["type"],
        told["is_required"],
        Privacy.SENSITIVE,
        told.get("unit"),
        tuple(values) if values is not None else None,
        told.get("typical"),
    )
