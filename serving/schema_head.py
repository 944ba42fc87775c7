"""Which migration this code expects, read from the migrations' own files.

Belongs here: that one question. Does not belong here: migrating (`core.db.migrate`), which carries Alembic, Mako and
Pygments along: a tenth of a web worker's start.
"""

import re
from pathlib import Path

from core import db
from core.errors import IntegrityError

_FOLDER = Path(db.__file__).parent / "migrations" / "versions"
_REVISION = re.compile(r"^(revision|down_revision)\b[^=]*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)


def schema_head(folder: Path = _FOLDER) -> str:
    """Return the revision that no other migration follows.

    Raises
    ------
    IntegrityError
        If there is not exactly one.
    """
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for file in folder.glob("*.py"):
        for kind, name in _REVISION.findall(file.read_text()):
            found[kind].add(name)
    heads = found["revision"] - found["down_revision"]
    if len(heads) != 1:
        raise IntegrityError(f"{folder} must hold one newest migration, not {sorted(heads)}", code="migration_heads")
    return heads.pop()
