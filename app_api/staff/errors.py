"""What can go wrong with a staff profile.

Belongs here: errors of this domain. Does not belong here: errors of accounts (`app_api.identity.errors`).
"""

from core.errors import ConflictError, NotFoundError, RefusedError


class StaffNotFoundError(NotFoundError):
    """No such account, or none of a doctor or a nurse."""

    code = "staff_not_found"


class NotProvenError(ConflictError):
    """A licence is written down only where an approved document proves the role that the person has."""

    code = "not_proven"


class LicenceKnownError(ConflictError):
    code = "licence_known"


class OwnVerificationError(RefusedError):
    """Nobody verifies themselves."""

    code = "second_person_needed"
