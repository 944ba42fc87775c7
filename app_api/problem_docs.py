"""What an error looks like on the wire, for the OpenAPI document (RFC 9457 problem details).

Belongs here: the schema and the declaration of a route's errors. Does not belong here: turning an exception into an
answer (`serving.problems`).
"""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field

PROBLEM_TYPE = "application/problem+json"


class FieldFault(BaseModel):
    """One fault of the input: where, and which rule; never the value."""

    loc: list[str] = Field(description="Path to the field, such as ['body', 'age_years']")
    type: str = Field(description="The rule that it breaks, such as 'less_than_equal'")
    allowed: str | None = Field(None, description="What may stand there, where a list, a limit or a sentence says it")


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `detail` is for people."""

    type: str = Field(description="urn:medisync:problem:<code>")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: str
    request_id: str | None = None
    errors: list[FieldFault] | None = None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for the given error statuses."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {PROBLEM_TYPE: schema}}
        for status in sorted(statuses)
    }
