"""The open sockets of this worker.

Belongs here: joining, telling, ending. Does not belong here: where events come from (`listener`), HTTP (`router`).

Each socket has a short queue and a writer of its own: one slow screen delays nobody; when its queue is full it is
closed and comes back with `?since`.
"""

import asyncio
import uuid
from dataclasses import dataclass, field

from prometheus_client import Gauge
from starlette.websockets import WebSocket

from serving.realtime.events import Event

QUEUE = 64
#: Close codes: sign in again; too slow, come back; going away, come back.
SIGN_IN, TOO_SLOW, GOING_AWAY = 4401, 1013, 1012


@dataclass(eq=False)
class Seat:
    """One socket: whose it is and what waits for it."""

    socket: WebSocket
    token_hash: bytes
    user_id: uuid.UUID
    is_clinical: bool
    #: Messages with their numbers, or the code to close with.
    queue: asyncio.Queue[tuple[int, str] | int] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    #: The newest number queued.
    told: int = 0
    #: The newest number sent by the replay: what is queued up to it is skipped.
    replayed: int = 0

    def close_soon(self, code: int) -> None:
        """Make the writer close the socket; what still waits to be told is told no more."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(code)


class Hub:
    """All seats of this worker."""

    def __init__(self, gauge: Gauge) -> None:
        self._seats: set[Seat] = set()
        self._gauge = gauge

    def join(self, seat: Seat) -> None:
        self._seats.add(seat)
        self._gauge.set(len(self._seats))

    def leave(self, seat: Seat) -> None:
        self._seats.discard(seat)
        self._gauge.set(len(self._seats))

    def tell(self, event: Event) -> None:
        """Queue an event for every socket."""
        messages = {is_clinical: event.message(is_clinical=is_clinical) for is_clinical in (True, False)}
        for seat in tuple(self._seats):
            if event.seq > seat.told:
                seat.told = event.seq
                self._put(seat, event.seq, messages[seat.is_clinical])

    def tell_resync(self) -> None:
        """Ask every screen to read again: the numbered stream is away."""
        for seat in tuple(self._seats):
            # One past what was replayed, so that the writer doesn't skip it.
            self._put(seat, seat.replayed + 1, resync_message(seat.told))

    def restart(self) -> None:
        """The stream may have begun to count anew."""
        for seat in self._seats:
            seat.told = seat.replayed = 0

    def end_session(self, token_hash: bytes) -> None:
        """Close the sockets of a session that was ended."""
        for seat in self._seats:
            if seat.token_hash == token_hash:
                seat.close_soon(SIGN_IN)

    def end_user(self, user_id: uuid.UUID) -> None:
        """Close the sockets of a person whose sessions were ended."""
        for seat in self._seats:
            if seat.user_id == user_id:
                seat.close_soon(SIGN_IN)

    def close(self) -> None:
        """Tell every screen to come back: the worker goes away."""
        for seat in self._seats:
            seat.close_soon(GOING_AWAY)

    @staticmethod
    def _put(seat: Seat, seq: int, message: str) -> None:
        try:
            seat.queue.put_nowait((seq, message))
        except asyncio.QueueFull:
            seat.close_soon(TOO_SLOW)


def resync_message(seq: int) -> str:
    """Return the message that asks a screen to read everything again by HTTP."""
    return f'{{"seq":{seq},"topic":"resync","data":{{}}}}'
