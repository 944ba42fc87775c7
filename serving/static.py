"""The dashboard's files, with the one page for every path of the single-page application.

Belongs here: files of `serving/web_dist/` and the page that stands in before they are built. Does not belong here: the
dashboard's sources (`dashboard/`), its build (`medisync web build`).
"""

import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException

from serving.compression import GZIP_SUFFIX, takes_gzip

WEB_DIST = Path(__file__).with_name("web_dist")
#: Paths that belong to others: nothing of the single-page application lives there.
_RESERVED = ("api/", "fhir/", "ws/", "assets/", "livez", "readyz", "metrics", "openapi.json")
_IMMUTABLE = "public, max-age=31536000, immutable"
_NOT_BUILT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>MediSync</title></head>
<body><main><h1>The dashboard is not built</h1>
<p>Run <code>medisync web build</code> and load this page again.
The API works: see <a href="/openapi.json">openapi.json</a>.
</p></main></body></html>"""

router = APIRouter()


def dist_of(request: Request) -> Path:
    """Return the folder of the built dashboard."""
    return request.app.state.web_dist


@router.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def read_dashboard(path: str, request: Request) -> Response:
    """Return a file of the dashboard, or its one page for any path of the application."""
    folder = dist_of(request)
    file = _file(folder, path)
    if file is not None:
        return _send(request, file, _IMMUTABLE if path.startswith("assets/") else "no-cache")
    if path.startswith(_RESERVED) or "." in path.rpartition("/")[2]:
        raise HTTPException(404)
    index = folder / "index.html"
    if not index.is_file():
        return HTMLResponse(_NOT_BUILT, status_code=200, headers={"cache-control": "no-cache"})
    return _send(request, index, "no-cache")


def _send(request: Request, file: Path, cache_control: str) -> Response:
    """Send a file, or the gzip that the build left beside it where the caller takes it."""
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"cache-control": cache_control}
    zipped = file.with_name(f"{file.name}{GZIP_SUFFIX}")
    if zipped.is_file():
        headers["vary"] = "accept-encoding"
        if takes_gzip(request.headers):
            return FileResponse(zipped, media_type=media_type, headers={**headers, "content-encoding": "gzip"})
    return FileResponse(file, media_type=media_type, headers=headers)


def _file(folder: Path, path: str) -> Path | None:
    """Return the file below `folder` that a path names, or None; nothing outside, nothing hidden."""
    if not path or "\x00" in path or any(part.startswith(".") for part in path.split("/")):
        return None
    try:
        file = (folder / path).resolve()
        is_inside = file.is_relative_to(folder.resolve()) and file.is_file()
    except (OSError, ValueError):
        return None
    return file if is_inside else None
