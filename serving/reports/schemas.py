"""Bodies of the report API.

Belongs here: one body a role, made from the table of plans. Does not belong here: the plans (`reports.plans`).
"""

from datetime import datetime
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, create_model

from app_api.wire import Page
from core.vocabulary import Role
from reports.plans import PLANS


class ReportRequest(BaseModel):
    """Whose report, and which of its sections; without sections, all of them."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    sections: list[str] | None = None


def _body_of(role: Role) -> type[ReportRequest]:
    sections = Literal[PLANS[role].sections]  # type: ignore[valid-type]
    chosen: Any = (Annotated[list[sections], Field(max_length=20)] | None, None)
    name = f"{role.value.title().replace('_', '')}Report"
    return create_model(name, __base__=ReportRequest, role=(Literal[role], ...), sections=chosen)


#: A role's report takes that role's sections only, and a refusal names them.
ReportBody = Annotated[Union[tuple(_body_of(role) for role in PLANS)], Field(discriminator="role")]  # noqa: UP007


class StoredReportView(BaseModel):
    """One report of the nightly run."""

    report_id: str
    role: Role
    as_of: datetime
    made_at: datetime
    size_bytes: int = Field(ge=0, le=2**53 - 1)
    sha256: str
    is_suppressed: bool


class StoredReports(Page):
    items: list[StoredReportView]
