"""A version in use, looked at again: drift of its inputs and predictions, and its skill before and after outcomes come.

Belongs here: one look as pure arithmetic, and the sentences that suggest a retrain. Does not belong here: reading rows,
telling anybody, promoting anything: a suggestion is read by a person.

Only registrations later than the newest training row count for live skill: on any other the version has seen the
answer, or its patient.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.vocabulary import RISK_CLASSES
from ml.features.columns import LABEL_COLUMN
from ml.release.bundle import Bundle
from ml.release.scorer import Scorer
from ml.risk.consensus import decide
from ml.risk.drift import LASTING_WEEKS, Shift, compare, lasting
from ml.risk.metrics import Estimate, measure
from ml.risk.preprocessing import feature_arrays
from ml.risk.shadow import Shadow

WEEKS: Final = 8
#: Fewer outcomes than this, and a live figure says nothing.
LEAST_OUTCOMES: Final = 200
#: Fewer outcomes than this, and a week has no accuracy of its own.
LEAST_WEEKLY_OUTCOMES: Final = 30
#: A live ECE above this, with enough outcomes, suggests a retrain; so does an AUROC that is surely lower by this.
HIGHEST_LIVE_ECE: Final = 0.05
AUROC_LOSS: Final = 0.03
_NAMES: Final = tuple(level.value for level in RISK_CLASSES)
_SHOWN_SHIFTS: Final = 8


@dataclass(frozen=True)
class Week:
    """One complete week of registrations as the version sees them."""

    starts: str
    n: int
    mean_probability_high: float
    #: Mean of the likeliest class' probability: what accuracy would be if the calibration held, known without outcomes.
    expected_accuracy: float
    #: Registrations whose outcome has landed, and the share of them that the version was right about; None while few.
    n_outcomes: int
    accuracy: float | None
    shifts: tuple[Shift, ...]


@dataclass(frozen=True)
class Live:
    """Skill on rows whose outcome came after the prediction could be made; null figures while there are too few."""

    n_predicted: int
    n_outcomes: int
    accuracy: Estimate | None
    auroc: Estimate | None
    ece: Estimate | None
    brier: Estimate | None


@dataclass(frozen=True)
class Monitoring:
    """One look at one version.

    Attributes
    ----------
    weeks : tuple of Week
        Oldest first.
    lasting : tuple of str
        What has moved in each of the newest weeks.
    population : Live
        Every registration since training, scored again by the version.
    served : Live
        The answers that were really given and named their registration.
    suggestions : tuple of str
        Why a retrain is suggested, in words; empty: it is not.
    shadow : Shadow or None
        The newest version that waits, beside this one on the same registrations; None when none waits.
    """

    weeks: tuple[Week, ...]
    lasting: tuple[str, ...]
    population: Live
    served: Live
    suggestions: tuple[str, ...]
    shadow: Shadow | None = None


def look(
    bundle: Bundle,
    known: dict[str, Any],
    rows: pd.DataFrame,
    served: pd.DataFrame,
    *,
    trained_until: pd.Timestamp,
    now: pd.Timestamp,
    held_out_auroc: float,
) -> Monitoring:
    """Look at a version.

    Parameters
    ----------
    bundle : Bundle
        Of the version.
    known : dict
        Its reference (`ml.risk.drift.reference`).
    rows : pandas.DataFrame
        Feature rows, at least of the last weeks and of everything after `trained_until`.
    served : pandas.DataFrame
        `probability_low`, `probability_moderate`, `probability_high` and the label (None while it is not known).
    trained_until : pandas.Timestamp
        Newest registration that the version was trained or tested on.
    now : pandas.Timestamp
    held_out_auroc : float
        What it promised.
    """
    scorer = Scorer(bundle)
    weeks = _weeks(scorer, known, rows, now)
    moved = lasting([week.shifts for week in weeks])
    later = rows[rows["registered_at"] > trained_until]
    population = _live(_probabilities(scorer, later), later[LABEL_COLUMN])
    answered = served[[f"probability_{name}" for name in _NAMES]].to_numpy(dtype=float)
    met = _live(answered, served[LABEL_COLUMN])
    return Monitoring(
        weeks=tuple(replace(week, shifts=week.shifts[:_SHOWN_SHIFTS]) for week in weeks),
        lasting=moved,
        population=population,
        served=met,
        suggestions=(
            *(f"{name} has been distributed otherwise than at training for {LASTING_WEEKS} weeks" for name in moved),
            *_of_skill("registrations since training", population, held_out_auroc),
            *_of_skill("served answers", met, held_out_auroc),
        ),
    )


def _weeks(scorer: Scorer, known: dict[str, Any], rows: pd.DataFrame, now: pd.Timestamp) -> list[Week]:
    this_week = now.normalize() - pd.Timedelta(days=now.day_of_week)
    found: list[Week] = []
    for back in range(WEEKS, 0, -1):
        start = this_week - pd.Timedelta(weeks=back)
        week = rows[(rows["registered_at"] >= start) & (rows["registered_at"] < start + pd.Timedelta(weeks=1))]
        if week.empty:
            continue
        said = _probabilities(scorer, week)
        n_outcomes, accuracy = _hits(said, week[LABEL_COLUMN])
        found.append(
            Week(
                starts=f"{start:%Y-%m-%d}",
                n=len(week),
                mean_probability_high=float(said[:, 2].mean()),
                expected_accuracy=float(said.max(axis=1).mean()),
                n_outcomes=n_outcomes,
                accuracy=accuracy,
                shifts=compare(known, week, said[:, 2]),
            )
        )
    return found


def _probabilities(scorer: Scorer, rows: pd.DataFrame) -> NDArray[np.floating]:
    if rows.empty:
        return np.empty((0, len(_NAMES)))
    bundle = scorer.bundle
    members = scorer.member_probabilities(bundle.encoder.transform(feature_arrays(rows)))
    return decide(*members, rule=bundle.rule, calibration=bundle.calibration).probabilities


def _hits(probabilities: NDArray[np.floating], labels: pd.Series) -> tuple[int, float | None]:
    """Return how many outcomes have landed, and the share of them that are the likeliest class."""
    is_known = labels.notna().to_numpy()
    likeliest = np.array(_NAMES, dtype=object)[probabilities.argmax(axis=1)]
    hits = (likeliest == labels.to_numpy(dtype=object))[is_known]
    return len(hits), float(hits.mean()) if len(hits) >= LEAST_WEEKLY_OUTCOMES else None


def _live(probabilities: NDArray[np.floating], labels: pd.Series) -> Live:
    is_known = labels.notna().to_numpy() & np.isfinite(probabilities).all(axis=1)
    n_predicted, n_outcomes = len(labels), int(is_known.sum())
    codes = labels[is_known].map({name: code for code, name in enumerate(_NAMES)})
    truth = np.asarray(codes, dtype=np.intp)
    if n_outcomes < LEAST_OUTCOMES:
        return Live(n_predicted, n_outcomes, None, None, None, None)
    figures = measure(truth, probabilities[is_known], classes=_NAMES, n_bootstrap=200)
    return Live(n_predicted, n_outcomes, figures.accuracy, figures.auroc, figures.ece, figures.brier)


def _of_skill(where: str, live: Live, promised: float) -> list[str]:
    found: list[str] = []
    if live.ece is not None and live.ece.low > HIGHEST_LIVE_ECE:
        found.append(f"calibration error on {live.n_outcomes} {where} is {live.ece.value:.3f}")
    if live.auroc is not None and live.auroc.high < promised - AUROC_LOSS:
        found.append(f"AUROC on {live.n_outcomes} {where} is {live.auroc.value:.3f}; {promised:.3f} was promised")
    return found
