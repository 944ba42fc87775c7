"""FHIR R4 resources, as much of them as is told here.

Belongs here: pydantic models with FHIR's names. Does not belong here: where their values come from (`mapping`), the
CapabilityStatement (`capability`).
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic.alias_generators import to_camel


class Element(BaseModel):
    """A part of a resource; what is not known is left out, as FHIR asks."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True)

    @model_serializer(mode="wrap")
    def _known(self, handler: SerializerFunctionWrapHandler):
        told: dict[str, Any] = handler(self)
        return {name: value for name, value in told.items() if value is not None and value != []}


class Coding(Element):
    system: str
    version: str | None = None
    code: str
    display: str | None = None


class CodeableConcept(Element):
    coding: list[Coding] | None = None
    text: str | None = None


class Identifier(Element):
    system: str
    value: str


class Reference(Element):
    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Period(Element):
    start: datetime
    end: datetime


class Annotation(Element):
    text: str


class Meta(Element):
    version_id: str | None = None
    last_updated: datetime | None = None
    security: list[Coding] | None = Field(None, description="HTEST where the hospital is synthetic")


class Slot(Element):
    resource_type: Literal["Slot"] = "Slot"
    id: str
    meta: Meta | None = None
    specialty: list[CodeableConcept]
    schedule: Reference
    status: Literal["free", "busy", "busy-unavailable"]
    start: datetime
    end: datetime


class Participant(Element):
    actor: Reference
    required: Literal["required"] | None = None
    status: Literal["accepted", "tentative", "needs-action"]


class Appointment(Element):
    resource_type: Literal["Appointment"] = "Appointment"
    id: str
    meta: Meta
    status: Literal["proposed", "pending", "booked", "arrived", "checked-in", "fulfilled", "cancelled", "noshow"]
    cancelation_reason: CodeableConcept | None = None
    specialty: list[CodeableConcept]
    start: datetime
    end: datetime
    minutes_duration: int = Field(ge=1, le=2**31 - 1)
    created: datetime
    participant: list[Participant] = Field(min_length=1)


class DeviceName(Element):
    name: str
    type: Literal["model-name"] = "model-name"


class DeviceVersion(Element):
    value: str


class Device(Element):
    """The model that answered, inside the assessment."""

    resource_type: Literal["Device"] = "Device"
    id: str
    device_name: list[DeviceName]
    version: list[DeviceVersion]


class Prediction(Element):
    outcome: CodeableConcept
    probability_decimal: float | None = Field(None, ge=0, le=100, description="Per cent, as R4 has it")
    qualitative_risk: CodeableConcept | None = None
    when_period: Period


class RiskAssessment(Element):
    resource_type: Literal["RiskAssessment"] = "RiskAssessment"
    id: str
    meta: Meta
    contained: list[Device]
    identifier: list[Identifier]
    status: Literal["final"] = "final"
    method: CodeableConcept
    code: CodeableConcept
    subject: Reference
    encounter: Reference
    occurrence_date_time: datetime
    performer: Reference
    prediction: list[Prediction] | None = Field(None, description="Left out where the model abstained")
    note: list[Annotation] | None = None


class BundleLink(Element):
    relation: Literal["self", "next"]
    url: str


class SearchMode(Element):
    mode: Literal["match"] = "match"


class BundleEntry(Element):
    full_url: str
    resource: Annotated[Appointment | Slot | RiskAssessment, Field(discriminator="resource_type")]
    search: SearchMode = SearchMode()


class Bundle(Element):
    resource_type: Literal["Bundle"] = "Bundle"
    type: Literal["searchset"] = "searchset"
    link: list[BundleLink]
    entry: list[BundleEntry] | None = None
