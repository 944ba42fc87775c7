"""The one small tree of errors. Each names the bad value and what is allowed, and has a stable code.

Belongs here: error classes that two rooms raise or catch. Does not belong here: HTTP (serving/ turns these into
problem details) and exit codes (medisync/ does that).

    MediSyncError
    ├── InputError        what came in is wrong: the caller can mend it
    ├── NotFoundError     nothing by that name
    ├── ConflictError     it clashes with what is already there
    ├── RefusedError      allowed by no rule (permission, gate, policy)
    ├── UnavailableError  a service that we need is away; trying again may help
    └── IntegrityError    something that must be true is not (signature, hash, seal)
"""


class MediSyncError(Exception):
    """Root of every error that MediSync raises on purpose.

    Parameters
    ----------
    message : str
        One sentence for a person; never a patient's value.
    code : str, optional
        Stable, lower_snake_case; the class's own code when left out.
    """

    code = "medisync_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InputError(MediSyncError):
    code = "invalid_input"


class NotFoundError(MediSyncError):
    code = "not_found"


class ConflictError(MediSyncError):
    code = "conflict"


class RefusedError(MediSyncError):
    code = "refused"


class UnavailableError(MediSyncError):
    code = "unavailable"


class IntegrityError(MediSyncError):
    code = "integrity"
