"""Who the simulated department's patients are, and where they go: age band, NEWS2, disposition.

Belongs here: drawing these for visits that are simulated already. Does not belong here: their times (`flow`),
estimating admissions (`ml.beds`). Everything that it makes is synthetic.

The chance of admission is logistic: by level (8 in 10, 4 in 10, 1 in 6, 1 in 35, 1 in 140 of all ages), higher with age
and with NEWS2, and higher where the treatment takes long for its level.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.vocabulary import Disposition
from ml.synthetic.flow import SERVICE_MINUTES
from ml.waiting.history import Visit

#: Log odds of admission of an adult of 40 to 59 with NEWS2 2 whose treatment takes the level's mean time.
LEVEL_ODDS: Final = {1: 0.8, 2: -0.55, 3: -1.75, 4: -3.6, 5: -5.0}
AGE_BANDS: Final = ("0-19", "20-39", "40-59", "60-79", "80+")
AGE_SHARES: Final = (0.19, 0.24, 0.22, 0.23, 0.12)
AGE_ODDS: Final = {"0-19": -1.1, "20-39": -0.45, "40-59": 0.0, "60-79": 0.65, "80+": 1.15}
#: Mean NEWS2 by level.
NEWS2_MEAN: Final = {1: 6.5, 2: 3.8, 3: 2.0, 4: 0.9, 5: 0.5}
NEWS2_ODDS: Final = 0.22
#: Where the nurse measured nothing, the score is not known.
NEWS2_KNOWN: Final = {1: 0.97, 2: 0.95, 3: 0.85, 4: 0.5, 5: 0.3}
LONG_STAY_ODDS: Final = 0.9
TRANSFERRED: Final = 0.02


@dataclass(frozen=True)
class Going:
    """What a visit's patient is like, and where they went; None while nobody can know."""

    age_band: str
    news2_score: int | None
    disposition: Disposition | None


def draw_dispositions(visits: Sequence[Visit], *, rng: np.random.Generator) -> list[Going]:
    """Draw one of each visit, in their order.

    Parameters
    ----------
    visits : sequence of Visit
        Of `simulate_flow`; whoever left or still waits goes nowhere.
    rng : numpy.random.Generator
    """
    return [_draw(visit, rng) for visit in visits]


def _draw(visit: Visit, rng: np.random.Generator) -> Going:
    band = AGE_BANDS[int(rng.choice(len(AGE_BANDS), p=AGE_SHARES))]
    score = min(int(rng.poisson(NEWS2_MEAN[visit.acuity])), 20)
    is_known = rng.random() < NEWS2_KNOWN[visit.acuity]
    chance_draw, other_draw = rng.random(), rng.random()
    disposition = None
    if visit.end == "called" and visit.finished_at is not None:
        minutes = (visit.finished_at - visit.ended_at).total_seconds() / 60
        slow = math.log(max(minutes, 1.0) / SERVICE_MINUTES[visit.acuity])
        odds = LEVEL_ODDS[visit.acuity] + AGE_ODDS[band] + NEWS2_ODDS * (score - 2) + LONG_STAY_ODDS * slow
        if chance_draw < 1 / (1 + math.exp(-odds)):
            disposition = Disposition.ADMITTED
        else:
            disposition = Disposition.TRANSFERRED if other_draw < TRANSFERRED else Disposition.DISCHARGED
    return Going(band, score if is_known else None, disposition)
