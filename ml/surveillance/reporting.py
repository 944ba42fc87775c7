"""How much of each newest week is in: reporting triangles from the delays of registrations, and the weeks corrected.

Belongs here: counts by delay in, completeness and final counts of the newest weeks out. Does not belong here: the chain
ladder (`delays`), detection (`together`).
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.surveillance.delays import Nowcast, nowcast

Floats = NDArray[np.float64]

#: Weeks after its end until a week counts as complete; what comes later is not foreseen.
LONGEST: Final = 6
#: Closed weeks that the delays are learnt from.
HISTORY: Final = 78
#: What `detect_together` reads beside the counts.
COMPLETION: Final = ("complete_share", "spread", "estimate", "estimate_low", "estimate_high")
_WEEK: Final = pd.Timedelta(days=7)
_HOUR: Final = pd.Timedelta(hours=1)


def newest_weeks(delays: pd.DataFrame, *, now: pd.Timestamp | None = None) -> pd.DataFrame:
    """Foresee the final counts of the weeks that may not be complete yet.

    Parameters
    ----------
    delays : DataFrame
        week_start_date (Monday), condition, known_after_hours (from the end of the week to when a registration became
        known, rounded up; negative: before it) and registrations_count.
    now : Timestamp, optional
        Up to when reports can be in; the last one in `delays` if that is earlier, or nothing is given.

    Returns
    -------
    DataFrame
        series_id, week (ISO text) and COMPLETION for the newest LONGEST closed weeks of each condition; empty where
        fewer than LONGEST + 1 weeks are closed.

    Notes
    -----
    Delay 0 of a week is what came in up to this point of the week after it, and every further delay is one week more.
    So all cells up to now are whole, on whatever day of the week the question is asked.
    """
    rows = delays[["week_start_date", "condition", "known_after_hours", "registrations_count"]]
    end = rows["week_start_date"] + _WEEK
    last = (end + rows["known_after_hours"] * _HOUR).max()
    until = last if now is None or pd.isna(last) else min(last, now)
    if pd.isna(until):
        return no_delays()
    monday = until.normalize() - pd.Timedelta(days=until.weekday())
    back = ((monday - end) // _WEEK).to_numpy()
    delay = np.maximum(np.ceil((rows["known_after_hours"] - (until - monday) / _HOUR) / 168.0), 0).to_numpy(np.int64)
    kept = (back >= 0) & (back < HISTORY) & (delay <= np.minimum(back, LONGEST))
    weeks = int(back[kept].max(initial=-1)) + 1
    if weeks <= LONGEST:
        return no_delays()
    codes, names = pd.factorize(rows["condition"][kept])
    cells = np.zeros((len(names), weeks, LONGEST + 1))
    np.add.at(cells, (codes, weeks - 1 - back[kept], delay[kept]), rows["registrations_count"][kept].to_numpy(float))
    cells[:, np.arange(weeks)[:, None] + np.arange(LONGEST + 1) >= weeks] = np.nan
    whole = cells.sum(axis=0)
    parts = [_rows(str(name), nowcast(one, others=whole), monday) for name, one in zip(names, cells, strict=True)]
    return pd.concat(parts, ignore_index=True)


def no_delays() -> pd.DataFrame:
    """Return what `newest_weeks` gives where nothing is known of delays: every week is complete."""
    return pd.DataFrame(columns=["series_id", "week", *COMPLETION])


def _rows(name: str, seen: Nowcast, monday: pd.Timestamp) -> pd.DataFrame:
    """The newest LONGEST weeks of one condition."""
    starts = [monday - _WEEK * back for back in range(LONGEST, 0, -1)]
    newest = slice(-LONGEST, None)
    return pd.DataFrame(
        {
            "series_id": name,
            "week": [f"{start:%G}-W{start:%V}" for start in starts],
            "complete_share": seen.completeness[newest],
            "spread": seen.spread,
            "estimate": seen.mean[newest],
            "estimate_low": seen.low[newest],
            "estimate_high": seen.high[newest],
        }
    )


def with_completion(weekly: pd.DataFrame, newest: pd.DataFrame) -> pd.DataFrame:
    """Add COMPLETION to weekly counts: that of `newest_weeks`, and complete where it says nothing.

    Parameters
    ----------
    weekly : DataFrame
        series_id, week, count.
    """
    joined = weekly.merge(newest, on=["series_id", "week"], how="left")
    for name, usual in zip(COMPLETION, (1.0, 1.0, joined["count"], joined["count"], joined["count"]), strict=True):
        joined[name] = joined[name].astype("float64").fillna(usual)
    return joined
