"""The rules of staff profiles that need no database.

Belongs here: words of the profile, and what a licence is at a moment. Does not belong here: what ends a role
(`app_api.identity.policy.role_at`): the licence's end is that of the document that proved it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

EXPIRES_SOON: Final = timedelta(days=60)
MAX_LANGUAGES: Final = 12
_CODES: Final = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja "
    "jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb "
    "nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq "
    "sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
)
#: ISO 639-1.
LANGUAGES: Final = frozenset(_CODES.split())


class ShiftPreference(StrEnum):
    """When somebody would rather work."""

    EARLY = "early"
    LATE = "late"
    NIGHT = "night"
    ANY = "any"


class Qualification(StrEnum):
    """What an administrator has seen proof of."""

    REGISTERED_NURSE = "registered_nurse"
    NURSE_PRACTITIONER = "nurse_practitioner"
    MIDWIFE = "midwife"
    BOARD_CERTIFIED = "board_certified"
    TRIAGE_TRAINED = "triage_trained"
    ADVANCED_LIFE_SUPPORT = "advanced_life_support"
    PAEDIATRIC_LIFE_SUPPORT = "paediatric_life_support"
    CRITICAL_CARE = "critical_care"
    WOUND_CARE = "wound_care"
    INFECTION_CONTROL = "infection_control"


class LicenceState(StrEnum):
    """What a licence is worth now."""

    NONE = "none"
    VALID = "valid"
    EXPIRES_SOON = "expires_soon"
    EXPIRED = "expired"


def licence_state(expires_at: datetime | None, now: datetime) -> LicenceState:
    """Return what a licence is at `now`; without an end there is no document behind it.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 28, tzinfo=UTC)
    >>> licence_state(now + timedelta(days=59), now), licence_state(now, now), licence_state(None, now)
    (<LicenceState.EXPIRES_SOON: 'expires_soon'>, <LicenceState.EXPIRED: 'expired'>, <LicenceState.NONE: 'none'>)
    """
    if expires_at is None:
        return LicenceState.NONE
    if expires_at <= now:
        return LicenceState.EXPIRED
    return LicenceState.EXPIRES_SOON if expires_at - now < EXPIRES_SOON else LicenceState.VALID
