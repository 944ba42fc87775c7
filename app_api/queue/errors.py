"""What can go wrong in a queue.

Belongs here: errors of this domain. Does not belong here: faults of single fields.
"""

from core.errors import ConflictError, InputError, NotFoundError, RefusedError


class QueueNotFoundError(NotFoundError):
    code = "queue_not_found"


class EntryNotFoundError(NotFoundError):
    code = "queue_entry_not_found"


class AlreadyInQueueError(ConflictError):
    """The patient stands in this queue already."""

    code = "already_in_queue"


class QueueExistsError(ConflictError):
    code = "queue_exists"


class MoveNotAllowedError(ConflictError):
    """The entry is not in a state from which that move is possible."""

    code = "move_not_allowed"


class NothingToUndoError(ConflictError):
    code = "nothing_to_undo"


class AssignmentError(InputError):
    """Patients can be assigned to doctors who have an account."""

    code = "not_assignable"


class ReasonMissingError(InputError):
    """Another than the suggested doctor is chosen, and nothing says why."""

    code = "reason_missing"


class NotAssignedError(RefusedError):
    """The patient is assigned to somebody else."""

    code = "assigned_to_another"
