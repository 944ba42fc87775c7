"""What each resource is searched by: FHIR R4's own search parameters, as many as are honoured here.

Belongs here: their names, types, patterns. Does not belong here: reading their values (`search`).
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from serving.fhir.mapping import APPOINTMENT_STATUS, SLOT_STATUS
from serving.fhir.search import COUNT, FORMATS, LARGEST, MOST

_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_PATIENT = "^(Patient/)?[A-Za-z0-9_.:-]{1,64}$"
#: Not all that is taken, but nothing that is not.
_MOMENT = (
    r"^(eq|ge|gt|le|lt|sa|eb)?20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(T([01][0-9]|2[0-3]):[0-5][0-9]Z)?$"
)
_SAYS_MOMENT = "a prefix (eq, ge, gt, le, lt, sa, eb) and a date or moment, in UTC without a zone; repeated: all hold"


@dataclass(frozen=True)
class Parameter:
    """One search parameter: FHIR's name and type, and what is taken."""

    name: str
    type: Literal["date", "reference", "token"]
    says: str
    pattern: str
    is_repeated: bool = False

    def in_document(self) -> dict[str, Any]:
        """Return the parameter as OpenAPI has it."""
        text: dict[str, Any] = {"type": "string", "pattern": self.pattern}
        return _declared(self.name, self.says, {"type": "array", "items": text} if self.is_repeated else text)


def _declared(name: str, says: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": says, "schema": schema}


def _reference(name: str, kind: str, says: str) -> Parameter:
    return Parameter(name, "reference", f"{kind}/[id] {says}", f"^({kind}/)?{_UUID}$")


def _date(name: str, says: str) -> Parameter:
    return Parameter(name, "date", f"{says}: {_SAYS_MOMENT}", _MOMENT, is_repeated=True)


def _status(codes: list[str]) -> Parameter:
    any_of = f"({'|'.join(codes)})"
    says = f"{', '.join(codes)}; commas are an or"
    return Parameter("status", "token", says, f"^{any_of}(,{any_of})*$", is_repeated=True)


APPOINTMENT: Final = (
    Parameter("_id", "token", "The appointment's id", f"^{_UUID}$"),
    _date("date", "When it begins"),
    _reference("location", "Location", "of the room"),
    Parameter("patient", "reference", "Patient/[id] of whoever comes", _PATIENT),
    _reference("practitioner", "Practitioner", "of the provider"),
    _status(sorted(set(APPOINTMENT_STATUS.values()))),
)
SLOT: Final = (
    _reference("schedule", "Schedule", "of the slots; this or schedule.actor is needed"),
    _reference("schedule.actor", "Practitioner", "whose schedules are meant (chained)"),
    _date("start", "Needed, with a lower and an upper bound at most 31 days apart"),
    _status(list(dict.fromkeys(SLOT_STATUS.values()))),
)
RISK_ASSESSMENT: Final = (
    Parameter("_id", "token", "The assessment's id", "^[A-Za-z0-9.-]{1,64}$"),
    _date("date", "When it was made"),
    Parameter("patient", "reference", "Patient/[id] of whom it is; this or subject is needed", _PATIENT),
    Parameter("subject", "reference", "The same as patient", _PATIENT),
)
_OF_ANSWER: Final = [
    _declared("_count", f"Resources a page: {COUNT} when left out, never more than {MOST}",
              {"type": "integer", "minimum": 1, "maximum": LARGEST}),
    _declared("_cursor", "Where a page begins, from the link `next`",
              {"type": "integer", "minimum": 0, "maximum": LARGEST}),
    _declared("_format", "JSON is what there is", {"type": "string", "enum": list(FORMATS)}),
]  # fmt: skip


def in_document(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Return what a search's route adds to OpenAPI; the values are read by `search`, which says what is allowed."""
    return {"parameters": [*(one.in_document() for one in parameters), *_OF_ANSWER]}
