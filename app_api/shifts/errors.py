"""What can go wrong with a shift.

Belongs here: errors of this domain. Does not belong here: faults of single fields.
"""

from core.errors import ConflictError


class ShiftChangeError(ConflictError):
    """From that state the shift cannot go there."""

    code = "shift_change_not_allowed"
