"""What can go wrong in a queue.

Belongs here: errors of this domain. Does not belong here: faults of single fields.
"""

from core.errors import ConflictError, NotFoundError


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
