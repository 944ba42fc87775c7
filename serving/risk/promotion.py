"""Moving the champion: the gate's verdict, the alias in the registry and the record, together or not at all.

Belongs here: promote, with a second person where that is asked for, and roll back. Does not belong here: judging a
version (the gate does that in the pipeline).

The event is written first, then the alias is moved, then the transaction commits: if MLflow refuses, nothing is
recorded; if the commit fails after the move, the holder sees a champion without an event and says so.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.vocabulary import Verdict
from serving.risk import card_repository, repository
from serving.risk.card import standing
from serving.risk.errors import (
    AlreadyChampionError,
    CardIncompleteError,
    GateRefusedError,
    NothingToReturnToError,
    RequestDecidedError,
    SamePersonError,
    UnknownRequestError,
    UnknownVersionError,
)
from serving.risk.registry import AliasClient

_PROMOTABLE = (Verdict.PROMOTE, Verdict.HOLD)
#: A wish to promote that nobody confirmed in this time is asked for anew.
REQUEST_LIFETIME = timedelta(days=2)


async def promote(
    connection: AsyncConnection, alias: AliasClient, *, version: int, actor: str, reason: str
) -> int | None:
    """Make a version champion and return the one before it.

    Raises
    ------
    UnknownVersionError, GateRefusedError, CardIncompleteError, AlreadyChampionError, RegistryAwayError
    """
    current = await _may_be_promoted(connection, alias, version)
    await _move(connection, alias, version, current, kind="promote", actor=actor, reason=reason)
    return current


async def ask(connection: AsyncConnection, alias: AliasClient, *, version: int, actor: str, reason: str) -> int:
    """Keep the wish to promote a version until a second administrator confirms it; return the request's number.

    Raises
    ------
    UnknownVersionError, GateRefusedError, CardIncompleteError, AlreadyChampionError, RegistryAwayError
    """
    await _may_be_promoted(connection, alias, version)
    return await repository.add_request(connection, version=version, reason=reason, actor=actor)


async def confirm(
    connection: AsyncConnection, alias: AliasClient, *, request_id: int, actor: str
) -> tuple[int, int | None]:
    """Promote what another administrator asked for; return (version now, version before).

    Raises
    ------
    UnknownRequestError, RequestDecidedError, SamePersonError
    UnknownVersionError, GateRefusedError, CardIncompleteError, AlreadyChampionError, RegistryAwayError
    """
    wish = await _open_request(connection, request_id)
    if wish.requested_by == actor:
        raise SamePersonError("whoever asked for a promotion may not confirm it: a second administrator must")
    current = await _may_be_promoted(connection, alias, wish.version)
    await repository.decide_request(connection, request_id, status="confirmed", actor=actor)
    reason = f"{wish.reason} (request {request_id})"
    await _move(connection, alias, wish.version, current, kind="promote", actor=actor, reason=reason)
    return wish.version, current


async def withdraw(connection: AsyncConnection, *, request_id: int, actor: str) -> str:
    """Close a request without a promotion; return `withdrawn` if whoever asked does it, else `refused`.

    Raises
    ------
    UnknownRequestError, RequestDecidedError
    """
    wish = await _open_request(connection, request_id)
    status = "withdrawn" if wish.requested_by == actor else "refused"
    await repository.decide_request(connection, request_id, status=status, actor=actor)
    return status


def is_expired(wish: Row[Any]) -> bool:
    """Say whether nobody decided a request while it could be decided."""
    return wish.status == "open" and clock.now() - wish.requested_at > REQUEST_LIFETIME


async def _open_request(connection: AsyncConnection, request_id: int) -> Row[Any]:
    wish = await repository.request(connection, request_id)
    if wish is None:
        raise UnknownRequestError(f"there is no request {request_id} for a promotion")
    if wish.status != "open":
        raise RequestDecidedError(f"request {request_id} was {wish.status}")
    if is_expired(wish):
        raise RequestDecidedError(f"request {request_id} is older than {REQUEST_LIFETIME.days} days; ask again")
    return wish


async def _may_be_promoted(connection: AsyncConnection, alias: AliasClient, version: int) -> int | None:
    """Return the champion now, holding the lock of moves, if the version may take its place."""
    await repository.lock_moves(connection)
    row = await repository.release_header(connection, version)
    if row is None:
        raise UnknownVersionError(f"version {version} has no release")
    found = standing(row, await card_repository.newest_statements(connection))
    if found.verdict not in _PROMOTABLE:
        raise GateRefusedError(f"the gate says {found.verdict} of version {version}; only PROMOTE and HOLD may serve")
    if found.missing:
        raise CardIncompleteError(f"the card of version {version} is empty at {', '.join(found.missing)}")
    current = await alias.champion()
    if current == version:
        raise AlreadyChampionError(f"version {version} is the champion")
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
    signed = await card_repository.newest_statements(connection)
    version = next((row.version for row in rows if standing(row, signed).verdict == Verdict.PROMOTE), None)
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
