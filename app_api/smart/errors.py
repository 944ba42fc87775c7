"""What can go wrong with clients and their tokens.

Belongs here: errors of this domain; those of the token endpoint have OAuth 2.0's codes (RFC 6749, 5.2). Does not
belong here: their shape on the wire (`serving.oauth`).
"""

from core.errors import ConflictError, InputError, MediSyncError, NotFoundError


class TokenRefusedError(MediSyncError):
    """A token was asked for wrongly; the sentence is for whoever maintains the client, in plain ASCII."""

    status = 400


class InvalidRequestError(TokenRefusedError):
    code = "invalid_request"


class UnsupportedGrantError(TokenRefusedError):
    code = "unsupported_grant_type"


class InvalidScopeError(TokenRefusedError):
    code = "invalid_scope"


class InvalidClientError(TokenRefusedError):
    """Not shown to be a client that is registered and not revoked."""

    code = "invalid_client"
    status = 401


class BadKeyError(InputError):
    """A key that no assertion of a client can be checked with."""

    code = "bad_key"


class ClientScopeError(InputError):
    code = "scope_not_allowed"


class TooManyClientsError(ConflictError):
    code = "too_many_clients"


class UnknownClientError(NotFoundError):
    code = "smart_client_not_found"
