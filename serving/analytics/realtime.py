"""What happens right now: the registrations of the last 24 hours, counted at most once a second.

Belongs here: the board and its short cache. Does not belong here: the live socket (`serving.realtime`).
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from core import clock
from ml.small_cells import suppress_today
from serving.analytics import repository
from serving.analytics.live_receipt import LiveRows
from serving.analytics.pages import Audience, Page, page_of

#: A thousand screens cost one query in this time.
FRESH_SECONDS = 1.0
_HOURS = 24


class RealtimeBoard:
    """The board as ready bytes, counted again when it is older than a second; callers wait for one count together."""

    def __init__(self, engine: AsyncEngine, *, is_synthetic: bool) -> None:
        self._engine = engine
        self._is_synthetic = is_synthetic
        self._pages: dict[Audience, Page] = {}
        self._counted_at = float("-inf")
        self._count = asyncio.Lock()

    async def page(self, audience: Audience) -> Page:
        """Return the board for an audience."""
        if time.monotonic() - self._counted_at > FRESH_SECONDS:
            async with self._count:
                if time.monotonic() - self._counted_at > FRESH_SECONDS:
                    await self._renew()
        return self._pages[audience]

    async def _renew(self) -> None:
        now = clock.now()
        until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        # 24 bars that end with the hour we are in.
        since = until - timedelta(hours=_HOURS)
        async with self._engine.connect() as connection:
            rows = await repository.last_day(connection, since=since, until=now)
            latest = await repository.latest_registered_at(connection, until=now)
            newest = await repository.newest_seq(connection)
        receipt = LiveRows(since, now, newest).receipt_id
        today = _today(rows, [since + timedelta(hours=hour) for hour in range(_HOURS)])
        for audience in Audience:
            content: dict[str, Any] = {
                "generated_at": clock.iso(now),
                "as_of": clock.iso(now),
                "receipt": receipt,
                "is_synthetic": self._is_synthetic,
                "today": today if audience is Audience.CLINICAL else suppress_today(today),
                "latest_registered_at": None if latest is None else clock.iso(latest),
            }
            self._pages[audience] = page_of(content)
        self._counted_at = time.monotonic()


def _today(rows: Sequence[Row[Any]], hours: list[Any]) -> dict[str, Any]:
    by_hour = {row.hour_start_at: row.registrations for row in rows if row.which == repository.BY_HOUR}
    conditions = [row for row in rows if row.which == repository.BY_CONDITION]
    acuities = {row.acuity: row.registrations for row in rows if row.which == repository.BY_ACUITY}
    return {
        "registrations_count": sum(by_hour.values()),
        "by_hour": [{"hour_start_at": clock.iso(hour), "count": by_hour.get(hour, 0)} for hour in hours],
        "by_condition": [
            {"condition": row.condition, "count": row.registrations}
            for row in sorted(conditions, key=lambda row: (-row.registrations, row.condition or ""))
        ],
        "by_acuity": [
            {"acuity": acuity, "count": acuities[acuity]}
            for acuity in sorted(acuities, key=lambda value: (value is None, value))
        ],
    }


async def board_of(connection: HTTPConnection) -> RealtimeBoard:
    """Return the board of the application that this request came to."""
    return connection.app.state.board


Board = Annotated[RealtimeBoard, Depends(board_of)]
