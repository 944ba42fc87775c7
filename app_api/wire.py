"""Types of the wire: numbers, times and texts that mean in Python what they mean in JSON Schema.

Belongs here: annotated types that several domains use in their schemas, the fault of a value. Does not belong here: the
schemas.
Pydantic's lax mode takes "5" for 5 and 1700000000 for a time, its strict mode refuses 5.0 for 5: both disagree with
the OpenAPI document, so each type states its own rule.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from typing import Annotated, Any, TypeVar

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

Row = TypeVar("Row")
Key = TypeVar("Key")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)
_WALL_TIME = re.compile(r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$")


class UnfitError(ValueError):
    """A value does not fit its field; pydantic reports it (any ValueError) and `serving.problems` says its sentence.

    Parameters
    ----------
    allowed : str
        What is allowed there. It goes to whoever sent the value and into no log, and still never repeats the value.
    fields : str
        Of a rule between fields: which ones it is about.
    """

    def __init__(self, allowed: str, *fields: str) -> None:
        super().__init__(allowed)
        self.allowed = allowed
        self.fields = fields


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitError("a number, in JSON without quotes")
    if isinstance(value, float):
        if not value.is_integer():
            raise UnfitError("a number without a fraction")
        return int(value)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitError("a number, in JSON without quotes")
    return value


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.match(value):
        raise UnfitError("an RFC 3339 date-time with a time zone")
    try:
        return datetime.fromisoformat(value.upper().replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnfitError("an RFC 3339 date-time that exists") from error


def _wall_time(value: Any) -> Any:
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not _WALL_TIME.fullmatch(value):
        raise UnfitError("a time on the wall, such as 08:30 or 08:30:00, without a time zone")
    return time.fromisoformat(value)


#: To be put last in an annotation, after the bounds: only then the bounds are in the document.
WHOLE, NUMBER = BeforeValidator(_whole), BeforeValidator(_number)
#: A moment with a time zone, turned to UTC.
Moment = Annotated[
    datetime,
    BeforeValidator(_moment, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
#: A time on the wall, without a zone (JSON Schema's format "time" would ask for one).
WallTime = Annotated[
    time,
    BeforeValidator(_wall_time, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "pattern": _WALL_TIME.pattern, "examples": ["08:30"]}),
]
#: One line of text without control characters (PostgreSQL cannot store NUL).
Line = Annotated[str, StringConstraints(strict=True, pattern=r"^[^\x00-\x1f\x7f]+$")]
ShortLine = Annotated[Line, Field(min_length=1, max_length=120)]
IdLine = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]

#: Page size of every list.
Limit = Annotated[int, Query(ge=1, le=200, description="Rows a page")]
#: Where the next page begins: `next` of the page before.
Cursor = Annotated[int | None, Query(ge=0, le=2**53 - 1, description="`next` of the page before")]


class Page(BaseModel):
    """One page of a list, beside its `items`; `next` is the cursor of the page after, or null at the end."""

    next: int | None = Field(description="Cursor of the next page; null at the end", ge=0, le=2**53 - 1)


def offset_of(cursor: int | None) -> int:
    """Return how many rows a page leaves out; a cursor past what PostgreSQL counts stands after the last row."""
    return min(cursor or 0, 2**31 - 1)


def offset_page(rows: Sequence[Row], *, offset: int, limit: int) -> tuple[Sequence[Row], int | None]:
    """Part up to `limit + 1` rows after `offset` others into a page and the cursor of the next, which counts rows."""
    return rows[:limit], offset + limit if len(rows) > limit else None


def keyset_page(rows: Sequence[Row], *, limit: int, key: Callable[[Row], Key]) -> tuple[Sequence[Row], Key | None]:
    """Part up to `limit + 1` rows into a page and the cursor of the next, which is the key of the page's last row."""
    return rows[:limit], key(rows[limit - 1]) if len(rows) > limit else None
