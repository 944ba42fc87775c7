"""Hiding small counts in the analyses from roles that do not treat patients.

Belongs here: what to hide so that nothing hidden can be worked out from what is shown. Does not belong here: who may
see what.

The rule is that of CMS: no count of 1 to k - 1 is shown, none can be computed, 0 may be shown. A share or an interval
betrays its count, so it goes with it. Where counts add up to something that is shown, further ones are hidden until
what is hidden together is at least two counts and at least 2 k. Inner cells with two margins are all hidden or all
shown: with every margin 0 or at least k, an attacker who solves the equations learns no inner cell to within k
(a cell x with margins r, c of total t lies between max(0, r + c - t) and min(r, c)).

Each analysis is protected by itself. Someone who combines months with weeks, or one day's publication with the
next, is not stopped: publish to such roles once a week or less.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import singledispatch
from typing import Final

from core.errors import InputError
from ml.analytics.associations import Associations
from ml.analytics.demographics import AgeBand, Demographics, SexShare
from ml.analytics.surge import ConditionSurge, IllnessSurge
from ml.analytics.trends import TREND_WEEKS, HealthTrends, Trending, TrendWeek
from ml.analytics.volume import PatientVolume

Result = HealthTrends | Demographics | Associations | PatientVolume | IllnessSurge

#: Smallest count that is shown (CMS cell size suppression policy).
SMALLEST_SHOWN: Final = 11


def suppress_small_cells(result: Result, k: int = SMALLEST_SHOWN) -> Result:
    """Return the result with None in place of every count below `k` that is not 0, and of what would give it away.

    Parameters
    ----------
    result : HealthTrends, Demographics, Associations, PatientVolume or IllnessSurge
        Not changed.
    k : int
        Smallest count shown, 2 or more.

    Raises
    ------
    InputError
        If `k` is below 2, or the result is none of the five: what has no rule is not shown.
    """
    if k < 2:
        raise InputError(f"k is {k}; 2 or more is allowed")
    return _suppress(result, k)


def hidden_rows(counts: Sequence[int], k: int) -> set[int]:
    """Return which of the counts that add up to a shown total are hidden.

    Examples
    --------
    >>> sorted(hidden_rows([400, 3, 40, 0], 11))
    [1, 2]
    >>> hidden_rows([400, 40], 11)
    set()
    """
    hidden = {row for row, count in enumerate(counts) if 0 < count < k}
    rest = sorted((count, row) for row, count in enumerate(counts) if count >= k)
    while hidden and rest and (len(hidden) < 2 or sum(counts[row] for row in hidden) < 2 * k):
        hidden.add(rest.pop(0)[1])
    return hidden


@singledispatch
def _suppress(result: Result, k: int) -> Result:
    raise InputError(f"{type(result).__name__} has no rule for small cells; the five analyses are allowed")


@_suppress.register
def _(result: Demographics, k: int) -> Demographics:
    total = result.total or 0
    everything = set(range(len(result.age_bands)))
    if 0 < total < k:
        return replace(
            result,
            total=None,
            age_bands=tuple(_blank_band(band) for band in result.age_bands),
            sexes=tuple(_blank_sex(sex) for sex in result.sexes),
        )
    bands = hidden_rows([band.count or 0 for band in result.age_bands], k)
    sexes = hidden_rows([sex.count or 0 for sex in result.sexes], k)
    inner = [n or 0 for band in result.age_bands for n in (band.female_count, band.male_count, band.other_count)]
    no_inner = everything if bands or sexes or any(0 < n < k for n in inner) else set[int]()
    return replace(
        result,
        age_bands=tuple(
            _blank_band(band) if row in bands else _blank_inner(band) if row in no_inner else band
            for row, band in enumerate(result.age_bands)
        ),
        sexes=tuple(_blank_sex(sex) if row in sexes else sex for row, sex in enumerate(result.sexes)),
    )


def _blank_inner(band: AgeBand) -> AgeBand:
    return replace(band, female_count=None, male_count=None, other_count=None)


def _blank_band(band: AgeBand) -> AgeBand:
    return replace(_blank_inner(band), count=None, share=None, share_low=None, share_high=None)


def _blank_sex(sex: SexShare) -> SexShare:
    return replace(sex, count=None, share=None, share_low=None, share_high=None)


@_suppress.register
def _(result: HealthTrends, k: int) -> HealthTrends:
    weeks = tuple(_leaders(week, k) for week in result.weeks)
    trending = tuple(_trend(row, weeks, k) for row in result.trending)
    return replace(result, weeks=weeks, trending=trending)


def _leaders(week: TrendWeek, k: int) -> TrendWeek:
    """Hide the small leaders of a week; all conditions that are not listed count as one more row of its total."""
    total = week.total or 0
    counts = [row.count or 0 for row in week.conditions]
    hidden = set(range(len(counts))) if total < k else hidden_rows([*counts, total - sum(counts)], k)
    return replace(
        week,
        total=None if 0 < total < k else total,
        conditions=tuple(
            replace(row, count=None, share=None, share_low=None, share_high=None) if place in hidden else row
            for place, row in enumerate(week.conditions)
        ),
    )


def _trend(row: Trending, weeks: tuple[TrendWeek, ...], k: int) -> Trending:
    """Hide a sum over weeks that is small, or that is so once the weeks shown are taken off it."""
    shown = [{c.condition: c.count or 0 for c in week.conditions}.get(row.condition, 0) for week in weeks]
    span = min(TREND_WEEKS, len(weeks) // 2)
    recent_rest = (row.recent_count or 0) - sum(shown[len(shown) - span :])
    previous_rest = (row.previous_count or 0) - sum(shown[len(shown) - 2 * span : len(shown) - span])
    if not (0 < recent_rest < k or 0 < previous_rest < k):
        return row
    return replace(
        row,
        recent_count=None if 0 < recent_rest < k else row.recent_count,
        previous_count=None if 0 < previous_rest < k else row.previous_count,
        ratio=None,
        ratio_low=None,
        ratio_high=None,
    )


@_suppress.register
def _(result: Associations, k: int) -> Associations:
    return replace(result, tests=tuple(test for test in result.tests if test.n >= k))


@_suppress.register
def _(result: PatientVolume, k: int) -> PatientVolume:
    history = tuple(replace(month, count=None) if 0 < (month.count or 0) < k else month for month in result.history)
    return replace(result, history=history)


@_suppress.register
def _(result: IllnessSurge, k: int) -> IllnessSurge:
    return replace(result, conditions=tuple(_surge(row, k) for row in result.conditions))


def _surge(row: ConditionSurge, k: int) -> ConditionSurge:
    """Hide all weeks of a condition that has a small one: the trends show sums of four weeks, which would give it."""
    if not any(0 < (week.count or 0) < k for week in row.weeks):
        return row
    weeks = tuple(replace(week, count=None) for week in row.weeks)
    return replace(row, observed=None, excess=None, p_exceed=None, weeks=weeks)
