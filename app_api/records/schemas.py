"""Charts on the wire.

Belongs here: requests and answers. Does not belong here: rules.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app_api.records.dosing import DoseState
from app_api.wire import WHOLE, IdLine, Moment, Page, ShortLine

#: Text of several lines; PostgreSQL and JSON take all but control characters other than tab and line ends.
Words = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=8000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$")
]
IntervalHours = Annotated[
    int, Field(ge=1, le=168, description="Hours between two doses: 24 is once a day, 8 three times a day"), WHOLE
]
Priority = Annotated[int, Field(ge=1, le=3, description="1 is the most urgent"), WHOLE]


class RecordKind(StrEnum):
    NOTE = "note"
    DIAGNOSIS = "diagnosis"
    PLAN = "plan"
    RESULT = "result"
    DISCHARGE = "discharge"


class NewRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: RecordKind
    title: ShortLine
    text: Words
    condition_code: IdLine | None = Field(None, description="ICD-10")


class RecordChange(BaseModel):
    """A new version of an entry; the versions before stay readable."""

    model_config = ConfigDict(extra="forbid")

    title: ShortLine
    text: Words


class ChartEntry(BaseModel):
    """An entry in one version."""

    record_id: uuid.UUID
    patient_id: str
    kind: RecordKind
    condition_code: str | None
    title: str
    text: str
    version: int = Field(ge=1)
    created_at: datetime
    written_at: datetime
    written_by: str = Field(description="Shown name of who wrote this version")


class RecordPage(Page):
    items: list[ChartEntry]


class RecordHistory(BaseModel):
    """All versions of one entry, the newest first."""

    items: list[ChartEntry]
    next: None = None


class NewMedication(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ShortLine
    dose: ShortLine
    instruction: ShortLine
    started_at: Moment | None = Field(None, description="Now when left out")
    interval_hours: IntervalHours | None = Field(None, description="Null: taken when needed, never due")
    first_due_at: Moment | None = Field(
        None, description="Of a medicine with an interval; the first time counted from `started_at` when left out"
    )


class MedicationChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal["stopped"]


class MedicationView(BaseModel):
    medication_id: uuid.UUID
    patient_id: str
    name: str
    dose: str
    instruction: str
    status: Literal["active", "stopped"]
    version: int = Field(ge=1)
    started_at: datetime
    stopped_at: datetime | None
    interval_hours: int | None
    next_due_at: datetime | None = Field(description="Null when stopped, or taken when needed")


class MedicationPage(Page):
    items: list[MedicationView]


class NotGivenReason(StrEnum):
    """Why a dose was left out."""

    REFUSED = "patient_refused"
    ABSENT = "patient_absent"
    NIL_BY_MOUTH = "nil_by_mouth"
    NOT_AVAILABLE = "not_available"
    HELD = "held_by_clinician"


class NewDose(BaseModel):
    """What became of the dose that is due: given, or left out with a reason."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["given", "not_given"]
    reason_code: NotGivenReason | None = Field(None, description="Of a dose that was not given, and of no other")
    given_at: Moment | None = Field(None, description="Of a dose that was given; now when left out")


class DoseView(BaseModel):
    dose_id: uuid.UUID
    medication_id: uuid.UUID
    patient_id: str
    due_at: datetime
    outcome: Literal["given", "not_given"]
    reason_code: NotGivenReason | None
    given_at: datetime | None
    recorded_at: datetime
    recorded_by: str = Field(description="Shown name of who recorded it")


class DoseRecorded(DoseView):
    """A dose, and when the medicine is due next."""

    next_due_at: datetime


class DosePage(Page):
    items: list[DoseView]


class DueDose(BaseModel):
    """A dose that is due or will be, with whom it is for."""

    medication_id: uuid.UUID
    patient_id: str
    display_name: str
    name: str
    dose: str
    instruction: str
    due_at: datetime
    state: DoseState
    version: int = Field(ge=1, description="Of the medication, for If-Match when the dose is recorded")


class DueDosePage(Page):
    items: list[DueDose]


class NewCareTask(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: ShortLine
    priority: Priority = 2
    due_at: Moment | None = None


class CareTaskChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal["done", "cancelled"]


class CareTaskView(BaseModel):
    task_id: uuid.UUID
    patient_id: str
    title: str
    status: Literal["open", "done", "cancelled"]
    priority: int = Field(ge=1, le=3)
    due_at: datetime | None
    version: int = Field(ge=1)
    created_at: datetime
    done_at: datetime | None


class CareTaskPage(Page):
    items: list[CareTaskView]


class DueTask(CareTaskView):
    """An open task with whom it is for."""

    display_name: str
    is_overdue: bool


class DueTaskPage(Page):
    items: list[DueTask]


class Visit(BaseModel):
    """A registration as the chart shows it."""

    registration_id: str
    registered_at: datetime
    facility: str
    condition: str | None
    condition_code: str | None
    acuity: int | None
    systolic_bp: float | None
    diastolic_bp: float | None
    heart_rate: float | None
    respiratory_rate: float | None
    temperature_c: float | None
    spo2_pct: float | None
    outcome: str | None
    outcome_at: datetime | None


class VisitPage(Page):
    items: list[Visit]


class Insight(BaseModel):
    """One sentence that a rule says of a chart, why it says so, and where the rule comes from."""

    code: str
    sentence: str
    reason: str
    source: str
    urgency: Literal["now", "soon", "routine"]


class InsightList(BaseModel):
    items: list[Insight]
    note: str = "From fixed rules with the sources named; not a diagnosis. A clinician decides."
    next: None = None
