"""The model in use, always a verified one: follows the champion, keeps the old one whenever the new one is not right.

Belongs here: polling, verifying, swapping, remembering what is wrong. Does not belong here: the alias's HTTP
(`registry`), moving it (`promotion`), scoring (`ml.release`).
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.requests import HTTPConnection

from app_api.envelope import append
from app_api.envelope.audit import Entry
from core.errors import IntegrityError, MediSyncError
from core.vocabulary import Verdict
from ml.release import Scorer, unpack
from serving.metrics import Metrics
from serving.risk import card_repository, repository
from serving.risk.card import standing
from serving.risk.errors import NoModelError, RegistryAwayError, UnknownVersionError
from serving.risk.registry import AliasClient

_LOG = logging.getLogger("medisync.models")
POLL_SECONDS = 10.0


@dataclass(frozen=True)
class Loaded:
    """A verified release that is ready to score."""

    version: int
    scorer: Scorer
    payload_sha256: str
    mlflow_run_id: str
    dagster_run_id: str
    released_at: datetime


def load(row: Row[Any], *, public: bytes) -> Loaded:
    """Verify a release and make its scorer, which replays the golden set. Takes a tenth of a second: call in a thread.

    Raises
    ------
    IntegrityError
        If the bytes do not fit their hash or signature, or the golden set does not come out.
    """
    if hashlib.sha256(row.payload).hexdigest() != row.payload_sha256:
        raise IntegrityError(f"the bytes of version {row.version} do not fit their SHA-256", code="bad_hash")
    bundle = unpack(row.payload, signature=row.signature, public=public)
    return Loaded(
        row.version, Scorer(bundle), row.payload_sha256, row.mlflow_run_id, row.dagster_run_id, row.released_at
    )


class ModelHolder:
    """Holds the champion and swaps it atomically; asked by every assessment, changed by one task."""

    def __init__(
        self,
        engine: AsyncEngine,
        alias: AliasClient,
        metrics: Metrics,
        *,
        public: bytes,
        tell: Callable[[dict[str, Any]], Awaitable[object]],
        needs_four_eyes: bool = False,
    ) -> None:
        self._engine = engine
        self._alias = alias
        self._metrics = metrics
        self._public = public
        self._tell = tell
        self._needs_four_eyes = needs_four_eyes
        self._loaded: Loaded | None = None
        self._turn = asyncio.Lock()
        self._trouble: str | None = None
        #: Version and reason of the alarm that stands: one alarm for one state, however often it is seen.
        self._alarmed: tuple[int, str] | None = None
        self.is_registry_reachable = False

    @property
    def version(self) -> int | None:
        """Version in use."""
        return self._loaded.version if self._loaded else None

    @property
    def champion(self) -> Loaded:
        """The model in use.

        Raises
        ------
        NoModelError
            If none was loaded yet.
        """
        if self._loaded is None:
            raise NoModelError("no risk model is in use yet: train one and make it champion")
        return self._loaded

    def troubles(self) -> list[str]:
        """Say in sentences what is wrong with the model or its registry; empty when nothing is."""
        found = [] if self.is_registry_reachable else ["the model registry is away: the last champion keeps serving"]
        if self._trouble:
            found.append(self._trouble)
        if self._loaded is None and not self._trouble:
            found.append("no risk model is in use yet")
        return found

    async def start(self) -> None:
        """Load the last known champion from the database: no registry is needed to serve it."""
        async with self._turn:
            try:
                async with self._engine.connect() as connection:
                    event = await repository.newest_event(connection)
                    row = await repository.release(connection, event.version) if event is not None else None
                if row is not None:
                    await self._take(row)
            except (SQLAlchemyError, OSError, MediSyncError) as error:
                self._note(f"the last champion could not be loaded ({type(error).__name__})")

    async def follow(self) -> None:
        """Poll the alias for ever."""
        while True:
            await self.poll()
            await asyncio.sleep(POLL_SECONDS)

    async def poll(self) -> None:
        """Look at the alias once and take what it names, if it is right; never raises."""
        async with self._turn:
            try:
                version = await self._alias.champion()
                self.is_registry_reachable = True
                if version is None:
                    self._note("no version is champion in the registry")
                elif version == self.version and version == await self._announced():
                    self._settle()
                else:
                    await self._follow()
            except RegistryAwayError:
                self.is_registry_reachable = False
            except IntegrityError as error:
                self._note(f"the champion was refused: {error.message}; version {self.version} stays")
            except MediSyncError as error:
                self._note(f"{error.message}; version {self.version} stays")
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _LOG.warning("model poll failed", extra={"kind": type(error).__name__})

    async def _announced(self) -> int | None:
        """Return the version of the newest recorded move."""
        async with self._engine.connect() as connection:
            event = await repository.newest_event(connection)
        return event.version if event is not None else None

    async def _settled_move(self) -> tuple[int | None, bool]:
        """Return what the alias names once no move is under way, and whether that is the newest recorded move."""
        async with self._engine.begin() as connection:
            await repository.lock_moves(connection)
            version = await self._alias.champion()
            event = await repository.newest_event(connection)
        return version, event is not None and event.version == version

    async def _follow(self) -> None:
        """Take the version that the alias names, or refuse it: whoever moved it past the record needs the gate's word.

        An announced version was judged when it was promoted. One that nobody announced was moved in the registry
        itself: only a verdict PROMOTE, card included, lets it serve, and never where two people must agree.
        """
        version, is_announced = await self._settled_move()
        if version is None or (is_announced and version == self.version):
            self._settle()
            return
        async with self._engine.connect() as connection:
            row = await repository.release(connection, version)
            signed = await card_repository.newest_statements(connection)
        if row is None:
            await self._alarm(version, f"version {version} is champion in the registry but was never released")
            raise UnknownVersionError(f"version {version} has no release")
        if row.verdict == Verdict.REJECT:
            await self._alarm(version, f"version {version} is champion in the registry but the gate rejected it")
            raise IntegrityError(f"the gate rejected version {version}", code="rejected_champion")
        if not is_announced:
            found = standing(row, signed)
            if found.verdict is not Verdict.PROMOTE or self._needs_four_eyes:
                why = "two people must agree" if found.verdict is Verdict.PROMOTE else f"the gate says {found.verdict}"
                await self._alarm(version, f"version {version} was made champion in the registry itself and {why}")
                raise IntegrityError(f"version {version} was moved past the record and {why}", code="ungated_champion")
        if version != self.version:
            await self._take(row)
        if is_announced:
            self._settle()
        else:
            await self._record(version)
            self._settle()

    async def _record(self, version: int) -> None:
        """Put a move on record that an administrator made in the registry itself, once for all workers, and tell."""
        reason = f"version {version} became champion in the registry itself; the gate says PROMOTE"
        async with self._engine.begin() as connection:
            await repository.lock_moves(connection)
            event = await repository.newest_event(connection)
            if event is not None and event.version == version:
                return
            previous = event.version if event is not None else None
            await repository.add_event(
                connection, version=version, previous=previous, kind="registry", actor="registry", reason=reason
            )
            await _audit(connection, version, outcome="done", reason_code="moved_in_registry")
        _LOG.error("champion moved out of band", extra={"version": version, "reason": reason})
        self._metrics.champion_alarms.inc()
        await self._tell({"version": version, "serving": self.version, "reason": reason})

    async def _take(self, row: Row[Any]) -> None:
        try:
            loaded = await asyncio.to_thread(load, row, public=self._public)
        except IntegrityError as error:
            await self._alarm(row.version, f"the release of version {row.version} failed verification: {error.code}")
            raise
        self._loaded = loaded
        self._note(None)
        self._metrics.model_version.set(row.version)
        _LOG.info("champion loaded", extra={"version": row.version})

    def _settle(self) -> None:
        """The champion serves and its move is on record."""
        self._alarmed = None
        self._note(None)

    async def _alarm(self, version: int, reason: str) -> None:
        """Log, count, tell the screens, and add one event for all workers together; once for each state."""
        if self._alarmed == (version, reason):
            return
        _LOG.error("champion moved out of band", extra={"version": version, "reason": reason})
        self._metrics.champion_alarms.inc()
        async with self._engine.begin() as connection:
            await repository.lock_moves(connection)
            if await repository.latest_alarm(connection) != version:
                await repository.add_event(
                    connection,
                    version=version,
                    previous=self.version,
                    kind=repository.OUT_OF_BAND,
                    actor="registry",
                    reason=reason,
                )
                await _audit(connection, version, outcome="refused", reason_code="moved_past_gate")
        self._alarmed = (version, reason)
        await self._tell({"version": version, "serving": self.version, "reason": reason})

    def _note(self, trouble: str | None) -> None:
        if trouble and trouble != self._trouble:
            _LOG.warning("model trouble", extra={"trouble": trouble})
        self._trouble = trouble


async def _audit(connection: AsyncConnection, version: int, *, outcome: str, reason_code: str) -> None:
    """Put a move that nobody made through the application into the audit, where every other move is."""
    entry = Entry(
        actor_id=None,
        actor_role="registry",
        action="model.move",
        object_kind="model_version",
        object_ids=(str(version),),
        outcome=outcome,
        reason_code=reason_code,
    )
    await append(connection, entry)


async def holder_of(connection: HTTPConnection) -> ModelHolder:
    """Return the model holder of the application that this request came to."""
    return connection.app.state.models


Models = Annotated[ModelHolder, Depends(holder_of)]
