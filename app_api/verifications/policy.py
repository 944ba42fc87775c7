"""The rules of proofs of profession that need no database.

Belongs here: which roles are proven, how long an approval may hold, who may decide. Does not belong here: what a role
is at a moment (`app_api.identity.policy.role_at`).
"""

import uuid
from datetime import datetime, timedelta

from app_api.verifications.errors import ExpiryError, RoleNotVerifiableError, SecondPersonError
from core.vocabulary import Role

VERIFIABLE = (Role.DOCTOR, Role.NURSE)
LONGEST_APPROVAL = timedelta(days=5 * 366)
MIN_REASON = 10
#: Of one account, whatever became of them.
MAX_DOCUMENTS = 10


def wanted_role(given: str | None, *, present: Role) -> Role:
    """Return the role that a document is to prove: the one named, or the one held.

    Raises
    ------
    RoleNotVerifiableError
    """
    name = given or str(present)
    if name not in VERIFIABLE:
        raise RoleNotVerifiableError(f"wanted_role must be {' or '.join(VERIFIABLE)}")
    return Role(name)


def check_decider(decider: uuid.UUID, *, subject: uuid.UUID, uploader: uuid.UUID) -> None:
    """Refuse somebody who decides on their own document.

    Raises
    ------
    SecondPersonError
    """
    if decider in (subject, uploader):
        raise SecondPersonError("somebody else must decide on a document that is about you or that you uploaded")


def check_expiry(expires_at: datetime | None, *, is_approval: bool, now: datetime) -> None:
    """Refuse an approval without an end, one that has ended, or one for too long; and an end of a rejection.

    Raises
    ------
    ExpiryError
    """
    if not is_approval:
        if expires_at is not None:
            raise ExpiryError("a rejection has no expires_at")
        return
    if expires_at is None or not now < expires_at <= now + LONGEST_APPROVAL:
        raise ExpiryError("an approval needs expires_at: in the future, at most five years from now")
