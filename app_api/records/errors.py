"""What can go wrong with a chart.

Belongs here: errors of this domain. Does not belong here: errors of patients and relations.
"""

from core.errors import ConflictError, NotFoundError


class EntryNotFoundError(NotFoundError):
    code = "entry_not_found"


class NotOpenError(ConflictError):
    """A medication that was stopped, or a task that is closed, stays so."""

    code = "not_open"


class DoseNotDueError(ConflictError):
    """A dose of a medicine that is taken when needed, or one whose time has not come."""

    code = "dose_not_due"
