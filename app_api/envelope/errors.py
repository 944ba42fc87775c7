"""What can go wrong with a write as such.

Belongs here: errors of keys and versions. Does not belong here: errors of any domain.
"""

from core.errors import ConflictError, RefusedError


class KeyReusedError(ConflictError):
    """The same Idempotency-Key came with another request."""

    code = "idempotency_key_reused"


class VersionMissingError(RefusedError):
    """A change of a versioned row without saying which version was seen."""

    code = "if_match_missing"
    status = 428


class VersionStaleError(ConflictError):
    """Somebody else changed the row meanwhile."""

    code = "version_stale"
    status = 412
