"""What goes over the wire about accounts and sessions.

Belongs here: pydantic models of requests and answers. Does not belong here: rules (`policy`) and rows (`repository`).
"""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app_api.identity.policy import MAX_PASSWORD, MIN_STAFF_PASSWORD
from app_api.identity.session_book import Principal
from app_api.wire import WHOLE, Line, Page, ShortLine
from core.vocabulary import Language, Role

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
    role_expires_at: datetime | None = Field(
        None, description="When a role that was proven by a document runs out; null when it does not"
    )
    language: Language | None = Field(None, description="What the person reads; null: what the browser asks for")

    @classmethod
    def of(cls, person: Principal, **more: Any) -> Self:
        """Return the view of a principal, with whatever a further class adds."""
        return cls(
            user_id=person.user_id,
            email=person.email,
            display_name=person.display_name,
            role=person.role,
            role_expires_at=person.role_expires_at,
            language=person.language,
            **more,
        )


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


class NewPatientAccount(BaseModel):
    """What a patient gives to open an account; the hospital links it to a record when it knows the person."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    display_name: ShortLine
    password: NewPassword


class CreatedAccount(Account):
    generated_password: str | None = Field(description="Shown this once; null when the caller chose the password")


class AccountChange(BaseModel):
    """What an administrator may change; a new role or a lock ends the person's sessions."""

    model_config = ConfigDict(extra="forbid")

    display_name: ShortLine | None = None
    role: Role | None = None
    is_active: bool | None = Field(None, strict=True)


Why = Annotated[Line, Field(min_length=10, max_length=500)]


class MfaResetWish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Why = Field(description="How it was made sure that this is the person")


class MfaResetDecision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_approved: bool = Field(strict=True)


class MfaResetView(BaseModel):
    """A wish to take a second factor away, and what a second administrator said."""

    request_id: uuid.UUID
    user_id: uuid.UUID
    display_name: str
    email: str
    reason: str
    status: Literal["open", "approved", "refused"]
    requested_by_id: uuid.UUID
    requested_by: str | None
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class MfaResetPage(Page):
    items: list[MfaResetView]


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


class SecondStep(BaseModel):
    """The password was right; a code is awaited at `/api/auth/mfa`."""

    mfa_required: Literal[True] = True
    enrolment_required: bool = Field(description="No second factor yet: POST /api/auth/mfa/enrol first")
    has_passkey: bool = Field(description="A passkey may answer instead: POST /api/auth/mfa/passkey/options")


class Code(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9A-Za-z -]{6,32}$")]


class SignedIn(Me):
    recovery_codes: list[str] | None = Field(
        None, description="Shown this once, after the first code: each signs in once when the authenticator is lost"
    )


class EnrolmentView(BaseModel):
    """Shown once, to be scanned."""

    secret: str
    uri: str
    qr_svg: str


class MfaState(BaseModel):
    is_enabled: bool
    is_mandatory: bool
    recovery_codes_left: int = Field(ge=0)


class PresentPassword(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password


_Base64Url = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]+$", min_length=1)]
CredentialId = Annotated[_Base64Url, Field(max_length=1400)]
Blob = Annotated[_Base64Url, Field(max_length=16_000)]


class AttestationResponse(BaseModel):
    """What an authenticator says of a new key; what else a browser sends is left aside."""

    clientDataJSON: Blob  # noqa: N815 (WebAuthn's names)
    attestationObject: Blob  # noqa: N815
    transports: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=10)] = []


class AssertionResponse(BaseModel):
    """An authenticator's signature over a challenge."""

    clientDataJSON: Blob  # noqa: N815
    authenticatorData: Blob  # noqa: N815
    signature: Blob
    userHandle: Annotated[str, Field(max_length=128)] | None = None  # noqa: N815


class _PublicKeyCredential(BaseModel):
    id: CredentialId
    rawId: CredentialId  # noqa: N815
    type: Literal["public-key"]


class NewCredential(_PublicKeyCredential):
    """`PublicKeyCredential.toJSON()` of a registration (WebAuthn Level 3)."""

    response: AttestationResponse


class UsedCredential(_PublicKeyCredential):
    """`PublicKeyCredential.toJSON()` of a sign-in."""

    response: AssertionResponse


class NewPasskey(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ShortLine
    credential: NewCredential


class PasskeyAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    credential: UsedCredential


class PasskeyOptions(BaseModel):
    """What a browser is asked with, valid for two minutes and one answer."""

    options: dict[str, Any]


class PasskeyView(BaseModel):
    passkey_id: uuid.UUID
    name: str
    is_backed_up: bool = Field(description="Kept by a provider, so it may be on several machines")
    created_at: datetime
    last_used_at: datetime | None


class PasskeyList(BaseModel):
    items: list[PasskeyView]
    next: None = None


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password
    new_password: NewPassword


class ProfileChange(BaseModel):
    """What everybody may change of themselves; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    display_name: ShortLine | None = Field(None, description="The shown name; null leaves it")
    language: Language | None = Field(None, description="What the person reads; null: what the browser asks for")

    def columns(self) -> dict[str, str | None]:
        """Return what is to change."""
        name = {} if self.display_name is None else {"display_name": self.display_name}
        return name | ({"language": self.language} if "language" in self.model_fields_set else {})


Scope = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9_.]{1,64}$")]
Days = Annotated[int, Field(ge=1, le=90), WHOLE]


class NewToken(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ShortLine
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=50)]
    lifetime_days: Days = 30
    queue_id: uuid.UUID | None = Field(
        None, description="Of a wall screen, with the right `queue.wall` alone: the one queue whose wall it may read"
    )


class TokenView(BaseModel):
    """A machine's token; the token itself is shown when it is made and never again."""

    token_id: str
    name: str
    scopes: list[str]
    queue_id: uuid.UUID | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class CreatedToken(TokenView):
    token: str


class TokenList(BaseModel):
    items: list[TokenView]
    allowed_scopes: list[str]
    next: None = None
