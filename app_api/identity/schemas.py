"""What goes over the wire about accounts and sessions.

Belongs here: pydantic models of requests and answers. Does not belong here: rules (`policy`) and rows (`repository`).
"""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app_api.identity.policy import MAX_PASSWORD, MIN_STAFF_PASSWORD
from app_api.wire import Page, ShortLine
from core.vocabulary import Role

Email = Annotated[
    str, StringConstraints(strict=True, pattern=r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}$")
]
Password = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=MAX_PASSWORD)]
#: The shortest of all roles; `policy.check_password` knows each role's own.
NewPassword = Annotated[str, StringConstraints(strict=True, min_length=MIN_STAFF_PASSWORD, max_length=MAX_PASSWORD)]


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password


class Me(BaseModel):
    """The person who is signed in."""

    user_id: uuid.UUID
    email: str
    display_name: str
    role: Role


class Account(Me):
    """An account as an administrator sees it."""

    is_active: bool
    patient_id: str | None
    created_at: datetime


class AccountPage(Page):
    items: list[Account]


class NewAccount(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email
    display_name: ShortLine
    role: Role
    password: NewPassword | None = Field(None, description="Generated and returned once when left out")
    patient_id: ShortLine | None = None


class CreatedAccount(Account):
    generated_password: str | None = Field(description="Shown this once; null when the caller chose the password")


class AccountChange(BaseModel):
    """What an administrator may change; a new role or a lock ends the person's sessions."""

    model_config = ConfigDict(extra="forbid")

    display_name: ShortLine | None = None
    role: Role | None = None
    is_active: bool | None = Field(None, strict=True)


class SessionView(BaseModel):
    """An open session; its id is a prefix of the stored hash, useless as a token."""

    session_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool


class SessionList(BaseModel):
    items: list[SessionView]
    next: None = None
