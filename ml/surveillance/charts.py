"""Control charts for counts: NB-CUSUM and GLR-NB on our baseline.

Belongs here: the two charts as whole methods. Does not belong here: likelihood ratios (`evidence`), the combination
(`combined`).
"""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.surveillance import baseline, evidence
from ml.surveillance.combined import WEEKS_PER_YEAR
from ml.surveillance.evidence import SurgeModel
from ml.surveillance.judgement import Judgement, judgement
from ml.surveillance.timeline import Timeline

Floats = NDArray[np.float64]
Chart = Literal["nb_cusum", "glr_nb"]

#: Sizes of surge that the charts look for, in standard deviations: one for the CUSUM, any of a grid for the GLR.
SIZES: Final[dict[Chart, tuple[float, ...]]] = {"nb_cusum": (2.0,), "glr_nb": (0.5, 1.0, 2.0, 4.0, 8.0)}


def judge_chart(counts: Floats, timeline: Timeline, *, alpha: float, chart: Chart, since: int = 0) -> Judgement:
    """Judge every period by a chart of log-likelihood ratios that is never reset.

    Notes
    -----
    NB-CUSUM (Watkins et al. 2008): S = max(0, S + ratio). GLR-NB (Höhle & Paul 2008): the largest S over a grid of
    sizes. In control P(S >= h) <= exp(-h) for each size, hence p_exceed = min(1, sizes x exp(-S)) is never too small,
    given the baseline. `upper` is the count at which S would reach the alarm's height.
    """
    grain = timeline.grain
    per_year = float(timeline.period) if not timeline.mondays else WEEKS_PER_YEAR
    foreseen = baseline.foresee(
        counts, periods_per_year=per_year, settings=baseline.SETTINGS[grain], since=since - timeline.period
    )
    model = SurgeModel(sizes=SIZES[chart])
    ratios = evidence.log_ratio(counts, foreseen.mean, foreseen.phi, model)
    level = evidence.cusum(ratios)
    known = ~np.isnan(counts) & ~np.isnan(foreseen.mean) & (np.arange(counts.size) >= since)
    bound = np.minimum(len(model.sizes) * np.exp(-level.max(axis=0)), 1.0)
    height = np.log(len(model.sizes)) - np.log(alpha)
    before = np.concatenate([np.zeros((level.shape[0], 1)), level[:, :-1]], axis=1)
    p_exceed = np.where(known, bound, np.nan)
    upper = evidence.largest_count(
        lambda counted: (before + counted).max(axis=0) < height, foreseen.mean, foreseen.phi, model
    )
    alarm = known & (bound <= alpha) & (counts > 0)
    return judgement(expected=foreseen.mean, upper=upper, p_exceed=p_exceed, alarm=alarm, name=chart)
