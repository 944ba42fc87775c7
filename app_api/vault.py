"""Sealing and opening rows on the web side.

Belongs here: the key ring as a worker knows it, kept true to the table `data_key`. Does not belong here: which columns
are sealed (`core.db.tables`), the form of a sealed row (`core.key_ring`).

Whoever seals holds a shared advisory lock until the commit; switching the current key takes it alone. So no row can be
sealed under the old key after the switch, and a rotation that starts then misses none.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.db.tables import DataKey
from core.key_ring import KeyRing, bound, key_id_of, wrap_new_key
from core.key_store import KEY_LOCK


class Vault:
    """The data keys of this installation, read again whenever an unknown one is met."""

    def __init__(self, master_hex: str) -> None:
        self._master = master_hex
        self._ring: KeyRing | None = None

    async def seal(
        self, connection: AsyncConnection, document: Mapping[str, Any], table: str, *row_id: object
    ) -> dict[str, Any]:
        """Return the columns `sealed` and `key_id` of a row."""
        await connection.execute(select(func.pg_advisory_xact_lock_shared(KEY_LOCK)))
        query = select(DataKey.key_id).where(DataKey.state == "current")
        current = (await connection.execute(query)).scalar_one_or_none()
        if current is None:
            current = await self._make_first(connection)
        ring = self._ring
        if ring is None or current not in ring:
            ring = await self._read(connection)
        ring.current = current
        return {"sealed": ring.seal(document, bound_to=bound(table, *row_id)), "key_id": current}

    async def open(self, connection: AsyncConnection, sealed: bytes, table: str, *row_id: object) -> dict[str, Any]:
        """Return the document of a row.

        Raises
        ------
        IntegrityError
            If it was changed or moved to another row.
        """
        ring = self._ring
        if ring is None or key_id_of(sealed) not in ring:
            ring = await self._read(connection)
        return ring.open(sealed, bound_to=bound(table, *row_id))

    async def _make_first(self, connection: AsyncConnection) -> int:
        await connection.execute(select(func.pg_advisory_xact_lock(KEY_LOCK + 1)))
        query = select(DataKey.key_id).where(DataKey.state == "current")
        there = (await connection.execute(query)).scalar_one_or_none()
        if there is not None:
            return there
        row = {"wrapped": wrap_new_key(self._master), "state": "current", "created_at": clock.now()}
        return (await connection.execute(insert(DataKey).values(**row).returning(DataKey.key_id))).scalar_one()

    async def _read(self, connection: AsyncConnection) -> KeyRing:
        rows = (await connection.execute(select(DataKey.key_id, DataKey.wrapped, DataKey.state))).all()
        current = next(row.key_id for row in rows if row.state == "current")
        # Another transaction of this worker may read at the same time: both make the same ring.
        self._ring = KeyRing(self._master, {row.key_id: row.wrapped for row in rows}, current=current)
        return self._ring
