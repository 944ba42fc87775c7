"""Open sessions as this worker knows them: a short memory in front of PostgreSQL.

Belongs here: the principal, and the memory with its rule of trust. Does not belong here: SQL (`repository`).

PostgreSQL is the truth. A worker may remember a session for 5 s, and only while it hears revocations: as soon as its
subscription to Valkey breaks it forgets everything and asks PostgreSQL each time.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from core.vocabulary import Language, Role

REVOKED_CHANNEL = "medisync:revoked"
MEMORY_SECONDS = 5.0
MAX_REMEMBERED = 20_000


@dataclass(frozen=True)
class Principal:
    """Who is asking."""

    user_id: uuid.UUID
    email: str
    display_name: str
    role: Role
    patient_id: str | None
    #: When a role that was proven by a document runs out; None when it does not.
    role_expires_at: datetime | None = None
    #: What the person reads; None: what the browser asks for.
    language: Language | None = None


class Reader(Protocol):
    """Whoever reads: a person, or a program that comes as itself (`app_api.smart`)."""

    @property
    def user_id(self) -> uuid.UUID: ...

    @property
    def role(self) -> str: ...

    @property
    def patient_id(self) -> str | None: ...


@dataclass(frozen=True)
class OpenSession:
    """A session with its person and its two clocks."""

    token_hash: bytes
    principal: Principal
    last_seen_at: datetime
    expires_at: datetime
    #: Of a machine's token: the actions it is confined to.
    scopes: frozenset[str] | None = None
    #: Of a wall screen's token: the one queue it may read.
    queue_id: uuid.UUID | None = None


class SessionBook:
    """Sessions seen in the last seconds, by the hash of their token."""

    def __init__(self) -> None:
        self._remembered: dict[bytes, tuple[float, OpenSession]] = {}
        self._hears_revocations = False
        self._watchers: list[tuple[Callable[[bytes], None], Callable[[uuid.UUID], None]]] = []
        #: Uses that are not written down yet: token hash -> newest moment.
        self._uses: dict[bytes, datetime] = {}
        #: Grows with every revocation: what was read before one may not be remembered after it.
        self.generation = 0

    def watch(self, *, session_ended: Callable[[bytes], None], user_ended: Callable[[uuid.UUID], None]) -> None:
        """Have these called whenever a session, or all of a person's, is revoked here or by another worker."""
        self._watchers.append((session_ended, user_ended))

    def find(self, token_hash: bytes) -> OpenSession | None:
        """Return a remembered session that is fresh enough to be trusted."""
        entry = self._remembered.get(token_hash)
        if entry is None or time.monotonic() - entry[0] > MEMORY_SECONDS:
            return None
        return entry[1]

    def remember(self, session: OpenSession, *, generation: int) -> None:
        """Keep a session read from PostgreSQL when the book stood at `generation`, unless a revocation came since."""
        if not self._hears_revocations or generation != self.generation:
            return
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[session.token_hash] = (time.monotonic(), session)

    def touched(self, token_hash: bytes, moment: datetime) -> None:
        """Note that a session was used at `moment`, to be written down soon; what is remembered gets no fresher."""
        self._uses[token_hash] = moment
        entry = self._remembered.get(token_hash)
        if entry is not None:
            self._remembered[token_hash] = (entry[0], replace(entry[1], last_seen_at=moment))

    def take_uses(self) -> dict[bytes, datetime]:
        """Return what is to be written down, and begin anew."""
        taken, self._uses = self._uses, {}
        return taken

    def put_uses_back(self, uses: dict[bytes, datetime]) -> None:
        """Keep uses that could not be written, unless newer ones came."""
        self._uses = uses | self._uses

    def forget(self, token_hash: bytes) -> None:
        """Forget one session that was ended."""
        self.generation += 1
        self._remembered.pop(token_hash, None)
        self._uses.pop(token_hash, None)
        for session_ended, _ in self._watchers:
            session_ended(token_hash)

    def forget_user(self, user_id: uuid.UUID) -> None:
        """Forget every session of a person whose sessions were ended."""
        self.generation += 1
        theirs = [key for key, (_, session) in self._remembered.items() if session.principal.user_id == user_id]
        for key in theirs:
            del self._remembered[key]
        for _, user_ended in self._watchers:
            user_ended(user_id)

    def drop_user(self, user_id: uuid.UUID) -> None:
        """Read a person's sessions anew the next time: the account changed, the sessions go on."""
        self.generation += 1
        self._remembered = {k: v for k, v in self._remembered.items() if v[1].principal.user_id != user_id}

    @property
    def is_listening(self) -> bool:
        """Whether messages of other workers are heard."""
        return self._hears_revocations

    def listening(self, is_heard: bool) -> None:
        """Say whether revocations by other workers are heard; what was remembered while they were not is dropped."""
        if not is_heard:
            self.generation += 1
            self._remembered.clear()
        self._hears_revocations = is_heard
