"""Asking a clamd whether bytes are known to be malicious, where an installation has one (`MEDISYNC_CLAMD`).

Belongs here: the client's side of clamd's INSTREAM command (clamd(8)). Does not belong here: what else makes a file
unfit (`inspection`). Where a scanner is set, no file passes without its word: a scanner that is away refuses uploads.
"""

import asyncio
import contextlib
import struct

from app_api.uploads.errors import DocumentRefusedError, ScannerError

SECONDS = 20.0
_CHUNK = 256 * 1024
_LONGEST_ANSWER = 4096


async def check(content: bytes, address: str) -> None:
    """Let bytes pass that the scanner at `host:port` knows nothing of.

    Raises
    ------
    DocumentRefusedError
        With the code `document_infected`, if a signature fits.
    ScannerError
        If the scanner does not answer, or answers anything else.
    """
    try:
        async with asyncio.timeout(SECONDS):
            said = await _ask(content, address)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ScannerError("the virus scanner does not answer; try again") from error
    if said == "stream: OK":
        return
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        raise DocumentRefusedError("the virus scanner knows this file as malicious", code="document_infected")
    raise ScannerError("the virus scanner did not look through the file; try again")


async def _ask(content: bytes, address: str) -> str:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=_LONGEST_ANSWER)
    try:
        # It answers, and hangs up, as soon as a stream is too long for it: what was not sent is no error then.
        with contextlib.suppress(ConnectionError):
            writer.write(b"zINSTREAM\0")
            for start in range(0, len(content), _CHUNK):
                part = content[start : start + _CHUNK]
                writer.write(struct.pack("!I", len(part)) + part)
                await writer.drain()
            writer.write(struct.pack("!I", 0))
            await writer.drain()
        return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
