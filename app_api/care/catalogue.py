"""The curated protocols, read once from the data files beside this module.

Belongs here: loading and checking. Does not belong here: which fits whom (`policy`). A file without source, year or
steps stops the application at its start, not a clinician at the bedside.
"""

from functools import cache
from pathlib import Path

import yaml

from app_api.care.schemas import Protocol

_FOLDER = Path(__file__).with_name("protocols")


@cache
def protocols() -> tuple[Protocol, ...]:
    """Return all protocols in the order of their ids.

    Raises
    ------
    pydantic.ValidationError
        Naming what is missing in a file.
    """
    read = [Protocol.model_validate(yaml.safe_load(path.read_text())) for path in sorted(_FOLDER.glob("*.yaml"))]
    return tuple(sorted(read, key=lambda one: one.protocol_id))
