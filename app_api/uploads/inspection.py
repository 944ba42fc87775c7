"""Looks into an uploaded file, in a process of its own that may use little memory, little time, and write nothing.

Belongs here: what makes a PDF, JPEG or PNG acceptable. Does not belong here: starting this process (`documents`). Run
as `python -m app_api.uploads.inspection`: the file on standard input; on standard output one line of JSON, and
after it the bytes to keep. A picture is drawn anew, which drops whatever else the file carried (places, scripts,
archives); a PDF is kept as it is and never rendered here.
"""

import io
import json
import resource
import sys
from typing import Any

MAX_PAGES = 40
MAX_OBJECTS = 50_000
MAX_PIXELS = 40_000_000
MEMORY_BYTES, CPU_SECONDS = 1024**3, 6
#: By the first bytes, whatever name or type the sender gives.
_MAGIC = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_ACTIVE_KEYS = ("/AA", "/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/RichMediaSettings")
_ACTIVE_ACTIONS = (
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition", "/Movie", "/Sound",
)  # fmt: skip


class UnfitFileError(Exception):
    """Why a file is refused: a stable code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def media_type_of(content: bytes) -> str:
    """Return the type that the content itself shows.

    Examples
    --------
    >>> media_type_of(b"%PDF-1.7 and more")
    'application/pdf'
    """
    for magic, media_type in _MAGIC.items():
        if content.startswith(magic):
            return media_type
    raise UnfitFileError("not_a_document", "the file is no PDF, JPEG or PNG by its content")


def inspect(content: bytes) -> tuple[str, bytes]:
    """Return the type of a file and the bytes to keep.

    Raises
    ------
    UnfitFileError
    """
    media_type = media_type_of(content)
    if media_type == "application/pdf":
        _check_pdf(content)
        return media_type, content
    return media_type, _redrawn(content, media_type)


def _check_pdf(content: bytes) -> None:
    import pikepdf  # here: the process that only wants a picture looked at does not load it

    head, end, rest = content.rpartition(b"%%EOF")
    if not end or not head or rest.strip(b"\r\n\t \x00"):
        raise UnfitFileError("document_damaged", "the PDF does not end where a PDF ends")
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                raise UnfitFileError("document_encrypted", "the PDF is encrypted; save it without a password")
            if not 1 <= len(pdf.pages) <= MAX_PAGES:
                raise UnfitFileError("document_too_long", f"a document has 1 to {MAX_PAGES} pages")
            if len(pdf.objects) > MAX_OBJECTS:
                raise UnfitFileError("document_too_long", "the PDF has too many parts")
            for one in pdf.objects:
                _check_object(one, pikepdf)
    except pikepdf.PasswordError as error:
        raise UnfitFileError("document_encrypted", "the PDF is encrypted; save it without a password") from error
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise UnfitFileError("document_damaged", "the PDF is damaged") from error


def _check_object(one: Any, pikepdf: Any) -> None:
    if not isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
        return
    waiting, looked_at = [one], 0
    while waiting:
        looked_at += 1
        if looked_at > MAX_OBJECTS:
            raise UnfitFileError("document_too_long", "the PDF has too many parts")
        part = waiting.pop()
        if isinstance(part, pikepdf.Array):
            waiting += [inner for inner in part if _is_direct(inner, pikepdf)]
            continue
        for key in part.keys():  # noqa: SIM118 (a pikepdf dictionary iterates over nothing else)
            if key in _ACTIVE_KEYS:
                raise UnfitFileError("document_active", "the PDF carries scripts, actions or other files")
            inner = part.get(key)
            if key == "/S" and str(inner) in _ACTIVE_ACTIONS:
                raise UnfitFileError("document_active", "the PDF carries scripts, actions or other files")
            if _is_direct(inner, pikepdf):
                waiting.append(inner)


def _is_direct(part: Any, pikepdf: Any) -> bool:
    """Say whether a part stands inside its parent; what is only referred to is among the objects anyway."""
    return isinstance(part, pikepdf.Dictionary | pikepdf.Array) and not part.is_indirect


def _redrawn(content: bytes, media_type: str) -> bytes:
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    kind = "JPEG" if media_type == "image/jpeg" else "PNG"
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise UnfitFileError("document_too_large", f"a picture has at most {MAX_PIXELS // 10**6} megapixels")
            picture.load()
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnfitFileError("document_damaged", "the picture is damaged") from error
    drawn = io.BytesIO()
    upright.save(drawn, kind, **({"quality": 88} if kind == "JPEG" else {"optimize": False}))
    return drawn.getvalue()


def confine() -> None:
    """Take from this process what a file could misuse: memory, time, writing files, making processes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    confine()
    try:
        media_type, kept = inspect(sys.stdin.buffer.read())
    except UnfitFileError as error:
        answer, kept = {"code": error.code, "message": str(error)}, b""
    except (MemoryError, RecursionError):
        answer, kept = {"code": "document_too_large", "message": "looking into the file takes too much memory"}, b""
    else:
        answer = {"media_type": media_type}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)


if __name__ == "__main__":
    main()
