"""What can go wrong with a proof of profession.

Belongs here: errors of this domain. Does not belong here: errors of signing in (`app_api.identity.errors`).
"""

from core.errors import ConflictError, InputError, NotFoundError, RefusedError


class RoleNotVerifiableError(InputError):
    """Only clinical roles are proven by a document."""

    code = "role_not_verifiable"


class NotYourAccountError(RefusedError):
    code = "not_your_account"


class SecondPersonError(RefusedError):
    """Whoever uploaded a document, or whom it is about, does not decide on it."""

    code = "second_person_needed"


class TooManyDocumentsError(ConflictError):
    code = "too_many_documents"


class UnknownVerificationError(NotFoundError):
    code = "verification_not_found"


class DecidedError(ConflictError):
    code = "already_decided"


class ExpiryError(InputError):
    """An approval must say until when it holds."""

    code = "bad_expiry"
