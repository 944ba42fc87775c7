"""The model in use, always a verified one: follows the champion, keeps the old one whenever the new one is not right.

Belongs here: polling, verifying, swapping, remembering what is wrong. Does not belong here: the alias's HTTP
(`registry`), moving it (`promotion`), scoring (`ml.release`).
"""

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from core.errors import IntegrityError, MediSyncError
from core.vocabulary import Verdict
from ml.release import Scorer, unpack
from serving.metrics import Metrics
from serving.risk import repository
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

    def __init__(self, engine: AsyncEngine, alias: AliasClient, metrics: Metrics, *, public: bytes) -> None:
        self._engine = engine
        self._alias = alias
        self._metrics = metrics
        self._public = public
        self._loaded: Loaded | None = None
        self._turn = asyncio.Lock()
        self._trouble: str | None = None
        #: A version whose release was missing at the last poll: the pipeline may still be about to write it.
        self._missing: int | None = None
        #: A version that came without an event at the last poll: its event may be about to be committed.
        self._unannounced: int | None = None
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
                if event is not None:
                    await self._take(event.version)
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
                elif version == self.version:
                    self._note(None)
                    await self._check_announced(version)
                else:
                    await self._take(version)
                    await self._check_announced(version)
            except RegistryAwayError:
                self.is_registry_reachable = False
            except IntegrityError as error:
                self._note(f"the champion was refused: {error.message}; version {self.version} stays")
            except MediSyncError as error:
                self._note(f"{error.message}; version {self.version} stays")
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _LOG.warning("model poll failed", extra={"kind": type(error).__name__})

    async def _take(self, version: int) -> None:
        async with self._engine.connect() as connection:
            row = await repository.release(connection, version)
        if row is None:
            if self._missing == version:
                await self._alarm(version, f"version {version} is champion in the registry but was never released")
            self._missing = version
            raise UnknownVersionError(f"version {version} has no release")
        self._missing = None
        if row.verdict == Verdict.REJECT:
            await self._alarm(version, f"version {version} is champion in the registry but the gate rejected it")
            raise IntegrityError(f"the gate rejected version {version}", code="rejected_champion")
        try:
            loaded = await asyncio.to_thread(load, row, public=self._public)
        except IntegrityError as error:
            await self._alarm(version, f"the release of version {version} failed verification: {error.code}")
            raise
        self._loaded = loaded
        self._note(None)
        self._metrics.model_version.set(version)
        _LOG.info("champion loaded", extra={"version": version})

    async def _check_announced(self, version: int) -> None:
        """Record a move of the alias that nobody announced: somebody moved it in the registry itself."""
        async with self._engine.connect() as connection:
            event = await repository.newest_event(connection)
        if event is not None and event.version == version:
            self._unannounced = None
        elif self._unannounced != version:
            self._unannounced = version
        else:
            await self._alarm(version, f"version {version} became champion in the registry, past the gate's record")

    async def _alarm(self, version: int, reason: str) -> None:
        """Log, and add one event for all workers together."""
        _LOG.error("champion moved out of band", extra={"version": version, "reason": reason})
        async with self._engine.begin() as connection:
            await repository.lock_moves(connection)
            if await repository.latest_alarm(connection) == version:
                return
            await repository.add_event(
                connection, version=version, previous=self.version, kind="out_of_band", actor="registry", reason=reason
            )

    def _note(self, trouble: str | None) -> None:
        if trouble and trouble != self._trouble:
            _LOG.warning("model trouble", extra={"trouble": trouble})
        self._trouble = trouble


async def holder_of(connection: HTTPConnection) -> ModelHolder:
    """Return the model holder of the application that this request came to."""
    return connection.app.state.models


Models = Annotated[ModelHolder, Depends(holder_of)]
