"""What the tests of the FHIR facade hold every answer to: the library that knows the standard.

Belongs here: checking. Does not belong here: requests.
"""

import re
from typing import Any

import httpx
from fhir.resources.R4B import get_fhir_model_class

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


def valid(answer: httpx.Response, kind: str, status: int = 200) -> dict[str, Any]:
    """Return an answer that is a resource of this type by fhir.resources, whose ids and references FHIR allows."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/fhir+json"
    told = answer.json()
    assert told["resourceType"] == kind, told
    known = get_fhir_model_class(kind).model_validate(told)
    # Nothing is said that the library does not know, and nothing is lost in it.
    assert set(known.model_dump(exclude_none=True)) == set(told)
    _walk(told)
    return told


def _walk(node: Any) -> None:
    if isinstance(node, dict):
        assert node, "FHIR has no empty objects"
        if "resourceType" in node and "id" in node:
            assert _ID.fullmatch(node["id"]), node["id"]
        if isinstance(node.get("reference"), str) and not node["reference"].startswith("#"):
            kind, _, number = node["reference"].partition("/")
            assert kind == node["type"]
            assert _ID.fullmatch(number), number
        for value in node.values():
            _walk(value)
    elif isinstance(node, list):
        assert node, "FHIR has no empty lists"
        for value in node:
            _walk(value)
    else:
        assert node is not None, "FHIR has no null"


def refused(answer: httpx.Response, status: int, code: str, *, kind: str, parameter: str | None = None) -> str:
    """Return what a refusal says; it must be an OperationOutcome with our code and FHIR's issue type."""
    (issue,) = valid(answer, "OperationOutcome", status)["issue"]
    assert issue["details"]["coding"] == [{"system": "urn:medisync:problem", "code": code}]
    assert (issue["severity"], issue["code"]) == ("error", kind)
    assert issue.get("expression") == (None if parameter is None else [f"http.{parameter}"])
    assert issue["diagnostics"] == f"request_id {answer.headers['x-request-id']}"
    return issue["details"]["text"]


def resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a search found, each at an absolute address of its own."""
    assert bundle["type"] == "searchset"
    for entry in bundle.get("entry", []):
        one = entry["resource"]
        assert entry["fullUrl"].endswith(f"/fhir/R4/{one['resourceType']}/{one['id']}")
        assert entry["fullUrl"].startswith("https://")
        assert entry["search"] == {"mode": "match"}
    return [entry["resource"] for entry in bundle.get("entry", [])]


def link(bundle: dict[str, Any], relation: str) -> str | None:
    """Return the address of a page, or None."""
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)
