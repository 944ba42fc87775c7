"""`medisync reference`: the pages of docs/reference that are made from the code.

Belongs here: turning tables, vocabulary, the extract's list and the API's document into Markdown. Does not belong here:
anything that is not said by the code itself.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from core import vocabulary
from core.db import deid
from core.db.tables import Base
from core.settings import Settings
from ml.safe_harbor import CROSSES, STAYS
from ml.safe_harbor.manifest import STATEMENT
from ml.safe_harbor.placement import IDENTIFIERS, MADE

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
_NOTICE = "*Made from the code by `medisync reference --write`; a test keeps it current. Do not edit.*"
_METHODS = ("get", "post", "put", "patch", "delete")


def reference(
    write: Annotated[bool, typer.Option("--write", help="Write the pages instead of comparing them.")] = False,
) -> None:
    """Compare the generated pages with the code, or write them; exit 1 if one is not current."""
    old = [name for name, page in pages().items() if _stored(name) != page]
    if write:
        for name in old:
            (FOLDER / name).write_text(pages()[name])
    for name in old:
        sys.stdout.write(f"{'written' if write else 'not current'}: docs/reference/{name}\n")
    if old and not write:
        raise typer.Exit(1)


def pages() -> dict[str, str]:
    """Return each generated page by the name of its file."""
    made = {"data-dictionary.md": _dictionary(), "http.md": _http(), "safe-harbor.md": _extract()}
    return {name: "\n".join(lines) + "\n" for name, lines in made.items()}


def _stored(name: str) -> str | None:
    path = FOLDER / name
    return path.read_text() if path.exists() else None


def _dictionary() -> Iterator[str]:
    yield from ("# Data dictionary", "", _NOTICE, "", "## A registration", "")
    yield from ("| column | type, validated | unit | plausible | required |", "|---|---|---|---|---|")
    for name in vocabulary.REGISTRATION_COLUMNS:
        low, high = vocabulary.PLAUSIBLE_RANGES.get(name, (None, None))
        span = "" if low is None else f"{low:g} to {high:g}"
        needed = "yes" if name in vocabulary.REQUIRED_COLUMNS else ""
        dtype = vocabulary.VALIDATED_DTYPES.get(name, "text")
        yield f"| `{name}` | {dtype} | {vocabulary.UNITS.get(name, '')} | {span} | {needed} |"
    classes = sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda one: one.__tablename__)
    for table in classes:
        yield from ("", f"## {table.__tablename__}", "", _cell(inspect.getdoc(table) or ""), "")
        yield f"The pipeline: {_pipeline(table.__tablename__)}."
        yield from ("", "| column | type | | meaning |", "|---|---|---|---|")
        said = _comments(table)
        for column in table.__table__.columns:
            meaning = _cell(said.get(column.name, ""))
            yield f"| `{column.name}` | {_cell(_type(column))} | {_marks(column)} | {meaning} |"


def _type(column: Column[Any]) -> str:
    return column.type.compile(dialect=postgresql.dialect()).lower()


def _marks(column: Column[Any]) -> str:
    key = ["key"] if column.primary_key else []
    leads = [f"-> `{one.target_fullname}`" for one in column.foreign_keys]
    return ", ".join([*key, *leads, *(["may be empty"] if column.nullable else [])])


def _pipeline(table: str) -> str:
    if table in deid.VIEWS:
        return "a view of " + ", ".join(f"`{one.name}` ({one.privacy})" for one in deid.VIEWS[table])
    if table in deid.OPEN_TABLES:
        return deid.OPEN_TABLES[table].lower()
    return "writes and may not read back" if table in deid.WRITTEN_TABLES else "closed"


def _comments(table: type) -> dict[str, str]:
    """Return the `#:` comments of a table's columns: SQLAlchemy does not see them."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for line in inspect.getsource(table).splitlines():
        if comment := re.match(r"\s+#: ?(.*)", line):
            waiting.append(comment[1])
        elif (column := re.match(r"    (\w+): Mapped", line)) and waiting:
            found[column[1]] = " ".join(waiting)
            waiting = []
        else:
            waiting = []
    return found


def _extract() -> Iterator[str]:
    yield from ("# Safe Harbor extract", "", _NOTICE, "", STATEMENT, "")
    yield from ("## Columns that cross", "", "| column | from | rule | why |", "|---|---|---|---|")
    for one in CROSSES:
        rule = _cell(one.rule.said)
        yield f"| `{one.name}` | `{one.layer}.{one.source}` | {rule} | {_cell(one.why)} |"
    yield from ("", "## Columns that are made", "", "| column | how |", "|---|---|")
    yield from (f"| `{name}` | {_cell(how)} |" for name, how in MADE.items())
    yield from ("", "## Columns that stay", "", "| column | why |", "|---|---|")
    yield from (f"| `{name}` | {_cell(why)} |" for name, why in STAYS.items())
    yield from ("", "## The eighteen kinds of 45 CFR 164.514(b)(2)(i)", "")
    yield from ("| | kind | what becomes of it |", "|---|---|---|")
    yield from (f"| {letter} | {kind} | {_cell(said)} |" for letter, kind, said in IDENTIFIERS)


def _http() -> Iterator[str]:
    from serving.main import create_app

    document = create_app(Settings()).openapi()
    yield from ("# HTTP", "", _NOTICE, "", "Errors are RFC 9457 problem details with a stable `code`; times are UTC.")
    yield "Below `/fhir` errors are FHIR's OperationOutcome with the same code. Searches there: `/fhir/R4/metadata`."
    yield "The whole document, with every schema, is at `/openapi.json`. The WebSocket `/ws/realtime` is not in it."
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if one := operations.get(method):
                said = _cell(one.get("description") or one.get("summary", ""))
                right = one.get("x-permission", "open")
                codes = ", ".join(code for code in one["responses"] if code < "500")
                line = f"| `{method.upper()} {path}` | {right} | {said} | {codes} |"
                by_tag.setdefault(one.get("tags", ["service"])[0], []).append(line)
    for tag in sorted(by_tag):
        yield from ("", f"## {tag}", "", "| route | permission | what | answers |", "|---|---|---|---|", *by_tag[tag])


def _cell(text: str) -> str:
    """Return a text on one line, with nothing that ends a cell."""
    return " ".join(text.split()).replace("|", "\\|")
