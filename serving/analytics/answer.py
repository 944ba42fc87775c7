"""Sending a ready page, or saying that the caller has it.

Belongs here: tags and headers of pages. Does not belong here: which page, for whom.
"""

from starlette.responses import Response

from serving.analytics.pages import Page


def answer(page: Page, if_none_match: str | None) -> Response:
    """Send a page, or 304 when the caller has it; the browser keeps it but asks each time."""
    headers = {"ETag": page.etag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if if_none_match is not None and _names(if_none_match, page.etag):
        return Response(status_code=304, headers=headers)
    return Response(page.body, media_type="application/json", headers=headers)


def _names(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags
