"""The only place that asks what time it is.

Belongs here: `now` and `today`, in UTC. Does not belong here: time zones of a clinic, formatting, durations.
"""

from datetime import UTC, date, datetime


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the current date in UTC."""
    return now().date()


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC with a trailing Z, to the microsecond only where there is one.

    Raises
    ------
    ValueError
        If `moment` has no time zone: a naive time has no meaning here.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; every time in MediSync is UTC")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
