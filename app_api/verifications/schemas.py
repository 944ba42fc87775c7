"""Proofs of profession on the wire.

Belongs here: requests and answers. Does not belong here: rules (`policy`), the file itself.
"""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.verifications.policy import MIN_REASON
from app_api.wire import Line, Moment, Page
from core.vocabulary import Role

Status = Literal["pending", "approved", "rejected"]
DecisionReason = Annotated[Line, Field(min_length=MIN_REASON, max_length=500)]


class VerificationView(BaseModel):
    """An uploaded proof and what became of it."""

    verification_id: uuid.UUID
    user_id: uuid.UUID
    wanted_role: Role
    media_type: str
    size_bytes: int = Field(ge=0)
    file_sha256: str = Field(description="Of the bytes that are kept")
    status: Status
    uploaded_at: datetime
    decided_at: datetime | None
    reason: str | None
    expires_at: datetime | None = Field(description="Of an approval: from then on the account has a patient's rights")


class VerificationList(BaseModel):
    items: list[VerificationView]
    next: None = None


class VerificationLine(VerificationView):
    """The same as an administrator sees it."""

    display_name: str
    email: str
    present_role: Role
    decided_by: str | None = Field(description="Shown name of whoever decided")


class VerificationPage(Page):
    items: list[VerificationLine]
    pending_count: int = Field(ge=0)


class VerificationDecision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Literal["approved", "rejected"]
    reason: DecisionReason = Field(description="Shown to whoever uploaded it")
    expires_at: Moment | None = Field(None, description="Of an approval: until when the role holds")
