"""Expected registrations a day, from the published forecast of months.

Belongs here: the block that a roster is made from, and its sentences. Does not belong here: people and beds
(`ml.capacity`, `app_api.staffing`).
"""

import calendar
from collections.abc import Mapping
from typing import Any

from reports.insights import full_month


def staffing(volume: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return expected registrations a day from the monthly forecast: what a roster is made from.

    Notes
    -----
    A month's mean and 80 % bounds divided by its days. The bounds are those of the month's mean day; single days
    scatter more widely.
    """
    if volume is None:
        return None
    months = []
    for step in volume["data"]["forecast"]:
        year, _, month = step["month"].partition("-")
        days = calendar.monthrange(int(year), int(month))[1]
        months.append(
            {
                "month": step["month"],
                "days": days,
                "mean_per_day": round(step["mean"] / days, 2),
                "lo80_per_day": round(step["lo80"] / days, 2),
                "hi80_per_day": round(step["hi80"] / days, 2),
            }
        )
    return {"as_of": volume["as_of"], "receipt": volume["receipt"], "months": months}


def daily_block(volume: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the block of a report that shows expected registrations a day."""
    daily = staffing(volume)
    if daily is None or not daily["months"]:
        return None
    months = daily["months"]
    first, busiest = months[0], max(months, key=lambda row: row["mean_per_day"])
    words = [
        f"About {first['mean_per_day']:.0f} registrations a day in {full_month(first['month'])}; four in five such "
        f"months should hold a mean day between {first['lo80_per_day']:.0f} and {first['hi80_per_day']:.0f}.",
        f"Busiest month ahead: {full_month(busiest['month'])}, about {busiest['mean_per_day']:.0f} a day.",
    ]
    return {"as_of": daily["as_of"], "receipt": daily["receipt"], "data": {"months": months, "insights": words}}
