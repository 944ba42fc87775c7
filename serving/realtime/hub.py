"""The open sockets of this worker.

Belongs here: joining, telling, ending. Does not belong here: where events come from (`listener`), HTTP (`router`).

Each socket has a short queue and a writer of its own: one slow screen delays nobody; when its queue is full it is
closed and comes back with `?since`.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from prometheus_client import Gauge
from starlette.websockets import WebSocket

from serving.realtime.events import Event

QUEUE = 64
#: Close codes: sign in again; too many of yours; too slow, come back; going away, come back.
SIGN_IN, TOO_MANY, TOO_SLOW, GOING_AWAY = 4401, 4429, 1013, 1012
#: Sockets of this worker that one session or token, and one person by all of them, may have open at a time.
MOST_OF_SESSION, MOST_OF_PERSON = 10, 20
TOO_MANY_REASON = (
    f"too many live sockets: {MOST_OF_SESSION} of a session or token, {MOST_OF_PERSON} of a person; close one first"
)


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
        #: How many seats each session or token, and each person, has.
        self._counts: Counter[Hashable] = Counter()
        self._gauge = gauge

    def join(self, seat: Seat) -> bool:
        """Take a socket in and return True, unless its session or its person has all the seats they may have."""
        counts = self._counts
        if counts[seat.token_hash] >= MOST_OF_SESSION or counts[seat.user_id] >= MOST_OF_PERSON:
            return False
        self._seats.add(seat)
        counts.update((seat.token_hash, seat.user_id))
        self._gauge.set(len(self._seats))
        return True

    def leave(self, seat: Seat) -> None:
        """Let a socket go that was taken in."""
        self._seats.discard(seat)
        for whose in (seat.token_hash, seat.user_id):
            self._counts[whose] -= 1
            if not self._counts[whose]:
                del self._counts[whose]
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
