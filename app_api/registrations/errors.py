"""What can go wrong with a registration.

Belongs here: errors of this domain. Does not belong here: faults of single fields (the schema names those).
"""

from core.errors import ConflictError


class RegistrationExistsError(ConflictError):
    """The id is taken."""

    code = "registration_exists"
