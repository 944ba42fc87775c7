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
    shift = level_shift(values, grain.season)
    if shift is not None:
        before, after = values[max(shift - SIDE, 0) : shift].mean(), values[shift : shift + SIDE].mean()
        notes.append(f"level shift at {period_text(periods[shift])}: from about {before:.0f} to about {after:.0f}")
    return tuple(notes)


def level_shift(values: Vector, season: int) -> int | None:
    """Position of the first period of the clearest level shift, or None.

    Notes
    -----
    On the root scale, freed of the season by its medians, the mean of the SIDE periods after a point is compared with
    that of the SIDE before. The largest difference counts when it exceeds SHIFT standard errors of such a difference,
    the noise taken robustly from first differences (median absolute difference), and a quarter of the level, so that
    the waves of a large steady series are not called shifts.
    """
    if len(values) < 2 * SIDE + 1:
        return None
    z = np.sqrt(values + 0.375)
    if len(z) >= 3 * season:
        phase = np.arange(len(z)) % season
        trend = pd.Series(z).rolling(season, center=True, min_periods=season // 2).median().to_numpy()
        z = z - np.array([np.median((z - trend)[phase == one]) for one in range(season)])[phase]
    noise = 1.4826 * float(np.median(np.abs(np.diff(z)))) / np.sqrt(2.0)
    means = np.lib.stride_tricks.sliding_window_view(z, SIDE).mean(axis=1)
    jump = np.abs(means[SIDE:] - means[:-SIDE])
    at = int(jump.argmax())
    if noise == 0.0 or jump[at] < SHIFT * noise * np.sqrt(2.0 / SIDE):
        return None
    before, after = values[at : at + SIDE].mean(), values[at + SIDE : at + 2 * SIDE].mean()
    return at + SIDE if abs(after - before) > 0.25 * max(before, after) else None
