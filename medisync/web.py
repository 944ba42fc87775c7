"""`medisync web`: build and check the dashboard with the Node that comes as a Python wheel.

Belongs here: the two commands and what a person sees of them. Does not belong here: finding and running Node
(`medisync.web_tools`), serving the result (`serving.static`).
"""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import orjson
import typer

from core.errors import MediSyncError, UnavailableError
from medisync import web_tools
from medisync.options import AsJson
from medisync.web_tools import DIST, HASH_FILE
from serving.compression import GZIP_SUFFIX, compressed

_TEXTS = frozenset({".css", ".html", ".js", ".json", ".mjs", ".svg", ".txt", ".webmanifest"})

app = typer.Typer(help="Build and check the dashboard.", no_args_is_help=True, add_completion=False)


class WebCheckError(MediSyncError):
    code = "web_check_failed"


@app.command()
def build(
    force: Annotated[bool, typer.Option(help="Build even if the sources have not changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build the dashboard into serving/web_dist, unless what is there was built from the same sources."""
    started = time.monotonic()
    with web_tools.only_one():
        wanted = web_tools.source_hash()
        is_needed = force or web_tools.built_hash() != wanted
        if is_needed:
            _step("Installing the dashboard's packages", web_tools.install)
            _step("Building the dashboard", lambda: _build(wanted))
        else:
            _say("The dashboard is up to date.")
    if as_json:
        answer = {
            "built": is_needed,
            "hash": wanted,
            "path": str(DIST),
            "seconds": round(time.monotonic() - started, 1),
        }
        sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))


def _build(wanted: str) -> None:
    """Build beside the old result and put the new one in its place when it is whole."""
    unfinished = DIST.with_name(f"{DIST.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    web_tools.npm("run", "build", environment={"MEDISYNC_WEB_OUT": str(unfinished)})
    _compress(unfinished)
    (unfinished / HASH_FILE).write_text(wanted + "\n")
    shutil.rmtree(DIST, ignore_errors=True)
    unfinished.replace(DIST)


def _compress(folder: Path) -> None:
    """Leave a gzip beside every file of text: compressed once here, not at each request."""
    for file in sorted(folder.rglob("*")):
        if file.suffix in _TEXTS and (zipped := compressed(file.read_bytes())) is not None:
            file.with_name(f"{file.name}{GZIP_SUFFIX}").write_bytes(zipped)


@app.command()
def check() -> None:
    """Lint, types, unit tests, and whether the API client is the one of dashboard/openapi.json."""
    with web_tools.only_one():
        _step("Installing the dashboard's packages", web_tools.install)
        checks: dict[str, Callable[[], None]] = {
            "Linting": lambda: web_tools.npm("run", "lint"),
            "Checking types": lambda: web_tools.npm("run", "typecheck"),
            "Running unit tests": lambda: web_tools.npm("run", "test"),
            "Comparing the API client with openapi.json": web_tools.compare_client,
        }
        failures = [name for name, run in checks.items() if not _attempt(name, run)]
    if failures:
        raise WebCheckError(f"the dashboard fails at: {', '.join(failures).lower()}")


def _attempt(name: str, run: Callable[[], None]) -> bool:
    """Run one check; say what it found instead of stopping, so that one run tells everything."""
    try:
        _step(name, run)
    except UnavailableError as error:
        _say(error.message)
        return False
    return True


def _step(name: str, run: Callable[[], object]) -> None:
    _say(f"{name} …")
    started = time.monotonic()
    run()
    _say(f"{name}: done in {time.monotonic() - started:.0f} s")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
