"""How registrations spread over the hours of a week.

Belongs here: the profile. Does not belong here: the forecast that it is applied to.
"""

from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

#: The profile is made of this many weeks before `until`.
WEEKS: Final = 8
#: Fewer registrations than this say nothing about 24 hours and 7 days.
LEAST: Final = 100


def week_profile(moments: pd.Series, *, until: pd.Timestamp) -> tuple[float, ...] | None:
    """Return which share of a week's registrations comes in each hour, or None when too few are known.

    Parameters
    ----------
    moments : pandas.Series
        Moments of registration (UTC), in any order.
    until : pandas.Timestamp
        UTC; registrations of the eight weeks before it count.

    Returns
    -------
    tuple of 168 floats or None
        Monday 00:00 UTC first; they sum to one. None below 100 registrations.

    Notes
    -----
    The share of a weekday times the share of an hour: 31 free figures instead of 168, so that eight weeks of a small
    hospital give a smooth profile. The hours of all days are taken to be alike in shape.

    Examples
    --------
    >>> mondays = pd.Series(pd.date_range("2026-03-02 08:30", periods=100, freq="min", tz="UTC"))
    >>> profile = week_profile(mondays, until=pd.Timestamp("2026-03-08", tz="UTC"))
    >>> profile[8], profile[9], profile[32]
    (0.3, 0.6, 0.0)
    """
    recent = moments[(moments > until - timedelta(weeks=WEEKS)) & (moments <= until)].dt
    hours = np.bincount(recent.hour, minlength=24)
    if hours.sum() < LEAST:
        return None
    days = np.bincount(recent.day_of_week, minlength=7)
    return tuple(float(share) for share in np.outer(days / days.sum(), hours / hours.sum()).ravel())
