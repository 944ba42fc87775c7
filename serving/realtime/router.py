"""The live socket `/ws/realtime`.

Belongs here: who may open it, replay, the life of one socket. Does not belong here: where events come from.
"""

import asyncio
import random
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocketDisconnect, WebSocketState

from app_api import permissions
from app_api.identity.access import find_person
from app_api.identity.context import AppContext, context_of
from app_api.identity.errors import TwoCredentialsError
from app_api.identity.session_book import OpenSession
from serving import background
from serving.guard import is_same_site
from serving.realtime import events
from serving.realtime.hub import GOING_AWAY, SIGN_IN, TOO_MANY, TOO_MANY_REASON, Hub, Seat, resync_message

router = APIRouter()

ACTION = "realtime.listen"
#: The session of an open socket is looked at again this often, besides revocations that are heard.
RECHECK_SECONDS = 30.0
#: Looks in a row that may fail before the socket is told to come back later.
MOST_FAILURES = 3


@router.websocket("/ws/realtime")
async def listen(socket: WebSocket, since: Annotated[int | None, Query(ge=0, le=2**53 - 1)] = None) -> None:
    """Send `{seq, topic, data}`; with `?since=seq` first what was missed.

    Closes with 4401 when the session ends, with 4429 when the session, token or person has too many sockets at this
    worker, and with 1012 (come back) when the worker goes or the database is away.
    """
    if not is_same_site(socket.headers):
        await socket.close()  # before accepting: answers 403
        return
    context = context_of(socket)
    try:
        session = await find_person(context, socket)
    except TwoCredentialsError:
        await socket.close()
        return
    except (SQLAlchemyError, OSError, TimeoutError):
        await socket.accept()
        await socket.close(GOING_AWAY)
        return
    await socket.accept()
    if session is None or not _may_listen(session):
        await socket.close(SIGN_IN)
        return
    hub: Hub = socket.app.state.hub
    seat = Seat(
        socket, session.token_hash, session.principal.user_id, session.principal.role in permissions.CLINICAL_ROLES
    )
    if not hub.join(seat):
        await socket.close(TOO_MANY, TOO_MANY_REASON)
        return
    try:
        await _greet(context, seat, since)
        await _serve(context, seat, session)
    except (WebSocketDisconnect, RuntimeError):
        # The client went away, perhaps while we were writing.
        return
    finally:
        hub.leave(seat)


def _may_listen(session: OpenSession) -> bool:
    is_in_scope = session.scopes is None or ACTION in session.scopes
    return is_in_scope and permissions.allows(session.principal.role, ACTION)


async def _greet(context: AppContext, seat: Seat, since: int | None) -> None:
    """Send what was missed, or say that it is no longer known; then where the stream stands."""
    # Whatever is told while the stream is read waits in the seat's queue and is skipped if it was replayed.
    missed, has_gap, newest = await events.since(context.valkey, 2**53 if since is None else since)
    if since is not None:
        for event in missed:
            await seat.socket.send_text(event.message(is_clinical=seat.is_clinical))
            seat.replayed = event.seq
        if has_gap:
            await seat.socket.send_text(resync_message(newest))
    await seat.socket.send_text(f'{{"seq":{max(newest, seat.replayed)},"topic":"hello","data":{{}}}}')


async def _serve(context: AppContext, seat: Seat, session: OpenSession) -> None:
    """Write until the client leaves, the session ends or the worker goes away."""
    tasks = [
        asyncio.create_task(_write(seat)),
        asyncio.create_task(_read(seat.socket)),
        asyncio.create_task(_recheck(context, seat)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await background.end(*tasks)


async def _write(seat: Seat) -> None:
    while True:
        message = await seat.queue.get()
        if isinstance(message, int):
            if seat.socket.application_state is WebSocketState.CONNECTED:
                await seat.socket.close(message)
            return
        seq, text = message
        if seq > seat.replayed:
            await seat.socket.send_text(text)


async def _read(socket: WebSocket) -> None:
    """Nothing is expected from the client; reading notices that it left."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return


async def _recheck(context: AppContext, seat: Seat) -> None:
    failures = 0
    while True:
        # Not all at one moment: a thousand screens that came together would come together each time.
        await asyncio.sleep(RECHECK_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311
        try:
            session = await find_person(context, seat.socket, is_use=False)
        except (SQLAlchemyError, OSError, TimeoutError):
            # A database that is away for a moment ends no socket; revocations are heard beside it.
            failures += 1
            if failures >= MOST_FAILURES:
                seat.close_soon(GOING_AWAY)
                return
            continue
        failures = 0
        if session is None or not _may_listen(session):
            seat.close_soon(SIGN_IN)
            return
