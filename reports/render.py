"""Typesetting: a document (plain values) to PDF, by typst with this folder's template and fonts.

Belongs here: the compiler and its limits. Does not belong here: what a report says. No network, no system font, no
file outside this folder: the same document gives the same bytes on every machine.
"""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

import orjson
import typst

FOLDER: Final = Path(__file__).parent
#: PDF/UA-1: headings, tables and texts for figures are marked for screen readers.
STANDARD: Final = "ua-1"


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    """Return the compiler with its fonts read; made at first use, a tenth of a second."""
    return typst.Compiler(
        str(FOLDER / "template.typ"), root=str(FOLDER), font_paths=[str(FOLDER / "fonts")], ignore_system_fonts=True
    )


def render(document: dict[str, Any], *, now: datetime) -> bytes:
    """Return the document as PDF. Takes tens of milliseconds of one core: call it beside an event loop.

    Parameters
    ----------
    document : dict
        As `document.document_of` makes it.
    now : datetime
        Written into the file as its date.
    """
    content = orjson.dumps(document).decode()
    made = _compiler().compile(
        format="pdf", sys_inputs={"document": content}, pdf_standards=[STANDARD], timestamp=int(now.timestamp())
    )
    return cast(bytes, made)
