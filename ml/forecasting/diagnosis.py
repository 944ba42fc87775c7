"""What is odd about a series, in words: too short, mostly empty, shifted, unchanging.

Belongs here: notes for a reader, from the counts alone. Does not belong here: what a model does about it.
"""

import numpy as np
import pandas as pd

from ml.forecasting.results import Vector, period_text
from ml.forecasting.seasons import Grain

#: Share of zero counts from which a series is called mostly empty.
MANY_ZEROS = 0.5
#: Periods compared on either side of a possible shift, and robust standard deviations that make it one.
SIDE = 6
SHIFT = 4.0
LEAST = 0.15
MOST_SHIFTS = 3
_SIDES = (slice(None, -SIDE), slice(SIDE, None))


def notes_of(values: Vector, periods: pd.PeriodIndex, grain: Grain) -> tuple[str, ...]:
    """Name what a reader of the forecast should know about its history.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Counts, oldest first.
    periods : pandas.PeriodIndex, shape (n,)
    grain : Grain
    """
    notes: list[str] = []
    if len(values) < 2 * grain.season:
        notes.append(f"short history: {len(values)} {grain.noun}, a season shows itself after {2 * grain.season}")
    if float(np.ptp(values)) == 0.0:
        return (*notes, "the history never changes")
    zeros = float(np.mean(values == 0))
    if zeros >= MANY_ZEROS:
        notes.append(f"mostly empty: {zeros:.0%} of the {grain.noun} have no count")
    for shift in level_shifts(values, grain.season):
        before, after = values[max(shift - SIDE, 0) : shift].mean(), values[shift : shift + SIDE].mean()
        notes.append(f"level shift at {period_text(periods[shift])}: from about {before:.0f} to about {after:.0f}")
    return tuple(notes)


def level_shifts(values: Vector, season: int) -> tuple[int, ...]:
    """Positions of the first periods after the clearest level shifts, at most MOST_SHIFTS, oldest first.

    Notes
    -----
    On the root scale, freed of the season by its medians, the mean of the SIDE periods after a point is compared with
    that of the SIDE before. The largest differences, SIDE apart, count when each exceeds SHIFT standard errors of such
    a difference, the noise taken robustly from first differences (median absolute difference), and LEAST of the level,
    so that the waves of a large steady series are not called shifts.
    """
    if len(values) < 2 * SIDE + 1:
        return ()
    z = np.sqrt(values + 0.375)
    if len(z) >= 3 * season:
        phase = np.arange(len(z)) % season
        trend = pd.Series(z).rolling(season, center=True, min_periods=season // 2).median().to_numpy()
        z = z - np.array([np.median((z - trend)[phase == one]) for one in range(season)])[phase]
    noise = 1.4826 * float(np.median(np.abs(np.diff(z)))) / np.sqrt(2.0)
    means = np.lib.stride_tricks.sliding_window_view(z, SIDE).mean(axis=1)
    jump = np.abs(means[SIDE:] - means[:-SIDE])
    before, after = (np.lib.stride_tricks.sliding_window_view(values, SIDE).mean(axis=1)[part] for part in _SIDES)
    clear = (jump >= SHIFT * noise * np.sqrt(2.0 / SIDE)) & (np.abs(after - before) > LEAST * np.maximum(before, after))
    found: list[int] = []
    for at in np.argsort(-jump):
        if noise > 0.0 and clear[at] and all(abs(int(at) - other) >= SIDE for other in found):
            found.append(int(at))
        if len(found) == MOST_SHIFTS:
            break
    return tuple(sorted(at + SIDE for at in found))
