"""Taking in an uploaded file: bounded, in memory, judged by its content.

Belongs here: reading the form, and the process that looks into the file. Does not belong here: what makes a file
acceptable (`inspection`). Nothing is written to disk before it is sealed, and the sender's file name is not kept.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app_api.uploads import scanning
from app_api.uploads.errors import BadFormError, DocumentRefusedError, DocumentTooLargeError, InspectionError

MAX_BYTES = 5 * 1024 * 1024
#: What a form may add around the file.
MAX_FORM_BYTES = MAX_BYTES + 16 * 1024
SECONDS = 8.0
#: Files looked into at once by one worker.
_AT_ONCE = asyncio.Semaphore(2)


@dataclass(frozen=True)
class Document:
    """A file that passed: its type by content and the bytes to keep."""

    media_type: str
    content: bytes


async def read_form(request: Request) -> tuple[bytes, dict[str, str]]:
    """Return the bytes of the field `file` and the other fields of a multipart form.

    Raises
    ------
    BadFormError, DocumentTooLargeError
    """
    parser = MultiPartParser(request.headers, _bounded(request), max_files=1, max_fields=4, max_part_size=1024)
    # Past this many bytes Starlette would spool to a file on disk, unsealed.
    parser.spool_max_size = MAX_FORM_BYTES * 2
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise BadFormError("send a multipart form with the file in the field `file`") from error
    upload, fields = form.get("file"), {k: v for k, v in form.items() if isinstance(v, str)}
    content = await upload.read() if isinstance(upload, UploadFile) else None
    await form.close()
    if content is None:
        raise BadFormError("send a multipart form with the file in the field `file`")
    if len(content) > MAX_BYTES:
        raise DocumentTooLargeError(f"a document has at most {MAX_BYTES} bytes")
    return content, fields


async def _bounded(request: Request) -> AsyncIterator[bytes]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > MAX_FORM_BYTES:
            raise DocumentTooLargeError(f"a document has at most {MAX_BYTES} bytes")
        yield chunk


async def inspected(content: bytes, *, clamd: str | None) -> Document:
    """Return the document that a file is.

    Parameters
    ----------
    clamd : str or None
        Address of the virus scanner that is asked first, if there is one.

    Raises
    ------
    DocumentRefusedError, InspectionError, ScannerError
    """
    if clamd is not None:
        await scanning.check(content, clamd)
    async with _AT_ONCE:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", "app_api.uploads.inspection",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={},
        )  # fmt: skip
        try:
            async with asyncio.timeout(SECONDS):
                said, _ = await process.communicate(content)
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise DocumentRefusedError("looking into the file takes too long", code="document_too_large") from error
    head, found, kept = said.partition(b"\n")
    if not found:
        # Killed by its own limits: CPU time, or memory in a place that Python cannot report.
        if process.returncode is not None and process.returncode < 0:
            raise DocumentRefusedError("looking into the file takes too much", code="document_too_large")
        raise InspectionError("the file could not be looked into; try again")
    answer = json.loads(head)
    if "code" in answer:
        raise DocumentRefusedError(answer["message"], code=answer["code"])
    if len(kept) > 2 * MAX_BYTES:
        raise DocumentTooLargeError(f"a document has at most {MAX_BYTES} bytes")
    return Document(answer["media_type"], kept)
