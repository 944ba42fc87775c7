"""From a month's forecast to an hour of it: the rule without a database.

Belongs here: the arithmetic. Does not belong here: reading forecasts and registrations (`repository`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta


def hourly_load(
    month_means: Mapping[str, float], profile: Mapping[tuple[int, int], float], moment: datetime
) -> float | None:
    """Return the registrations expected in the hour of `moment`: the month's forecast, spread as the past weeks were.

    Parameters
    ----------
    month_means : mapping of `YYYY-MM` to float
        Published forecast of all registrations of a month.
    profile : mapping of (ISO weekday, hour) to float
        Share of a week's registrations, summing to one.
    """
    per_week = weekly_load(month_means, moment)
    if per_week is None or not profile:
        return None
    return per_week * profile.get((moment.isoweekday(), moment.hour), 0.0)


def weekly_load(month_means: Mapping[str, float], moment: datetime) -> float | None:
    """Return the registrations that the month's forecast expects of a week; None where there is none."""
    mean = month_means.get(moment.strftime("%Y-%m"))
    return None if mean is None else mean / (_days_of(moment) / 7)


def _days_of(moment: datetime) -> int:
    first = moment.date().replace(day=1)
    return ((first + timedelta(days=32)).replace(day=1) - first).days
