"""The published pages in this worker's memory, always ready, renewed when something is published.

Belongs here: the cache and its renewal. Does not belong here: what a page says (`pages`).

A request only looks into a dict. Renewal is driven from outside (`serving.realtime.listener`): by a message, by the
counter `medisync:published`, or by a slow poll while Valkey is away. Which results a page was made from is decided by
PostgreSQL's newest result number, never by a counter that a restart of Valkey may have set back. Other workers take
the bytes from Valkey under that number instead of composing them again.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import redis.asyncio as redis
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.requests import HTTPConnection

from app_api.valkey import Valkey
from core import clock
from core.vocabulary import ANALYTICS_SECTIONS
from ml import small_cells
from serving.analytics import pages as page_rules
from serving.analytics import repository
from serving.analytics.pages import Audience, Page, Published, compose, page_from
from serving.metrics import Metrics

#: Bytes in Valkey outlive their use by this much at most.
SHARED_SECONDS = 3600


@dataclass(frozen=True)
class _Kept:
    """Pages, and the number of the result that each section was made from."""

    results: dict[str, int]
    pages: dict[tuple[str, Audience], Page]


class AnalyticsStore:
    """Ready pages by name and audience."""

    def __init__(self, engine: AsyncEngine, valkey: Valkey, metrics: Metrics, *, is_synthetic: bool) -> None:
        self._engine = engine
        self._valkey = valkey
        self._metrics = metrics
        self._is_synthetic = is_synthetic
        self._pages: dict[tuple[str, Audience], Page] = {}
        self._results: dict[str, int] = {}
        self._newest = -1
        self._renewal = asyncio.Lock()
        self._process_hits = metrics.cache.labels("process")
        #: Bytes made by another version of the rules are other bytes.
        self._rules = _fingerprint()

    def ready(self, name: str, audience: Audience) -> Page | None:
        """Return a page if it is in memory."""
        page = self._pages.get((name, audience))
        if page is not None:
            self._process_hits.inc()
        return page

    async def page(self, name: str, audience: Audience) -> Page:
        """Return a page; only the first request of a worker whose database was away at its start waits for rows."""
        page = self.ready(name, audience)
        if page is None:
            await self.renew()
            return self._pages[name, audience]
        return page

    async def renew(self) -> dict[str, int]:
        """Read what is newest, if it is newer than what is here; return the sections that changed and their numbers.

        The first reading of a worker changes nothing: it has told nobody anything else before.
        """
        async with self._renewal, self._engine.connect() as connection:
            newest = await repository.newest_result_id(connection)
            if newest == self._newest:
                return {}
            kept = await self._shared(newest)
            if kept is None:
                kept = await self._compose(connection)
                await self._share(kept)
            before, is_first = self._results, self._newest < 0
            self._results, self._pages = kept.results, kept.pages
            self._newest = max(kept.results.values(), default=0)
            if is_first:
                return {}
            return {section: number for section, number in kept.results.items() if before.get(section) != number}

    async def _compose(self, connection: AsyncConnection) -> "_Kept":
        rows = [row for row in await repository.newest_of_each(connection) if row.section in ANALYTICS_SECTIONS]
        published = [Published(row.section, row.as_of, row.receipt_id, row.payload, row.published_at) for row in rows]
        self._metrics.cache.labels("database").inc()
        return _Kept(
            results={row.section: row.result_id for row in rows},
            pages=compose(published, is_synthetic=self._is_synthetic, now=clock.now()),
        )

    def _key(self, result_id: int) -> str:
        return f"medisync:pages:{result_id}:{int(self._is_synthetic)}:{self._rules}"

    async def _shared(self, result_id: int) -> "_Kept | None":
        stored = await self._valkey.ask(lambda client: client.get(self._key(result_id)), otherwise=None)
        if stored is None:
            return None
        self._metrics.cache.labels("valkey").inc()
        content = orjson.loads(stored)
        pages = {(name, Audience(audience)): page_from(body.encode()) for name, audience, body in content["pages"]}
        return _Kept(results=content["results"], pages=pages)

    async def _share(self, kept: "_Kept") -> None:
        content: dict[str, Any] = {
            "results": kept.results,
            "pages": [[name, audience.value, page.body.decode()] for (name, audience), page in kept.pages.items()],
        }
        key = self._key(max(kept.results.values(), default=0))

        async def put(client: redis.Redis) -> None:
            await client.set(key, orjson.dumps(content), ex=SHARED_SECONDS)

        await self._valkey.ask(put, otherwise=None)


def _fingerprint() -> str:
    """Return a short hash of the code that composes pages."""
    files = (page_rules.__file__, small_cells.__file__)
    return hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()[:12]


async def store_of(connection: HTTPConnection) -> AnalyticsStore:
    """Return the store of the application that this request came to."""
    return connection.app.state.analytics


Store = Annotated[AnalyticsStore, Depends(store_of)]
