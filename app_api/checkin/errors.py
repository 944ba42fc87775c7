"""What can go wrong at check-in.

Belongs here: errors of this domain. Does not belong here: those of queues and appointments.
"""

from core.errors import ConflictError


class NotNowError(ConflictError):
    """Too early for the appointment, or it is over."""

    code = "check_in_not_now"
