"""What was known from earlier rows: counts in a window, each row seen only from the moment it was recorded.

Belongs here: bitemporal counting within groups, vectorised. Does not belong here: which windows make a feature
(`frame`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.int64]
Groups = NDArray[Any]


class Timeline:
    """All moments at which something became known, sorted once for every group that asks.

    Parameters
    ----------
    known_at : numpy.ndarray of int64
        Microseconds since 1970.
    """

    def __init__(self, known_at: Moments) -> None:
        self._sorted = np.sort(known_at)
        self.size = len(known_at)
        self._asked: dict[int, NDArray[np.int64]] = {}

    def before(self, moments: Moments) -> NDArray[np.int64]:
        """Return how many events were known strictly before each moment."""
        return np.searchsorted(self._sorted, moments, side="left")

    def before_window(self, at: Moments, window_us: int) -> NDArray[np.int64]:
        """The same for the moments `at - window`; `at` must be the same array in every call, it is asked for once."""
        if window_us not in self._asked:
            self._asked[window_us] = self.before(at - window_us)
        return self._asked[window_us]


class KnownEvents:
    """Events in groups (a patient's visits, a facility's arrivals), found by the moment they became known.

    An event counts at time t only if it was known strictly before t, so that a row never sees itself or a row of the
    same instant, and nothing that was recorded later.

    Parameters
    ----------
    timeline : Timeline
        Of these or more events: only the order of moments is taken from it.
    groups : numpy.ndarray of int
        Group number of each event, 0 or higher.
    known_at : numpy.ndarray of int64
        Microseconds since 1970 at which the event was known.

    Notes
    -----
    Each event gets the key `group · (n + 1) + events known before it`; a query (group, t) gets the same with the
    number of events known before t. One sorted array of int64 then answers any window of any group by bisection.
    """

    def __init__(self, timeline: Timeline, groups: Groups, known_at: Moments) -> None:
        self._timeline = timeline
        self._stride = np.int64(timeline.size + 1)
        keys = groups.astype(np.int64) * self._stride + timeline.before(known_at)
        self.order = np.argsort(keys, kind="stable")
        self._keys = keys[self.order]
        self._groups = groups[self.order]

    def positions(self, groups: Groups, at: Moments, window_us: int = 0) -> NDArray[np.int64]:
        """Return for each query the position, in group-and-time order, just past the last event before at - window."""
        keys = groups.astype(np.int64) * self._stride + self._timeline.before_window(at, window_us)
        # Bisection in the order of the keys walks through memory instead of jumping: several times faster at a million.
        order = np.argsort(keys, kind="stable")
        found = np.empty(len(keys), dtype=np.int64)
        found[order] = np.searchsorted(self._keys, keys[order], side="left")
        return found

    def counts(self, groups: Groups, at: Moments, window_us: int) -> NDArray[np.float64]:
        """Return how many events of the query's group became known in [at - window, at)."""
        return (self.positions(groups, at) - self.positions(groups, at, window_us)).astype(float)

    def latest(self, groups: Groups, at: Moments, happened_at: Moments) -> NDArray[np.float64]:
        """Return the latest `happened_at` among the group's events known before `at`; NaN where there is none.

        An event that happened earlier may have become known later, so the last one known need not be the latest.
        """
        if len(self._keys) == 0:
            return np.full(len(at), np.nan)
        distinct, rank = np.unique(happened_at, return_inverse=True)
        stride = np.int64(len(distinct))
        running = np.maximum.accumulate(self._groups.astype(np.int64) * stride + rank[self.order])
        last = self.positions(groups, at) - 1
        found = (last >= 0) & (self._groups[np.maximum(last, 0)] == groups)
        moments = distinct[running[np.maximum(last, 0)] % stride].astype(float)
        return np.where(found, moments, np.nan)
