"""A crowd of users in a process of its own: a live socket each, and a page of the dashboard every few seconds.

Belongs here: sending by the clock and noting what came. Does not belong here: what it means (`serving`). Reads one JSON
object from standard input, prints one. Open loop: each request has its moment, and its time counts from that moment,
whatever the answers before it did. How late the crowd itself was is told apart.
"""

import asyncio
import itertools
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import uvloop
import websockets

COOKIE = "__Host-session"


@dataclass
class Notes:
    """What the crowd saw."""

    seconds: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    #: Event number -> moments at which sockets heard of it.
    heard: dict[int, list[float]] = field(default_factory=dict)

    def count(self, status: str) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1


class Line:
    """One keep-alive connection that asks and reads plainly: the client must cost less than the server."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._place, self._port = host, port
        self._head = f"Host: {host}:{port}\r\nCookie: {COOKIE}={token}\r\nAccept-Encoding: gzip\r\n"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def request(self, path: str, body: str | None = None) -> bytes:
        """Return the bytes that ask for a page, or that send JSON from a page of our own."""
        if body is None:
            return f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode()
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n"
        content = body.encode()
        return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content

    async def send(self, request: bytes) -> int:
        """Send a request, read all of the answer, return its status."""
        if self._reader is not None and self._reader.at_eof():
            self.close()  # the server lets go of a connection that rested
        if self._reader is None or self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(self._place, self._port, limit=2**20)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        place = lowered.find(b"content-length:")
        if place >= 0:
            await self._reader.readexactly(int(lowered[place + 15 : lowered.index(b"\r\n", place)]))
        return int(head[9:12])

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


async def listen(url: str, origin: str, token: str, notes: Notes, ready: asyncio.Event | None = None) -> None:
    """Hold a live socket open and note when each event is heard."""
    headers = {"Cookie": f"{COOKIE}={token}", "Origin": origin}
    async with websockets.connect(url, additional_headers=headers, compression=None, proxy=None) as socket:
        if ready is not None:
            ready.set()
        async for message in socket:
            heard = time.monotonic()
            event = json.loads(message)
            if event.get("topic") == "registrations":
                notes.heard.setdefault(event["seq"], []).append(heard)


async def visit(line: Line, requests: list[bytes], first: float, every: float, until: float, notes: Notes) -> None:
    """Send one request each `every` seconds from `first` on."""
    due, number = first, 0
    while due < until:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        sent = time.monotonic()
        try:
            notes.count(str(await asyncio.wait_for(line.send(requests[number % len(requests)]), 10)))
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            notes.count(type(error).__name__)
            line.close()
        notes.late.append(sent - due)
        notes.seconds.append(time.monotonic() - due)
        due, number = due + every, number + 1


async def crowd(wish: dict[str, Any]) -> dict[str, Any]:
    """All users for so many seconds, and now and then a registration whose way to every screen is timed."""
    notes, host, port = Notes(), wish["host"], wish["port"]
    origin, tokens = f"http://{host}:{port}", wish["tokens"]
    gates = [asyncio.Event() for _ in tokens]
    sockets = []
    for token, gate in zip(tokens, gates, strict=True):
        sockets.append(asyncio.create_task(listen(f"ws://{host}:{port}/ws/realtime", origin, token, notes, gate)))
        if len(sockets) % 50 == 0:
            await asyncio.wait_for(asyncio.gather(*(one.wait() for one in gates[: len(sockets)])), 60)
    await asyncio.wait_for(asyncio.gather(*(gate.wait() for gate in gates)), 60)
    lines = [Line(host, port, token) for token in tokens]
    begun = time.monotonic() + 0.5
    until, step = begun + wish["seconds"], wish["every"] / len(tokens)
    visits = [
        asyncio.create_task(
            visit(line, list(map(line.request, wish["pages"])), begun + number * step, wish["every"], until, notes)
        )
        for number, line in enumerate(lines)
    ]
    sent, writer = [], Line(host, port, tokens[0])
    for number in range(wish["registrations"]):
        await asyncio.sleep(
            max(0.0, begun + (number + 1) * wish["seconds"] / (wish["registrations"] + 1) - time.monotonic())
        )
        body = json.dumps({"registration_id": f"crowd-{number}", "patient_id": f"P{number}", "facility": "Main",
                           "condition": "Influenza", "acuity": 3})  # fmt: skip
        at = time.monotonic()
        notes.count(f"post {await writer.send(writer.request('/api/registrations', body))}")
        sent.append((at, time.monotonic()))
    await asyncio.gather(*visits)
    await asyncio.sleep(1.0)
    for task in sockets:
        task.cancel()
    await asyncio.gather(*sockets, return_exceptions=True)
    heard = sorted(notes.heard.items())
    return {
        "seconds": notes.seconds, "late": notes.late, "statuses": notes.statuses, "sockets": len(tokens),
        "on_screen": [max(moments) - at for (at, _), (_, moments) in zip(sent, heard, strict=False)],
        "broadcast": [max(moments) - min(moments) for _, moments in heard],
        "hearers": [len(moments) for _, moments in heard],
    }  # fmt: skip


async def steady(wish: dict[str, Any]) -> dict[str, Any]:
    """Clients that send one body after the other to one address, each by its own clock; the first seconds warm up."""
    lines = [Line(wish["host"], wish["port"], token) for token in wish["tokens"]]
    step = wish["every"] / len(lines)
    for seconds in (wish["warm"], wish["seconds"]):
        notes, begun = Notes(), time.monotonic() + 0.2
        await asyncio.gather(
            *(
                visit(
                    line,
                    [line.request(wish["path"], body) for body in wish["bodies"][number :: len(lines)]],
                    begun + number * step,
                    wish["every"],
                    begun + seconds,
                    notes,
                )
                for number, line in enumerate(lines)
            )
        )
    return {"seconds": notes.seconds, "late": notes.late, "statuses": notes.statuses}


async def press(wish: dict[str, Any]) -> dict[str, Any]:
    """Ask again and again over a few connections, without a pause: a page, or with `bodies` one after the other."""
    lines = [Line(wish["host"], wish["port"], token) for token in wish["tokens"]]
    path, until, seconds = wish["pages"][0], time.monotonic() + wish["seconds"], []

    async def again(line: Line) -> None:
        requests = itertools.cycle([line.request(path, body) for body in wish.get("bodies", [None])])
        while time.monotonic() < until:
            at = time.monotonic()
            if await line.send(next(requests)) != 200:
                raise SystemExit("an answer was not 200")
            seconds.append(time.monotonic() - at)

    await asyncio.gather(*map(again, lines))
    return {"answers": len(seconds), "seconds": seconds}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump(uvloop.run({"crowd": crowd, "press": press, "steady": steady}[given["act"]](given)), sys.stdout)
