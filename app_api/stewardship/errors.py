"""What can go wrong with a decision.

Belongs here: errors of this domain. Does not belong here: faults of a body's shape (the schemas).
"""

from core.errors import ConflictError, InputError, NotFoundError


class ParkedRowMissingError(NotFoundError):
    code = "parked_row_not_found"


class AlreadyDecidedError(ConflictError):
    """The row was fixed or waived already."""

    code = "already_decided"


class FieldFaultError(InputError):
    """A corrected field cannot be right; the message names the field and what is allowed, never the value."""

    code = "field_fault"


class MonthOutsideError(InputError):
    """A month before the pipeline's history begins, or one to come."""

    code = "month_outside"


class NotWaivableError(InputError):
    """A rule that no row may break."""

    code = "rule_not_waivable"


class NothingToReplayError(ConflictError):
    code = "nothing_to_replay"


class ReplayMissingError(NotFoundError):
    code = "replay_not_found"
