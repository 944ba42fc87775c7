"""What can go wrong with patients.

Belongs here: errors of this domain. Does not belong here: who may do what in general (`app_api.permissions`).
"""

from core.errors import ConflictError, NotFoundError, RefusedError


class PatientNotFoundError(NotFoundError):
    """No such patient, or none that the person may see: the two are not told apart."""

    code = "patient_not_found"


class PatientExistsError(ConflictError):
    """The id, or an identifier such as the hospital number, belongs to a patient already."""

    code = "patient_exists"


class PossibleDuplicateError(ConflictError):
    """The match score finds somebody who may be meant; say `is_new_person` if it is another one."""

    code = "possible_duplicate"


class PairNotFoundError(NotFoundError):
    code = "pair_not_found"


class PairDecidedError(ConflictError):
    code = "pair_decided"


class GrantNotFoundError(NotFoundError):
    code = "grant_not_found"


class GrantReviewedError(ConflictError):
    code = "grant_reviewed"


class OwnGrantError(RefusedError):
    """Nobody reviews their own emergency access."""

    code = "second_person_needed"
