"""Data keys for whoever holds the machine: reading them, sealing rows, and rotation while the application runs.

Belongs here: the synchronous side of `data_key`. Does not belong here: the web side (`app_api.vault`), the form of a
sealed row (`core.key_ring`).

A rotation makes a new key current, alone under the lock that every sealing transaction shares, so that nobody seals
under the old one afterwards; then it re-seals rows in small batches. Readers find whichever key a row names, so nothing
stops meanwhile. Tables are found by their columns `sealed` and `key_id`: a new sealed table cannot be forgotten.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    LargeBinary,
    Row,
    Table,
    Update,
    cast,
    column,
    func,
    insert,
    select,
    tuple_,
    update,
    values,
)

from core import clock
from core.db.tables import Base, DataKey
from core.key_ring import KeyRing, bound, wrap_new_key

#: Of `pg_advisory_xact_lock`; `app_api.vault` holds it shared while it seals.
KEY_LOCK = 6_021_023
_BATCH = 500
#: A document of several megabytes stands in one row: a batch ends before it fills the memory.
_BATCH_BYTES = 32 * 1024 * 1024


def read_ring(connection: Connection, master_hex: str) -> KeyRing:
    """Return all keys; the first one is made when there is none."""
    rows = connection.execute(select(DataKey.key_id, DataKey.wrapped, DataKey.state)).all()
    if not rows:
        row = {"wrapped": wrap_new_key(master_hex), "state": "current", "created_at": clock.now()}
        connection.execute(insert(DataKey).values(**row))
        return read_ring(connection, master_hex)
    current = next(row.key_id for row in rows if row.state == "current")
    return KeyRing(master_hex, {row.key_id: row.wrapped for row in rows}, current=current)


def sealed_columns(ring: KeyRing, document: Mapping[str, Any], table: str, *row_id: object) -> dict[str, Any]:
    """Return the columns `sealed` and `key_id` of a row."""
    return {"sealed": ring.seal(document, bound_to=bound(table, *row_id)), "key_id": ring.current}


def sealed_tables() -> list[Table]:
    """Return every table whose rows are sealed."""
    return [table for table in Base.metadata.sorted_tables if {"sealed", "key_id"} <= set(table.columns.keys())]


def rotate(engine: Engine, master_hex: str, told: Callable[[str, int], None] = lambda table, count: None) -> int:
    """Make a new key current and re-seal every row under it; return how many rows were re-sealed.

    Parameters
    ----------
    told : callable, optional
        Called with table and number after each batch.
    """
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(KEY_LOCK)))
        read_ring(connection, master_hex)
        connection.execute(update(DataKey).where(DataKey.state == "current").values(state="retired"))
        row = {"wrapped": wrap_new_key(master_hex), "state": "current", "created_at": clock.now()}
        connection.execute(insert(DataKey).values(**row))
    total = 0
    for table in sealed_tables():
        for count in _reseal(engine, master_hex, table):
            total += count
            told(table.name, count)
    return total


def left_behind(connection: Connection) -> int:
    """Return the number of rows that are not sealed under the current key."""
    current = select(DataKey.key_id).where(DataKey.state == "current").scalar_subquery()
    return sum(
        connection.execute(select(func.count()).select_from(table).where(table.c.key_id != current)).scalar_one()
        for table in sealed_tables()
    )


def _reseal(engine: Engine, master_hex: str, table: Table) -> Iterator[int]:
    ids = list(table.primary_key.columns)
    while True:
        with engine.begin() as connection:
            ring = read_ring(connection, master_hex)
            batch = _batch(connection, table, ids, ring.current)
            query = select(*ids, table.c.sealed).where(table.c.key_id != ring.current, tuple_(*ids).in_(batch))
            # Not the rows' keys: whoever adds a row that refers to one of these need not wait.
            rows = connection.execute(query.order_by(*ids).with_for_update(key_share=True)).all() if batch else []
            if not rows:
                return
            connection.execute(_renewal(table, ids, [_renewed(ring, table.name, row) for row in rows], ring.current))
        yield len(rows)


def _batch(connection: Connection, table: Table, ids: list[Column[Any]], current: int) -> list[tuple[Any, ...]]:
    """Return the ids of the next rows under an older key: so many, or so many bytes, and at least one."""
    query = select(*ids, func.octet_length(table.c.sealed)).where(table.c.key_id != current).order_by(*ids)
    batch: list[tuple[Any, ...]] = []
    size = 0
    for *row_id, length in connection.execute(query.limit(_BATCH)):
        size += length
        if batch and size > _BATCH_BYTES:
            break
        batch.append(tuple(row_id))
    return batch


def _renewed(ring: KeyRing, table: str, row: Row[Any]) -> tuple[Any, ...]:
    """Return a row's id and its document sealed under the current key."""
    *row_id, sealed = row
    where = bound(table, *row_id)
    return *row_id, ring.seal(ring.open(sealed, bound_to=where), bound_to=where)


def _renewal(table: Table, ids: list[Column[Any]], rows: list[tuple[Any, ...]], key_id: int) -> Update:
    """Return one statement that puts what was sealed anew in the place of the old: (id, …, sealed) a row."""
    fresh = values(*(column(one.name, one.type) for one in ids), column("sealed", LargeBinary), name="fresh").data(rows)
    # Parameters in VALUES have no type of their own.
    match = [one == cast(fresh.c[one.name], one.type) for one in ids]
    return update(table).where(*match).values(sealed=cast(fresh.c.sealed, LargeBinary), key_id=key_id)
