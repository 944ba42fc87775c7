"""The person as whom the fuzzer runs, and the register of requests that are known to succeed.

Belongs here: asking as somebody, reading ids from the database, the register. Does not belong here: the requests
themselves (`fuzz_seeds_…`), the run (`fuzz.py`).
"""

import hashlib
import io
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg2
import psycopg2.extras
import pyotp
from PIL import Image

PASSWORD = "correct horse battery staple"
_OPEN = """
    INSERT INTO user_session (token_hash, user_id, created_at, last_seen_at, expires_at)
    SELECT %s, user_id, now(), now(), now() + interval '1 hour' FROM user_account WHERE email = %s
"""
_HALF_WAY = """
    INSERT INTO login_challenge (token_hash, user_id, attempts, expires_at)
    VALUES (%s, %s, 0, now() + interval '10 minutes')
"""


class World:
    """The hospital as one person sees it, and whom else they work with.

    Attributes
    ----------
    user_id, role, patient_id : str
        Of the account as which the run is made; `patient_id` is the one who is treated by everybody here.
    origin : str
        Where the application believes its browsers to be (`MEDISYNC_PUBLIC_URL`).
    """

    def __init__(self, dsn: str, address: str, email: str, *, origin: str) -> None:
        self.origin = origin
        self._connection = psycopg2.connect(dsn)
        self._connection.autocommit = True
        psycopg2.extras.register_uuid()
        self._http = httpx.Client(base_url=address, timeout=30)
        self.email = email
        self.user_id, self.role = self.row("SELECT user_id::text, role FROM user_account WHERE email = %s", email)
        (self._password_hash,) = self.row("SELECT password_hash FROM user_account WHERE email = %s", email)
        self.patient_id = self.row("SELECT max(patient_id) FROM user_account")[0] or "nobody"

    def run(self, statement: str, *values: Any) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)

    def row(self, query: str, *values: Any) -> tuple[Any, ...]:
        """Return the first row.

        Raises
        ------
        LookupError
            If there is none: the seed is left out.
        """
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            found = cursor.fetchone()
        if found is None:
            raise LookupError(query)
        return found

    def session(self, email: str | None = None) -> str:
        """Open a session as a sign-in does, and return its token."""
        token = secrets.token_urlsafe(32)
        self.run(_OPEN, hashlib.sha256(token.encode()).digest(), email or self.email)
        return token

    def ask(
        self,
        method: str,
        path: str,
        *,
        role: str | None = None,
        token: str | None = None,
        cookies: dict[str, str] | None = None,
        **how: Any,
    ) -> httpx.Response:
        """Ask as somebody of a role, or as oneself (in a session of one's own); an answer that is no 2xx raises."""
        email = None
        if role is not None and role != self.role:
            (email,) = self.row("SELECT email FROM user_account WHERE role = %s AND is_active LIMIT 1", role)
        cookies = cookies or {"__Host-session": token or self.session(email)}
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = {"cookie": header, **how.pop("headers", {})}
        return self._http.request(method, path, headers=headers, **how).raise_for_status()

    def half_way(self) -> dict[str, str]:
        """Return the cookie of a sign-in whose password was right."""
        token = secrets.token_urlsafe(32)
        self.run(_HALF_WAY, hashlib.sha256(token.encode()).digest(), self.user_id)
        return {"__Host-challenge": token}

    def without_factor(self) -> None:
        self.run("DELETE FROM user_mfa WHERE user_id = %s", self.user_id)

    def with_first_password(self) -> None:
        self.run("UPDATE user_account SET password_hash = %s WHERE email = %s", self._password_hash, self.email)

    def authenticator_code(self) -> str:
        """Set up an authenticator and return its first code."""
        self.without_factor()
        secret = self.ask("POST", "/api/auth/mfa/setup").json()["secret"]
        return pyotp.TOTP(secret).now()

    def with_factor(self) -> None:
        """Have an authenticator, and no passkeys."""
        self.ask("POST", "/api/auth/mfa/confirm", json={"code": self.authenticator_code()})
        self.run("DELETE FROM passkey WHERE user_id = %s", self.user_id)

    def staff(self) -> str:
        return self.role if self.role in ("doctor", "nurse") else "nurse"

    def new_account(self, role: str = "nurse") -> str:
        """Make an account that nobody signs in to, and return its id."""
        user_id = str(uuid.uuid4())
        self.run(
            "INSERT INTO user_account (user_id, email, display_name, role, password_hash, is_active, created_at) "
            "VALUES (%s, %s, 'Somebody', %s, 'none', true, now())",
            user_id, f"{user_id}@clinic.example", role,
        )  # fmt: skip
        return user_id


Seed = dict[str, Any]
SEEDS: dict[str, Callable[[World], Seed]] = {}


def seed(*operations: str) -> Callable[[Callable[[World], Seed]], Callable[[World], Seed]]:
    """Register a function that makes the request of an operation: path, query, headers, cookies, body."""

    def registered(make: Callable[[World], Seed]) -> Callable[[World], Seed]:
        SEEDS.update(dict.fromkeys(operations, make))
        return make

    return registered


def soon(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat().replace("+00:00", "Z")  # noqa: TID251


def word() -> str:
    return secrets.token_hex(5)


def picture() -> bytes:
    """Return a small PNG that no other one equals: a chart takes the same file once."""
    file, colour = io.BytesIO(), tuple(secrets.token_bytes(3))
    Image.new("RGB", (80, 60), colour).save(file, "PNG")
    return file.getvalue()
