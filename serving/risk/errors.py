"""What can go wrong around the model.

Belongs here: errors of this domain. Does not belong here: faults of a release (`core.errors.IntegrityError`).
"""

from core.errors import ConflictError, NotFoundError, RefusedError, UnavailableError


class NoModelError(UnavailableError):
    """No champion was loaded yet."""

    code = "no_model"


class RegistryAwayError(UnavailableError):
    """The model registry does not answer."""

    code = "registry_away"


class UnknownVersionError(NotFoundError):
    code = "model_version_not_found"


class GateRefusedError(RefusedError):
    """The gate rejected this version."""

    code = "gate_refused"
    status = 409


class AlreadyChampionError(ConflictError):
    code = "already_champion"


class NothingToReturnToError(ConflictError):
    code = "no_previous_champion"


class CardIncompleteError(RefusedError):
    """An attribute of the model card is empty: nobody signed it, or the run did not fill it."""

    code = "card_incomplete"
    status = 409


class UnknownAttributeError(NotFoundError):
    code = "card_attribute_not_found"


class UnknownRequestError(NotFoundError):
    code = "promotion_request_not_found"


class RequestDecidedError(ConflictError):
    """The request was confirmed or withdrawn before, or has become too old."""

    code = "promotion_request_closed"


class SamePersonError(RefusedError):
    """Four eyes: whoever asked may not confirm."""

    code = "same_person"
    status = 409


class UnknownRegistrationError(NotFoundError):
    code = "registration_not_found"
