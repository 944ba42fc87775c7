"""Errors below /fhir: the same problems in FHIR's own shape, an OperationOutcome.

Belongs here: that shape, and which paths have it. Does not belong here: exception -> answer (`problems`, which asks
here), FHIR's other resources (`fhir`).
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

FHIR_JSON: Final = "application/fhir+json"
PREFIX: Final = "/fhir/"
#: Status -> FHIR's issue type (http://hl7.org/fhir/R4/valueset-issue-type.html).
_TYPES: Final = {
    400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported", 409: "conflict",
    412: "conflict", 413: "too-long", 415: "not-supported", 422: "invalid", 429: "throttled", 500: "exception",
    503: "transient",
}  # fmt: skip
#: Rule that an input breaks -> FHIR's issue type; any other rule is one about the value.
_FAULTS: Final = {"missing": "required", "unknown_parameter": "not-supported"}


class OutcomeCoding(BaseModel):
    system: str = Field(description="urn:medisync:problem")
    code: str = Field(description="The stable code that the same problem has elsewhere")


class OutcomeDetails(BaseModel):
    coding: list[OutcomeCoding]
    text: str = Field(description="For people, in the reader's language where there are words in it")


class OutcomeIssue(BaseModel):
    severity: Literal["error", "fatal"]
    code: str = Field(description="FHIR's issue type")
    details: OutcomeDetails
    diagnostics: str | None = Field(None, description="The request's number, as our log has it")
    expression: list[str] | None = Field(None, description="`http.` and the parameter, where one is at fault")


class OperationOutcome(BaseModel):
    """What went wrong, as FHIR says it (http://hl7.org/fhir/R4/operationoutcome.html)."""

    resource_type: Literal["OperationOutcome"] = Field(alias="resourceType")
    issue: list[OutcomeIssue] = Field(min_length=1)


def is_fhir(path: str) -> bool:
    """Say whether a path is answered as FHIR says, its errors too."""
    return path.startswith(PREFIX)


def outcome(
    status: int, code: str, text: str, *, request_id: str | None, errors: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    """Return an OperationOutcome: one issue a fault of the input, or one in all.

    Examples
    --------
    >>> outcome(404, "not_found", "not found", request_id=None, errors=None)["issue"][0]["code"]
    'not-found'
    """
    issue: dict[str, Any] = {
        "severity": "fatal" if status == 500 else "error",
        "code": _TYPES.get(status, "processing"),
        "details": {"coding": [{"system": "urn:medisync:problem", "code": code}], "text": text},
    }
    if request_id is not None:
        issue["diagnostics"] = f"request_id {request_id}"
    issues = [
        {**issue, "code": _FAULTS.get(fault["type"], "value"), "expression": [_expression(fault["loc"])]}
        for fault in errors or ()
    ]
    return {"resourceType": "OperationOutcome", "issue": issues or [issue]}


def _expression(loc: Sequence[str]) -> str:
    """Return where a fault is; of a request's parameter FHIR has `http.` and its name."""
    return ".".join(["http", *loc[1:]])


def outcomes(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for the given error statuses of a route below /fhir."""
    schema = {"schema": {"$ref": "#/components/schemas/OperationOutcome"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {FHIR_JSON: schema}}
        for status in sorted(statuses)
    }
