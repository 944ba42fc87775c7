"""The known law by which visits end, and the ceiling it puts on every classifier.

Belongs here: the class probabilities as a function of what can be seen, the drawing of outcomes from them. Does not
belong here: any model that learns them.

Why the ceiling is exact: an outcome is drawn from `class_probabilities` of the visit's *observable* features and an
independent uniform number; nothing else about the visit or the patient enters. So no rule that sees the registrations,
however clever, can be right more often in expectation than one that always names the likeliest class, and that one is
right with probability max(p_low, p_moderate, p_high). The mean of this over the visits is `bayes_accuracy`. (A rule's
score on a finite sample scatters around its expectation by about sqrt(p (1 - p) / n).)
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.synthetic.clinical import norm
from ml.synthetic.conditions import CONDITIONS

PRIOR_WINDOW: Final = np.timedelta64(365, "D")
MOST_PRIORS: Final = 6

#: Cumulative-logit thresholds and steepness, set once so that about 62 / 27 / 11 % of the visits are
#: low / moderate / high and the ceiling is about 0.87.
_MODERATE_AT: Final = 1.34
_HIGH_AT: Final = 4.45
_STEEPNESS: Final = 1.8

_PER_PRIOR: Final = 0.45


@dataclass(frozen=True)
class Observed:
    """What the law sees of each visit besides its history. Arrays of one length; NaN where not written down."""

    condition: NDArray[np.int8]
    age: NDArray[np.float64]
    comorbidity: NDArray[np.float64]
    acuity: NDArray[np.float64]
    vitals: dict[str, NDArray[np.float64]]


def severity_score(seen: Observed) -> NDArray[np.float64]:
    """Return the part of the risk score that does not depend on the patient's earlier visits.

    Notes
    -----
    Condition + age + comorbidity + triage + hinges on the vital signs relative to the norm of the age, with two
    interactions (low pressure counts half as much again in sepsis, fast breathing more past 65). What is missing
    adds nothing, as if it were unremarkable.
    """
    risk = np.array([c.risk for c in CONDITIONS])
    names = [c.name for c in CONDITIONS]
    score = risk[seen.condition]
    score += 0.022 * (seen.age - 50)
    score += 0.22 * np.nan_to_num(seen.comorbidity)
    score += np.nan_to_num(0.95 * (3.2 - seen.acuity))

    def past(vital: str, step: float, unit: float) -> NDArray[np.float64]:
        """How many units the sign is past `step` above (or, if the unit is negative, below) the norm; never < 0."""
        away = (seen.vitals[vital] - norm(vital, seen.age) - step) / unit
        return np.nan_to_num(np.clip(away, 0, 4))

    score += 0.5 * past("heart_rate", 25, 15)
    low_pressure = 0.6 * past("systolic_bp", -22, -15)
    score += np.where(seen.condition == names.index("Sepsis"), 1.5, 1.0) * low_pressure
    fast_breathing = 0.5 * past("respiratory_rate", 5, 4)
    score += np.where(seen.age >= 65, 1.3, 1.0) * fast_breathing
    score += 0.6 * past("spo2_pct", -3, -3)
    score += 0.4 * past("temperature_c", 1.6, 0.8)
    score += 0.5 * past("temperature_c", -1.0, -0.6)
    return score


def class_probabilities(score: NDArray[np.float64], prior_visits: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return P(low), P(moderate), P(high), shape (n, 3): cumulative logits of score and prior visits."""
    eta = score + _PER_PRIOR * np.minimum(prior_visits, MOST_PRIORS)
    at_least_moderate = 1 / (1 + np.exp(_STEEPNESS * (_MODERATE_AT - eta)))
    high = 1 / (1 + np.exp(_STEEPNESS * (_HIGH_AT - eta)))
    return np.stack([1 - at_least_moderate, at_least_moderate - high, high], axis=1)


def count_prior_visits(patient: NDArray[np.int64], at: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Count each visit's earlier visits by the same patient within 365 days; rows sorted by patient, then time."""
    seconds = at.astype("datetime64[s]").astype(np.int64)
    seconds -= seconds.min(initial=0)
    window = int(PRIOR_WINDOW / np.timedelta64(1, "s"))
    # One ascending key; patients are farther apart in it than the window is long.
    key = patient * (int(seconds.max(initial=0)) + window + 1) + seconds
    return np.arange(key.size) - np.searchsorted(key, key - window, side="left")


def risk_probabilities(registrations: pd.DataFrame) -> NDArray[np.float64]:
    """Return the true class probabilities of generated registrations, from their visible columns alone.

    Parameters
    ----------
    registrations : DataFrame
        All registrations of one `generate_hospital`, in their order: the earlier visits of each patient must be there.

    Returns
    -------
    ndarray, shape (rows, 3)
        P(low), P(moderate), P(high), in the order of `core.vocabulary.RISK_CLASSES`.
    """
    codes = {c.name: row for row, c in enumerate(CONDITIONS)}
    seen = Observed(
        condition=registrations["condition"].map(codes).to_numpy().astype(np.int8),
        age=registrations["age_years"].to_numpy(dtype=np.float64),
        comorbidity=registrations["comorbidity_count"].to_numpy(dtype=np.float64, na_value=np.nan),
        acuity=registrations["acuity"].to_numpy(dtype=np.float64, na_value=np.nan),
        vitals={
            vital: registrations[vital].to_numpy(dtype=np.float64)
            for vital in ("systolic_bp", "heart_rate", "respiratory_rate", "temperature_c", "spo2_pct")
        },
    )
    patient = pd.factorize(registrations["patient_id"])[0].astype(np.int64)
    at = registrations["registered_at"].dt.tz_convert(None).to_numpy(dtype="datetime64[s]")
    order = np.lexsort((at, patient))
    priors = np.empty(len(registrations), dtype=np.int64)
    priors[order] = count_prior_visits(patient[order], at[order])
    return class_probabilities(severity_score(seen), priors)
