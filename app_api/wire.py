"""Types of the wire: numbers, times and texts that mean in Python what they mean in JSON Schema.

Belongs here: annotated types that several domains use in their schemas. Does not belong here: the schemas.
Pydantic's lax mode takes "5" for 5 and 1700000000 for a time, its strict mode refuses 5.0 for 5: both disagree with
the OpenAPI document, so each type states its own rule.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a JSON number without a fraction")  # noqa: TRY004 (pydantic reports ValueError only)
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError("must be a JSON number without a fraction")
        return int(value)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a JSON number")  # noqa: TRY004 (as above)
    return value


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.match(value):
        raise ValueError("must be an RFC 3339 date-time with a time zone")
    try:
        return datetime.fromisoformat(value.upper().replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("must be an RFC 3339 date-time that exists") from error


#: To be put last in an annotation, after the bounds: only then the bounds are in the document.
WHOLE, NUMBER = BeforeValidator(_whole), BeforeValidator(_number)
#: A moment with a time zone, turned to UTC.
Moment = Annotated[
    datetime,
    BeforeValidator(_moment, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
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
