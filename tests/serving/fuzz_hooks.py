"""What Schemathesis needs to speak to our API: a fresh session of one role for each case.

Belongs here: authentication of the fuzzer. Does not belong here: the run itself (`fuzz.py`). Loaded by Schemathesis
through SCHEMATHESIS_HOOKS; FUZZ_DSN and FUZZ_EMAIL say where and as whom.
"""

import hashlib
import os
import secrets
import uuid

import psycopg2
import schemathesis

_CONNECTION = psycopg2.connect(os.environ["FUZZ_DSN"])  # noqa: TID251 (a program of its own)
_CONNECTION.autocommit = True
_EMAIL = os.environ["FUZZ_EMAIL"]  # noqa: TID251
_OPEN = """
    INSERT INTO user_session (token_hash, user_id, created_at, last_seen_at, expires_at)
    SELECT %s, user_id, now(), now(), now() + interval '1 hour' FROM user_account WHERE email = %s
"""


@schemathesis.auth(refresh_interval=None)
class FreshSession:
    """A new session each time: some operations end sessions, and that must not starve the cases after them."""

    def get(self, case, context):
        token = secrets.token_urlsafe(32)
        with _CONNECTION.cursor() as cursor:
            cursor.execute(_OPEN, (hashlib.sha256(token.encode()).digest(), _EMAIL))
        return token

    def set(self, case, data, context):
        case.cookies = {**(case.cookies or {}), "__Host-session": data}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Now and then name a thing that is there, so that every operation is also seen to succeed."""
    known = {
        "version": 1,
        "run_id": str(uuid.UUID(int=5)),
        "receipt_id": "rcp_health_trends_1795305600",
    }
    if secrets.randbelow(2) and path_parameters:
        for name, value in known.items():
            if name in path_parameters:
                path_parameters[name] = value
    return path_parameters
