"""Engines for the two sides: a synchronous one for the pipeline, an asynchronous one for web workers.

Belongs here: pool sizes, time-outs, error hygiene. Does not belong here: a module-level engine.
"""

import asyncio
import time
from typing import Any

import asyncpg
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_SERVER_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": "4000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "5000",
}
#: A PostgreSQL that was killed is back after about a second: who asks meanwhile waits rather than being refused.
_PATIENCE_SECONDS = 1.5
_ASK_EVERY_SECONDS = 0.05
#: Nobody listens; it listens and is not ready; it went away in the middle.
_COMING_UP = (ConnectionError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError)


class _PatientConnect:
    """Opens connections, and asks again for a moment when the server does not take any.

    The moment is counted from the first refusal of an outage: while it is long, callers are refused at once.
    """

    def __init__(self) -> None:
        self._refused_at: float | None = None

    async def __call__(self, *arguments: Any, **options: Any) -> Any:
        while True:
            try:
                made = await asyncpg.connect(*arguments, **options)
            except _COMING_UP:
                if self._refused_at is None:
                    self._refused_at = time.monotonic()
                if time.monotonic() - self._refused_at > _PATIENCE_SECONDS:
                    raise
                await asyncio.sleep(_ASK_EVERY_SECONDS)
            else:
                self._refused_at = None
                return made


def sync_engine(dsn: str) -> Engine:
    """Return a small pooled psycopg2 engine for the pipeline and the command line (statement limit: none).

    Parameters
    ----------
    dsn : str
        `postgresql+psycopg2://…`
    """
    return create_engine(
        dsn,
        pool_size=2,
        max_overflow=4,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": "-c timezone=UTC", "connect_timeout": 10},
    )


def async_engine(dsn: str, *, pool_size: int = 10) -> AsyncEngine:
    """Return a pooled asyncpg engine for one web worker, with the time-outs of an interactive request.

    Parameters
    ----------
    dsn : str
        `postgresql+asyncpg://…`
    pool_size : int
        Connections kept; as many again may be opened for a moment. A caller waits 2 s for one, then gets a time-out;
        a server that takes no connections is asked again for 1.5 s.
    """
    return create_async_engine(
        dsn,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=2,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "timeout": 5,
            "command_timeout": 10,
            "server_settings": _SERVER_SETTINGS,
            "async_creator_fn": _PatientConnect(),
        },
    )
