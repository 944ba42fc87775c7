"""Moving the champion: the gate's verdict, the alias in the registry and the record, together or not at all.

Belongs here: promote and roll back. Does not belong here: judging a version (the gate does that in the pipeline).

The event is written first, then the alias is moved, then the transaction commits: if MLflow refuses, nothing is
recorded; if the commit fails after the move, the holder sees a champion without an event and says so.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from core.vocabulary import Verdict
from serving.risk import repository
from serving.risk.errors import (
    AlreadyChampionError,
    GateRefusedError,
    NothingToReturnToError,
    UnknownVersionError,
)
from serving.risk.registry import AliasClient

_PROMOTABLE = (Verdict.PROMOTE, Verdict.HOLD)


async def promote(
    connection: AsyncConnection, alias: AliasClient, *, version: int, actor: str, reason: str
) -> int | None:
    """Make a version champion and return the one before it.

    Raises
    ------
    UnknownVersionError, GateRefusedError, AlreadyChampionError, RegistryAwayError
    """
    await repository.lock_moves(connection)
    row = await repository.release_header(connection, version)
    if row is None:
        raise UnknownVersionError(f"version {version} has no release")
    if row.verdict not in _PROMOTABLE:
        raise GateRefusedError(f"the gate says {row.verdict} of version {version}; only PROMOTE and HOLD may serve")
    current = await alias.champion()
    if current == version:
        raise AlreadyChampionError(f"version {version} is the champion")
    await _move(connection, alias, version, current, kind="promote", actor=actor, reason=reason)
    return current


async def bootstrap(connection: AsyncConnection, alias: AliasClient, *, actor: str) -> int | None:
    """Make the newest version with the verdict PROMOTE the first champion; return it, None if there is nothing to do.

    Only where no version ever was champion: from the first one on, people decide.

    Raises
    ------
    RegistryAwayError
    """
    await repository.lock_moves(connection)
    if await repository.newest_event(connection) is not None or await alias.champion() is not None:
        return None
    rows = await repository.releases(connection, before=None, limit=100)
    version = next((row.version for row in rows if row.verdict == Verdict.PROMOTE), None)
    if version is not None:
        reason = "the first version that passed the gate"
        await _move(connection, alias, version, None, kind="bootstrap", actor=actor, reason=reason)
    return version


async def roll_back(connection: AsyncConnection, alias: AliasClient, *, actor: str, reason: str) -> tuple[int, int]:
    """Return to the champion before this one; return (version now, version left).

    Raises
    ------
    NothingToReturnToError, GateRefusedError, RegistryAwayError
    """
    await repository.lock_moves(connection)
    event = await repository.newest_event(connection)
    if event is None or event.previous_version is None:
        raise NothingToReturnToError("there was no champion before this one")
    target = event.previous_version
    row = await repository.release_header(connection, target)
    if row is None or row.verdict not in _PROMOTABLE:
        raise GateRefusedError(f"version {target} may not serve")
    await _move(connection, alias, target, event.version, kind="rollback", actor=actor, reason=reason)
    return target, event.version


async def _move(
    connection: AsyncConnection,
    alias: AliasClient,
    version: int,
    previous: int | None,
    *,
    kind: str,
    actor: str,
    reason: str,
) -> None:
    await repository.add_event(connection, version=version, previous=previous, kind=kind, actor=actor, reason=reason)
    await alias.move(version)
