"""What can go wrong while signing in.

Belongs here: errors of identity with their HTTP status. Does not belong here: their rendering (`serving.problems`).
"""

from core.errors import ConflictError, InputError, MediSyncError, NotFoundError, RefusedError


class NotSignedInError(RefusedError):
    """No session, or one that has ended."""

    code = "not_signed_in"
    status = 401


class BadCredentialsError(RefusedError):
    """Wrong e-mail or wrong password; which of them is not said."""

    code = "bad_credentials"
    status = 401


class ForbiddenError(RefusedError):
    """Signed in, but the role may not."""

    code = "forbidden"
    status = 403


class TooManyAttemptsError(MediSyncError):
    """Too many failed attempts, or too many sign-ins waiting: try again after `retry_after` seconds."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class EmailTakenError(ConflictError):
    code = "email_taken"


class UnknownUserError(NotFoundError):
    code = "user_not_found"


class LastAdministratorError(ConflictError):
    """Without an administrator nobody could make one."""

    code = "last_administrator"


class NoSecondFactorError(ConflictError):
    code = "no_second_factor"


class ResetOpenError(ConflictError):
    code = "reset_open"


class ResetDecidedError(ConflictError):
    code = "already_decided"


class UnknownResetError(NotFoundError):
    code = "reset_not_found"


class SecondAdministratorError(RefusedError):
    """Whoever asked for a reset, or whose account it is, does not agree to it."""

    code = "second_person_needed"


class UnknownSessionError(NotFoundError):
    code = "session_not_found"


class WeakPasswordError(InputError):
    code = "weak_password"


class BadCodeError(RefusedError):
    """Wrong, old or used code of the second factor."""

    code = "bad_code"
    status = 401


class MfaEnabledError(ConflictError):
    code = "mfa_enabled"


class BadPasskeyError(RefusedError):
    """An answer of an authenticator that does not fit its challenge, this site, or its owner."""

    code = "bad_passkey"


class PasskeyKnownError(ConflictError):
    code = "passkey_known"


class TooManyPasskeysError(ConflictError):
    code = "too_many_passkeys"


class UnknownPasskeyError(NotFoundError):
    code = "passkey_not_found"


class TwoCredentialsError(MediSyncError):
    """A cookie and a bearer token in one request."""

    code = "two_credentials"
    status = 400


class ScopeError(InputError):
    """A token may not be given this right."""

    code = "scope_not_allowed"


class TooManyTokensError(ConflictError):
    code = "too_many_tokens"


class UnknownTokenQueueError(NotFoundError):
    """A token of a wall screen for a queue that is not there."""

    code = "queue_not_found"


class UnknownTokenError(NotFoundError):
    code = "token_not_found"


class BadPasswordError(RefusedError):
    """Wrong present password of somebody who is signed in."""

    code = "bad_password"
    status = 403
