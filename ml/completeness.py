"""When a period counts as whole.

Belongs here: the grace that analyses and forecasts give alike at both ends. Does not belong here: counting
(`ml.analytics.counting`), months (`ml.forecasting.board`).
"""

from datetime import datetime, timedelta
from typing import Final

#: A first period is whole when its first registration comes within this time after its beginning: a day may be quiet.
START_SLACK: Final = timedelta(hours=24)
#: A last period is whole when it ends within this time after the last registration: nights are quiet.
END_SLACK: Final = timedelta(hours=12)


def complete_until(newest: datetime, *, now: datetime) -> datetime:
    """Return the moment up to which registrations count as complete.

    Where they are still coming that is now: the last afternoon of a month does not make it whole. Where they ended
    (a file of years ago, a feed that broke off) what came after is unknown, and not zero.

    Parameters
    ----------
    newest : datetime
        The last registration, aware as `now` is.
    """
    return min(now, newest + END_SLACK)
