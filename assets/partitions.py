"""Time as the pipeline cuts it: calendar months, one file each, several in one run.

Belongs here: the partitions and what they mean. Does not belong here: reading or writing them (`assets.storage`).
"""

import warnings
from collections.abc import Mapping

import dagster as dg
import pandas as pd

from core import settings

# What we use of Dagster in "beta" (single-run backfills, open partition windows) is pinned and tested at this version.
# Here, as every module with an asset imports this one first.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

#: Frames by month, "YYYY-MM" -> rows registered in that month (UTC).
Months = dict[str, pd.DataFrame]

#: The current month is a partition too: it is materialized again as it fills.
MONTHS = dg.MonthlyPartitionsDefinition(start_date=settings.load().history_start, fmt="%Y-%m", end_offset=1)

#: Any number of months is one run of one process, not a run each.
SINGLE_RUN = dg.BackfillPolicy.single_run()

#: A month together with the twelve before it: what was known of a patient's year.
WITH_YEAR_BEFORE = dg.TimeWindowPartitionMapping(
    start_offset=-12, end_offset=0, allow_nonexistent_upstream_partitions=True
)

_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"


def range_tags(first: str, last: str) -> dict[str, str]:
    """Return the run tags that ask for all months from `first` to `last` in one run."""
    return {_RANGE_START: first, _RANGE_END: last}


def months_of_run(tags: Mapping[str, str], available: list[str]) -> list[str]:
    """Return the months that a run with these tags works on: its range, its one month, or all that are available."""
    if _RANGE_START in tags:
        return [month for month in available if tags[_RANGE_START] <= month <= tags[_RANGE_END]]
    if "dagster/partition" in tags:
        return [month for month in available if month == tags["dagster/partition"]]
    return available


#: Attribute of every monthly frame: the state of the sources that it was made from (see `orchestration.staleness`).
FINGERPRINT = "source_fingerprint"
#: Attribute of raw rows: the newest replay that had been asked for when they were read.
REPLAY = "replay_seq"
#: Attribute of raw rows: the newest decision of a steward that they had seen; later ones wait for the next reading.
DECIDED = "decision_seq"


def made_from(frame: pd.DataFrame, source: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the source's fingerprint: it is kept in the file's footer, together with the data."""
    frame.attrs = {FINGERPRINT: source.attrs.get(FINGERPRINT)}
    return frame


def together(months: Months) -> pd.DataFrame:
    """Return the rows of all months as one frame in time order; an empty frame when no month has rows."""
    filled = [frame for _, frame in sorted(months.items()) if len(frame)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return next(iter(months.values())).copy() if months else pd.DataFrame()


def month_bounds(month: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first moment of a month and of the next one, UTC."""
    start = pd.Timestamp(f"{month}-01", tz="UTC")
    return start, start + pd.DateOffset(months=1)
