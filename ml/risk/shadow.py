"""A challenger beside the champion on the same registrations: how often they agree, and who was right.

Belongs here: that comparison as pure arithmetic. Does not belong here: reading rows, telling anybody, promoting: the
challenger's answers reach nobody but this report.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.vocabulary import RISK_CLASSES
from ml.features.columns import LABEL_COLUMN
from ml.release.bundle import Bundle
from ml.release.scorer import Scorer
from ml.risk.consensus import Consensus, decide
from ml.risk.metrics import Estimate, estimate, resamples
from ml.risk.preprocessing import feature_arrays

#: Fewer outcomes that neither version has seen, and nobody can say who was right.
LEAST_OUTCOMES: Final = 200
_RESAMPLES: Final = 200


@dataclass(frozen=True)
class Shadow:
    """One challenger beside the champion.

    Attributes
    ----------
    version : int
        Of the challenger.
    n : int
        Registrations that both were asked about.
    agreement, higher, lower : float
        Shares on which the challenger's level is the champion's, higher, lower; they sum to 1.
    mean_difference : float
        Mean absolute difference of the probability of high risk.
    n_outcomes : int
        Registrations with an outcome that neither version was trained or tested on.
    accuracy_gain : Estimate or None
        Challenger's accuracy less champion's on these, with its interval; None while there are too few.
    """

    version: int
    n: int
    agreement: float
    higher: float
    lower: float
    mean_difference: float
    n_outcomes: int
    accuracy_gain: Estimate | None


def shadow_run(
    champion: Bundle, challenger: Bundle, rows: pd.DataFrame, *, version: int, unseen_since: pd.Timestamp
) -> Shadow | None:
    """Ask both versions about the same feature rows.

    Parameters
    ----------
    champion, challenger : Bundle
    rows : pandas.DataFrame
        Feature rows of the registrations that arrived meanwhile.
    version : int
        Of the challenger.
    unseen_since : pandas.Timestamp
        The newest registration that either was trained or tested on: only later ones tell who was right.

    Returns
    -------
    Shadow or None
        None without any row.
    """
    if rows.empty:
        return None
    ours, theirs = _consensus(champion, rows), _consensus(challenger, rows)
    moved = np.sign(theirs.levels - ours.levels)
    is_unseen = (rows["registered_at"] > unseen_since).to_numpy() & rows[LABEL_COLUMN].notna().to_numpy()
    truth = rows[LABEL_COLUMN].map({level.value: code for code, level in enumerate(RISK_CLASSES)}).to_numpy(dtype=float)
    gains = ((theirs.levels == truth).astype(float) - (ours.levels == truth))[is_unseen]
    return Shadow(
        version=version,
        n=len(rows),
        agreement=float((moved == 0).mean()),
        higher=float((moved > 0).mean()),
        lower=float((moved < 0).mean()),
        mean_difference=float(np.abs(theirs.probabilities[:, 2] - ours.probabilities[:, 2]).mean()),
        n_outcomes=len(gains),
        accuracy_gain=_gain(gains) if len(gains) >= LEAST_OUTCOMES else None,
    )


def _consensus(bundle: Bundle, rows: pd.DataFrame) -> Consensus:
    members = Scorer(bundle).member_probabilities(bundle.encoder.transform(feature_arrays(rows)))
    return decide(*members, rule=bundle.rule, calibration=bundle.calibration)


def _gain(gains: NDArray[np.float64]) -> Estimate:
    drawn = np.concatenate([weights @ gains for weights in resamples(len(gains), None, _RESAMPLES, 0)]) / len(gains)
    return estimate(float(gains.mean()), drawn)
