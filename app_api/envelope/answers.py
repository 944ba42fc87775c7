"""Idempotency keys and the answers that were given under them.

Belongs here: claiming a key, keeping and finding an answer. Does not belong here: the act that is answered.

The claim is an INSERT: a second request with the same key waits on the unique index until the first has committed, and
then finds its answer; if the first was rolled back, the second goes on as if it were alone.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta

import orjson
from fastapi import Request
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope.errors import KeyReusedError
from core import clock
from core.db.tables import AnsweredKey
from core.sealing_box import Box

KEPT = timedelta(hours=48)


@dataclass(frozen=True)
class Answer:
    """Status, ETag and JSON body (None: no body) of an act."""

    status: int
    etag: str | None
    body: bytes | None


async def fingerprint(request: Request, extra: bytes | None) -> bytes:
    """Return the SHA-256 of what makes a request the same one: method, path, If-Match, and the body's meaning.

    Parameters
    ----------
    extra : bytes, optional
        In place of the body, for uploads.
    """
    body = extra
    if body is None:
        raw = await request.body()
        try:
            body = orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS) if raw else b""
        except orjson.JSONDecodeError:
            body = raw
    digest = hashlib.sha256()
    for part in (request.method, request.url.path, request.headers.get("if-match", "")):
        digest.update(part.encode() + b"\x1f")
    digest.update(body)
    return digest.digest()


async def claim(connection: AsyncConnection, box: Box, *, user_id: uuid.UUID, key: str, hash_: bytes) -> Answer | None:
    """Claim a key for this transaction; return the answer given earlier, or None when the act is still to be done.

    Raises
    ------
    KeyReusedError
        If the key was used for another request.
    """
    query = (
        insert(AnsweredKey)
        .values(user_id=user_id, idempotency_key=key, request_hash=hash_, status=0, answered_at=clock.now())
        .on_conflict_do_nothing()
        .returning(AnsweredKey.status)
    )
    if (await connection.execute(query)).one_or_none() is not None:
        return None
    row = (
        await connection.execute(
            select(AnsweredKey.request_hash, AnsweredKey.status, AnsweredKey.etag, AnsweredKey.body).where(
                AnsweredKey.user_id == user_id, AnsweredKey.idempotency_key == key
            )
        )
    ).one()
    if row.request_hash != hash_:
        raise KeyReusedError("this Idempotency-Key was used for another request")
    body = None if row.body is None else box.open(row.body, bound_to=_bound(user_id, key))
    return Answer(row.status, row.etag, body)


async def keep(connection: AsyncConnection, box: Box, answer: Answer, *, user_id: uuid.UUID, key: str) -> None:
    """Store the answer of the act under its key."""
    sealed = None if answer.body is None else box.seal(answer.body, bound_to=_bound(user_id, key))
    await connection.execute(
        update(AnsweredKey)
        .where(AnsweredKey.user_id == user_id, AnsweredKey.idempotency_key == key)
        .values(status=answer.status, etag=answer.etag, body=sealed)
    )


async def purge(connection: AsyncConnection) -> int:
    """Forget keys that were answered more than two days ago; return how many."""
    return (await connection.execute(delete(AnsweredKey).where(AnsweredKey.answered_at < clock.now() - KEPT))).rowcount


def _bound(user_id: uuid.UUID, key: str) -> str:
    return f"answered_key|{user_id}|{key}|1"
