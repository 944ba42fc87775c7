"""What can go wrong with an alert.

Belongs here: errors of this domain. Does not belong here: faults of single fields (the schema names those).
"""

from core.errors import NotFoundError


class AlertNotFoundError(NotFoundError):
    """No alert by that id was ever published."""

    code = "alert_not_found"
