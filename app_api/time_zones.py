"""Time zones by their IANA name.

Belongs here: looking one up. Does not belong here: what happens in it.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import InputError


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises
    ------
    InputError
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError("time_zone is not an IANA name such as Europe/Berlin", code="unknown_time_zone") from error
