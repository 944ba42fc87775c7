"""The rules of identity that need no database: time-outs, folding of e-mails, passwords, delays.

Belongs here: pure rules. Does not belong here: storage, HTTP.
"""

import secrets
import unicodedata
from datetime import datetime, timedelta

from zxcvbn_rs_py import zxcvbn

from app_api.identity.errors import WeakPasswordError
from core.vocabulary import Role

#: A session ends this long after sign-in, whatever happens (NIST SP 800-63B-4 allows up to 24 h).
ABSOLUTE_LIFETIME = timedelta(hours=12)
#: A session ends after this long without a request: staff sit at shared screens (45 CFR 164.312(a)(2)(iii)).
STAFF_IDLE = timedelta(minutes=15)
PATIENT_IDLE = timedelta(minutes=30)
#: How exactly `last_seen_at` is kept: it is written at most this often.
TOUCH_INTERVAL = timedelta(seconds=30)
MAX_SESSIONS = 5

MIN_STAFF_PASSWORD = 12
MIN_PATIENT_PASSWORD = 15
MAX_PASSWORD = 256
#: Of zxcvbn, 0 to 4: 3 means about 100 million guesses or more.
MIN_STRENGTH = 3
_JUDGED = 72

#: Failed attempts on one account before it must wait, and the longest wait.
FREE_FAILURES = 5
LONGEST_DELAY_SECONDS = 15 * 60
#: Failed attempts from one address in one minute.
ADDRESS_FAILURES_PER_MINUTE = 30


def idle_limit(role: Role) -> timedelta:
    """Return how long a session of this role may rest."""
    return PATIENT_IDLE if role is Role.PATIENT else STAFF_IDLE


def is_live(*, role: Role, last_seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
    """Say whether a session still holds at `now`: neither past its end nor idle for too long."""
    return now < expires_at and now - last_seen_at < idle_limit(role)


def role_at(role: Role, role_expires_at: datetime | None, now: datetime) -> Role:
    """Return the role that an account has at `now`: one that was proven by a document ends with it.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> end = datetime(2027, 1, 1, tzinfo=UTC)
    >>> role_at(Role.DOCTOR, end, datetime(2026, 12, 31, tzinfo=UTC)), role_at(Role.DOCTOR, end, end)
    (<Role.DOCTOR: 'doctor'>, <Role.PATIENT: 'patient'>)
    """
    return role if role_expires_at is None or now < role_expires_at else Role.PATIENT


def fold_email(text: str) -> str:
    """Return an e-mail address in the one form that it is stored and looked up in.

    Examples
    --------
    >>> fold_email(" Ada@Example.ORG ")
    'ada@example.org'
    """
    return unicodedata.normalize("NFKC", text).strip().lower()


def check_password(password: str, *, role: Role, words: tuple[str, ...] = ()) -> None:
    """Refuse a password that is too short for the role, common, or made of words about the person.

    Length counts characters after NFC; there is no rule of composition and no truncation (NIST SP 800-63B-4).

    Raises
    ------
    WeakPasswordError
        Naming the rule, never the password.
    """
    text = unicodedata.normalize("NFC", password)
    shortest = MIN_PATIENT_PASSWORD if role is Role.PATIENT else MIN_STAFF_PASSWORD
    if not shortest <= len(text) <= MAX_PASSWORD:
        raise WeakPasswordError(f"a password of the role {role} has {shortest} to {MAX_PASSWORD} characters")
    rest = text.lower()
    for word in ("medisync", *words):
        if len(word) >= 3:
            rest = rest.replace(word.lower(), "")
    if len(set(rest)) < 5 or len(rest) < 8:
        raise WeakPasswordError(
            "take away your name, your e-mail and repetition, and too little of the password is left"
        )
    # Lists of common passwords, names, words and keyboard walks come with the library; long ones cost it time.
    if int(zxcvbn(text[:_JUDGED], ["medisync", *words]).score) < MIN_STRENGTH:
        raise WeakPasswordError("this password is on lists of common ones, or made of what is on them")


def generated_password() -> str:
    """Return a new random password of 120 bits, easy to copy."""
    return "-".join(secrets.token_hex(3) for _ in range(5))


def delay_after(failures: int) -> int:
    """Return the seconds that an account must wait after its n-th failure in a row: 0 at first, then 60 to 900.

    Examples
    --------
    >>> [delay_after(n) for n in (4, 5, 6, 7, 20)]
    [0, 60, 120, 240, 900]
    """
    if failures < FREE_FAILURES:
        return 0
    return min(60 * 2 ** min(failures - FREE_FAILURES, 10), LONGEST_DELAY_SECONDS)
