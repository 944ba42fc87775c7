"""MLLP: HL7 v2 messages over TCP, acknowledged only when they are landed and committed.

Belongs here: frames, acknowledgements, the batching of messages into one import. Does not belong here: what a message
says (`hl7_reader`) and landing it (`importing`).

A frame is 0x0B, the message, 0x1C 0x0D. Every message gets an ACK with MSA: AA when it is committed (also when it is
parked: it was taken), AE when it could not be taken now (send it again), AR when it is no message that could ever be
taken. Messages that wait while an import runs become the next import: one commit, many acknowledgements. A sender that
gets no ACK sends again, and a message taken twice is a duplicate, so a restart loses nothing.
"""

import asyncio
import contextlib
import logging
import re
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from assets.intake.importing import import_file
from core import clock
from core.errors import ConflictError, InputError, MediSyncError
from core.ids import new_uuid
from core.settings import Settings

START, END = b"\x0b", b"\x1c\x0d"
#: A real ADT message has a few kilobytes; a frame past this is refused and its connection closed.
LARGEST_FRAME = 1024 * 1024
MOST_IN_BATCH = 500
#: Silence in the middle of a frame after which the sender is taken for gone.
PATIENCE_S = 30.0
_TRIES, _PAUSE_S = 20, 0.25
_LOG = logging.getLogger("medisync.mllp")
_HEADER = re.compile(rb"MSH(.)(.)(.)?")


class FrameError(InputError):
    """Bytes that are no frame; the message says what is wrong and quotes nothing."""

    code = "bad_frame"


@dataclass(frozen=True)
class Ack:
    """What a sender is told."""

    code: str
    words: str


class Frames:
    """Cuts a stream of bytes into frames; what stands between frames is counted and dropped."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.garbage = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the content of each frame.

        Raises
        ------
        FrameError
            On a frame that is too large, that stops in the middle, or within which another begins.
        """
        rest = b""
        while True:
            begin = rest.find(START)
            if begin < 0:
                self.garbage += len(rest)
                rest = await self._reader.read(65536)
                if not rest:
                    return
                continue
            self.garbage += begin
            rest = rest[begin + 1 :]
            while (end := rest.find(END)) < 0:
                if len(rest) > LARGEST_FRAME:
                    raise FrameError(f"a frame of more than {LARGEST_FRAME:,} bytes")
                try:
                    more = await asyncio.wait_for(self._reader.read(65536), PATIENCE_S)
                except TimeoutError:
                    raise FrameError(f"no byte for {PATIENCE_S:g} s in the middle of a frame") from None
                if not more:
                    raise FrameError("the connection ended in the middle of a frame")
                rest += more
            if end > LARGEST_FRAME:
                raise FrameError(f"a frame of more than {LARGEST_FRAME:,} bytes")
            frame, rest = rest[:end], rest[end + len(END) :]
            if START in frame:
                raise FrameError("a frame begins within another")
            yield frame


def acknowledge(message: bytes, ack: Ack) -> bytes:
    """Return the framed ACK of a message, in the message's own delimiters and character set."""
    header = message.split(b"\r", 1)[0].split(b"\n", 1)[0]
    separator = header[3:4] if _HEADER.match(header) else b"|"
    fields = header.split(separator)
    field = {number: fields[number - 1] if len(fields) >= number else b"" for number in range(1, 19)}
    event = field[9].split(b"^")[1:2] if field[9] else []
    kind = b"ACK" + (b"^" + event[0] + b"^ACK" if event and re.fullmatch(rb"[A-Z]\d\d", event[0]) else b"")
    stamp = clock.now().strftime("%Y%m%d%H%M%S+0000").encode()
    control = f"MS{new_uuid().hex[:18]}".encode()
    encoding = field[2] or b"^~\\&"
    msh = separator.join(
        [b"MSH", encoding, field[5], field[6], field[3], field[4], stamp, b"", kind, control, field[11] or b"P",
         field[12] or b"2.5.1"]
    )  # fmt: skip
    msa = separator.join([b"MSA", ack.code.encode(), field[10], ack.words.encode("ascii", "replace")])
    return START + msh + b"\r" + msa + b"\r" + END


class Listener:
    """Takes messages from any number of connections and lands them in batches."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: asyncio.Queue[tuple[bytes, asyncio.Future[Ack]]] = asyncio.Queue(maxsize=4 * MOST_IN_BATCH)
        self._server: asyncio.Server | None = None
        self._lander: asyncio.Task[None] | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.taken = 0
        self.refused = 0

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port."""
        self._lander = asyncio.create_task(self._land_forever())
        self._server = await asyncio.start_server(self._converse, host, port)
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Take no more, close the connections; what was not acknowledged is sent again by its sender."""
        if self._server is not None:
            self._server.close()
        for task in [*self._open, *([self._lander] if self._lander else [])]:
            task.cancel()
        await asyncio.gather(*self._open, *([self._lander] if self._lander else []), return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        frames = Frames(reader)
        try:
            async for frame in frames:
                ack = await self._answer(frame)
                writer.write(acknowledge(frame, ack))
                await writer.drain()
        except FrameError as error:
            self.refused += 1
            _LOG.warning("refused", extra={"fault": error.message})
            with contextlib.suppress(OSError):
                writer.write(acknowledge(b"", Ack("AR", error.message)))
                await writer.drain()
        except OSError:
            _LOG.info("a sender went away")
        finally:
            self._open.discard(task)
            if frames.garbage:
                _LOG.warning("bytes outside frames were dropped", extra={"bytes": frames.garbage})
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, frame: bytes) -> Ack:
        if not _HEADER.match(frame):
            self.refused += 1
            return Ack("AR", "no MSH segment in front")
        if b"\0" in frame:
            self.refused += 1
            return Ack("AR", "a NUL byte, which no text has")
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        await self._waiting.put((_in_utf8(frame), answer))
        return await answer

    async def _land_forever(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < MOST_IN_BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                acks = await asyncio.to_thread(self._land_all, [frame for frame, _ in batch])
            except asyncio.CancelledError:
                raise
            except Exception as error:  # a listener that dies silently would be worse
                _LOG.error("a batch was not taken", extra={"error": type(error).__name__})
                acks = [Ack("AE", "not taken; send it again")] * len(batch)
            self.taken += sum(ack.code == "AA" for ack in acks)
            for (_, answer), ack in zip(batch, acks, strict=True):
                if not answer.done():
                    answer.set_result(ack)

    def _land_all(self, frames: list[bytes]) -> list[Ack]:
        """Land the messages together; when they are refused as a file, one by one, so that one spoils no other."""
        ack = self._land(frames)
        if ack.code != "AR" or len(frames) == 1:
            return [ack] * len(frames)
        return [self._land([frame]) for frame in frames]

    def _land(self, frames: list[bytes]) -> Ack:
        """Import the messages as one file; tried again while another import runs."""
        with tempfile.TemporaryDirectory(prefix="mllp-", dir=_room(self._settings)) as folder:
            path = Path(folder) / f"mllp-{clock.now():%Y%m%dT%H%M%S}.hl7"
            path.write_bytes(b"".join(frame.strip(b"\r\n") + b"\r" for frame in frames))
            path.chmod(0o600)
            for left in range(_TRIES, 0, -1):
                try:
                    report = import_file(path, settings=self._settings, format="hl7v2")
                except ConflictError:
                    if left == 1:
                        return Ack("AE", "another import is running; send it again")
                    time.sleep(_PAUSE_S)
                except InputError as error:
                    return Ack("AR", f"refused ({error.code})")
                except MediSyncError as error:
                    return Ack("AE", f"not taken ({error.code}); send it again")
                else:
                    _LOG.info("landed", extra={"read": report.read, "quarantined": report.quarantined})
                    return Ack("AA", "taken")
        return Ack("AE", "not taken; send it again")


def _in_utf8(frame: bytes) -> bytes:
    """Return the message in UTF-8: messages of several senders go into one file, which has one encoding."""
    try:
        frame.decode("utf-8")
    except UnicodeDecodeError:
        return frame.decode("cp1252", errors="replace").encode()
    return frame


def _room(settings: Settings) -> Path:
    """Return the folder for messages under way: of this home, readable by its owner only."""
    room = settings.root / "mllp"
    room.mkdir(parents=True, exist_ok=True, mode=0o700)
    return room
