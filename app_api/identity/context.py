"""What a request may reach: settings, database, Valkey, the password workshop, open sessions.

Belongs here: the one typed object that the application's lifespan makes and every router reads. Does not belong here:
how its parts work, and anything of analytics or models (`serving/` keeps its own).
"""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from app_api.identity.passwords import PasswordWorkshop
from app_api.identity.session_book import SessionBook
from app_api.identity.throttle import LoginThrottle
from app_api.valkey import Valkey
from app_api.vault import Vault
from core.sealing_box import Box
from core.settings import Settings


@dataclass(frozen=True)
class AppContext:
    """Everything that lives as long as one worker."""

    settings: Settings
    engine: AsyncEngine
    valkey: Valkey
    passwords: PasswordWorkshop
    sessions: SessionBook
    throttle: LoginThrottle
    #: Seals answers kept under an Idempotency-Key.
    answers: Box
    #: Seals and opens rows that name a person.
    vault: Vault
    #: Set after a commit that left news in the outbox.
    outbox_nudge: asyncio.Event = field(default_factory=asyncio.Event)


def context_of(connection: HTTPConnection) -> AppContext:
    """Return the context of the application that this request or socket came to."""
    return connection.app.state.context


def address_of(connection: HTTPConnection) -> str:
    """Return the address that a request comes from; empty where the server does not know it."""
    return connection.client.host if connection.client else ""


def request_id_of(connection: HTTPConnection) -> str | None:
    """Return the id under which the log and the audit know this request."""
    return connection.scope.get("medisync.request_id")


async def _context(connection: HTTPConnection) -> AppContext:
    # Asynchronous though it waits for nothing: FastAPI would send a plain function through a thread, at 0.1 ms each.
    return context_of(connection)


Context = Annotated[AppContext, Depends(_context)]
