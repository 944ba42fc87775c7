"""Sending a ready page, or saying that the caller has it.

Belongs here: tags and headers of pages. Does not belong here: which page, for whom.
"""

from collections.abc import Mapping

from starlette.responses import Response

from serving.analytics.pages import Page
from serving.compression import takes_gzip

_GZIP_MARK = "-gzip"


def answer(page: Page, request: Mapping[str, str]) -> Response:
    """Send a page, as gzip where the caller takes it, or 304 when the caller has it.

    The browser keeps a page but asks each time. Other bytes have another tag (RFC 9110, 8.8.3), yet whoever has
    either form of a page has the page.

    Parameters
    ----------
    page : Page
    request : mapping
        The request's headers, names in lower case.
    """
    body, headers = page.body, {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Encoding"}
    headers["ETag"] = page.etag
    if page.gzipped is not None and takes_gzip(request):
        body, headers["ETag"] = page.gzipped, f'{page.etag[:-1]}{_GZIP_MARK}"'
        headers["Content-Encoding"] = "gzip"
    if _names(request.get("if-none-match", ""), page.etag):
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _names(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/").replace(f'{_GZIP_MARK}"', '"') for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags
