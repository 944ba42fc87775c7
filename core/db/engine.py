"""Engines for the two sides: a synchronous one for the pipeline, an asynchronous one for web workers.

Belongs here: pool sizes, time-outs, error hygiene. Does not belong here: a module-level engine.
"""

from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_SERVER_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": "4000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "5000",
}


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
        Connections kept; as many again may be opened for a moment. A caller waits 2 s for one, then gets a time-out.
    """
    return create_async_engine(
        dsn,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=2,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"timeout": 5, "command_timeout": 10, "server_settings": _SERVER_SETTINGS},
    )
