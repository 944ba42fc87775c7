"""What this worker hears through Valkey, and what it does while Valkey is silent.

Belongs here: the subscription, the slow poll beside it, the reaction to each channel. Does not belong here: sockets
(`hub`), the numbered stream (`events`).
"""

import asyncio
import logging
import uuid
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from app_api.identity.context import AppContext
from app_api.identity.session_book import REVOKED_CHANNEL
from app_api.valkey import AWAY
from serving.analytics.store import AnalyticsStore
from serving.realtime import events
from serving.realtime.hub import Hub
from serving.risk.holder import ModelHolder

_LOG = logging.getLogger("medisync.listener")
PUBLISHED_CHANNEL = "medisync:published"
CHAMPION_CHANNEL = "medisync:champion"
_CHANNELS = (PUBLISHED_CHANNEL, REVOKED_CHANNEL, CHAMPION_CHANNEL, events.EVENTS_CHANNEL)
#: How often PostgreSQL is asked whether something was published, whatever Valkey says.
POLL_SECONDS = 5.0
_RETRY_SECONDS = 1.0


class Listener:
    """Keeps this worker up to date."""

    def __init__(self, context: AppContext, store: AnalyticsStore, hub: Hub, models: ModelHolder) -> None:
        self._context = context
        self._store = store
        self._hub = hub
        self._models = models

    async def listen(self) -> None:
        """Hear Valkey for ever; while it is away, sessions are not remembered."""
        while True:
            try:
                await self._hear()
            except AWAY as error:
                _LOG.warning("valkey is away", extra={"kind": type(error).__name__})
            finally:
                self._context.sessions.listening(False)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _hear(self) -> None:
        client = self._context.valkey.listener()
        try:
            async with client.pubsub() as heard:
                await heard.subscribe(*_CHANNELS)
                self._context.sessions.listening(True)
                self._hub.restart()
                await self._renew()
                while True:
                    # The time-out gives the health check its turn: a dead peer is noticed within seconds.
                    message = await heard.get_message(ignore_subscribe_messages=True, timeout=5.0)
                    if message is None:
                        await heard.ping()
                    elif message["type"] == "message":
                        await self._react(message["channel"].decode(), message["data"])
        finally:
            await client.aclose()

    async def _react(self, channel: str, data: bytes) -> None:
        if channel == events.EVENTS_CHANNEL:
            self._hub.tell(events.parse(data))
        elif channel == PUBLISHED_CHANNEL:
            await self._renew()
        elif channel == CHAMPION_CHANNEL:
            await self._models.poll()
        elif channel == REVOKED_CHANNEL:
            self._revoke(data.decode())

    def _revoke(self, what: str) -> None:
        kind, _, value = what.partition(":")
        with suppress(ValueError):
            if kind == "session":
                self._context.sessions.forget(bytes.fromhex(value))
            elif kind == "user":
                self._context.sessions.forget_user(uuid.UUID(value))
            elif kind == "changed":
                self._context.sessions.drop_user(uuid.UUID(value))

    async def poll(self) -> None:
        """Ask PostgreSQL for news for ever, slowly."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            await self._renew()
            if not self._context.sessions.is_listening:
                # No event can reach the screens: they read again, every few seconds, until Valkey is back.
                self._hub.tell_resync()

    async def _renew(self) -> None:
        """Take what was published, and tell the screens which sections are new."""
        try:
            changed = await self._store.renew()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _LOG.warning("cannot read what was published", extra={"kind": type(error).__name__})
            return
        for section, result_id in changed.items():
            await events.relay(self._context.valkey, name=str(result_id), topic="published", data={"section": section})
