"""When a period counts as whole.

Belongs here: the grace that analyses and forecasts give alike. Does not belong here: counting
(`ml.analytics.counting`), months (`ml.forecasting.board`).
"""

from datetime import timedelta
from typing import Final

#: A first period is whole when its first registration comes within this time after its beginning: a day may be quiet.
START_SLACK: Final = timedelta(hours=24)
