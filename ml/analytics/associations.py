"""Which conditions go with age or sex: chi-square tests with an honest effect size.

Belongs here: `analyze_illness_prediction_chi_square`. Does not belong here: cause and effect; nobody can read that
from a table of counts.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from core.errors import InputError
from core.vocabulary import AGE_BANDS
from ml.analytics.counting import Ints, codes_of, need
from ml.analytics.demographics import band_codes, sex_codes
from ml.analytics.intervals import holm

Floats = NDArray[np.float64]

ALPHA: Final = 0.05
DEFAULT_SEED: Final = 0
BOOTSTRAP_TABLES: Final = 1000
MONTE_CARLO_TABLES: Final = 9999

#: Cochran 1954, doi:10.2307/3001616: chi-square holds if no expected count is below 1 and at most a fifth below 5.
LEAST_EXPECTED: Final = 1.0
SMALL_EXPECTED: Final = 5.0
SMALL_SHARE: Final = 0.2

#: Cohen 1988: medium and large effect for one degree of freedom of the smaller side.
MODERATE_FROM: Final = 0.3
STRONG_FROM: Final = 0.5


@dataclass(frozen=True)
class AssociationTest:
    """One condition against all others, by one factor.

    Attributes
    ----------
    chi2, dof : float, int or None
        Pearson's statistic without continuity correction, over the groups that occur; None where nothing can be
        compared.
    p_value : float or None
        Of chi-square if `is_valid`; else exact (Fisher for two groups, Monte Carlo for more), as the note says.
    p_adjusted : float or None
        Holm over all tests with a p-value.
    cramers_v, v_low, v_high : float or None
        Bias-corrected Cramér's V with its 95 % percentile bootstrap interval.
    strength : str
        "none found" if `p_adjusted` is above alpha; else weak below 0.3, moderate below 0.5, strong.
    n : int
        Registrations with a known group.
    is_valid : bool
        Whether the expected counts are large enough for chi-square.
    note : str or None
        Why not.
    """

    factor: str
    condition: str
    chi2: float | None
    dof: int | None
    p_value: float | None
    p_adjusted: float | None
    cramers_v: float | None
    v_low: float | None
    v_high: float | None
    strength: str
    n: int
    is_valid: bool
    note: str | None


@dataclass(frozen=True)
class Associations:
    alpha: float
    adjustment: str
    n: int
    tests: tuple[AssociationTest, ...]


def analyze_illness_prediction_chi_square(
    df: pd.DataFrame,
    *,
    alpha: float = ALPHA,
    bootstrap_tables: int = BOOTSTRAP_TABLES,
    rng: np.random.Generator | None = None,
) -> Associations:
    """Test each condition against age band and sex.

    Parameters
    ----------
    df : DataFrame
        Validated registrations; `condition`, `age_years` and `sex` are read.
    alpha : float
        Significance level of the whole family, between 0 and 1.
    bootstrap_tables : int
        Tables drawn for each interval, 100 or more.
    rng : numpy.random.Generator, optional
        Draws the tables; one with a fixed seed where none is given, so that the same rows give the same answer.

    Returns
    -------
    Associations
        Strongest first. Unknown ages, and sexes other and unknown, are left out of their test: the n of a test says
        how many rows are in it.

    Raises
    ------
    InputError
        If a column is missing or a parameter out of range.

    Notes
    -----
    Bias-corrected V (Bergsma 2013, doi:10.1016/j.jkss.2012.10.002): φ̃² = max(0, φ² − (r−1)(c−1)/(n−1)), over
    min(r̃, c̃) − 1 with r̃ = r − (r−1)²/(n−1). A table drawn from the observed shares carries the chance of the observed
    table and its own, so the bootstrap subtracts the correction twice; otherwise its interval would sit too high.
    """
    need(df, ("condition", "age_years", "sex"))
    if not 0 < alpha < 1:
        raise InputError(f"alpha is {alpha}; more than 0 and less than 1 is allowed")
    if bootstrap_tables < 100:
        raise InputError(f"bootstrap_tables is {bootstrap_tables}; 100 or more are allowed")
    rng = rng if rng is not None else np.random.Generator(np.random.PCG64(DEFAULT_SEED))
    codes, labels = codes_of(df["condition"])
    age = _cross(codes, band_codes(df["age_years"]), len(labels), len(AGE_BANDS))
    sex = _cross(codes, sex_codes(df["sex"]), len(labels), 2)
    tests = [
        _test(factor, labels[row], table, row, bootstrap_tables=bootstrap_tables, rng=rng)
        for factor, table in (("age_band", age), ("sex", sex))
        for row in range(len(labels))
    ]
    adjusted = holm([np.nan if test.p_value is None else test.p_value for test in tests])
    judged = [_judge(test, float(p), alpha) for test, p in zip(tests, adjusted, strict=True)]
    judged.sort(key=lambda test: (-(test.cramers_v if test.cramers_v is not None else -1), test.factor, test.condition))
    return Associations(alpha=alpha, adjustment="holm", n=int((codes >= 0).sum()), tests=tuple(judged))


def _cross(conditions: Ints, groups: Ints, n_conditions: int, n_groups: int) -> Ints:
    """Count conditions (rows) by group (columns); groups past the last one are left out."""
    inside = (conditions >= 0) & (groups < n_groups)
    flat = np.bincount(conditions[inside] * n_groups + groups[inside], minlength=n_conditions * n_groups)
    return flat.reshape(n_conditions, n_groups)


def _test(
    factor: str, condition: str, table: Ints, row: int, *, bootstrap_tables: int, rng: np.random.Generator
) -> AssociationTest:
    groups = table.sum(axis=0)
    present = groups > 0
    inside, total, n = table[row, present], groups[present], int(groups.sum())
    empty = AssociationTest(factor, condition, *(None,) * 7, strength="none found", n=n, is_valid=False, note=None)
    if present.sum() < 2:
        return replace(empty, note=f"fewer than two groups of {factor} occur: nothing to compare")
    cases = int(inside.sum())
    if cases in (0, n):
        who = "no" if cases == 0 else "every"
        return replace(empty, note=f"{who} registration with a known {factor} has this condition: nothing to compare")
    pair = np.stack([inside, total - inside])
    expected = pair.sum(axis=1, keepdims=True) * total / n
    chi2 = float(chi_square(pair[None].astype(np.float64))[0])
    dof = int(present.sum()) - 1
    small = int((expected < SMALL_EXPECTED).sum())
    is_valid = bool(expected.min() >= LEAST_EXPECTED and small <= SMALL_SHARE * expected.size)
    note = None
    if is_valid:
        p_value = float(stats.chi2.sf(chi2, dof))
    else:
        p_value, way = _exact(pair, chi2, rng=rng)
        note = (
            f"{small} of {expected.size} expected counts are below 5 (smallest {expected.min():.1f}): chi-square does "
            f"not hold; the p-value is {way}"
        )
    v = float(cramers_v(np.array([chi2]), n, dof)[0])
    drawn = rng.multinomial(n, pair.ravel() / n, size=bootstrap_tables).reshape(-1, *pair.shape)
    spread = cramers_v(chi_square(drawn.astype(np.float64)), n, dof, chances=2)
    low, high = np.quantile(spread, [0.025, 0.975])
    return replace(
        empty,
        chi2=chi2,
        dof=dof,
        p_value=p_value,
        cramers_v=v,
        v_low=min(float(low), v),
        v_high=max(float(high), v),
        is_valid=is_valid,
        note=note,
    )


def chi_square(tables: Floats) -> Floats:
    """Return Pearson's statistic of each 2 × k table, shape (tables, 2, k); an empty row or column adds nothing."""
    rows, columns = tables.sum(axis=2, keepdims=True), tables.sum(axis=1, keepdims=True)
    expected = rows * columns / tables.sum(axis=(1, 2), keepdims=True)
    cells = np.divide((tables - expected) ** 2, expected, out=np.zeros_like(tables), where=expected > 0)
    return cells.sum(axis=(1, 2))


def cramers_v(chi2: Floats, n: int, dof: int, *, chances: int = 1) -> Floats:
    """Return the bias-corrected Cramér's V of 2 × (dof + 1) tables; `chances` times the correction is subtracted."""
    if n < 3:
        return np.zeros_like(chi2)
    phi2 = np.maximum(0, chi2 / n - chances * dof / (n - 1))
    columns = dof + 1 - dof**2 / (n - 1)
    rows = 2 - 1 / (n - 1)
    smaller = min(columns, rows) - 1
    return np.minimum(np.sqrt(phi2 / smaller), 1) if smaller > 0 else np.zeros_like(chi2)


def _exact(pair: Ints, chi2: float, *, rng: np.random.Generator) -> tuple[float, str]:
    """Return the p-value given both margins: Fisher for 2 × 2, else the share of random tables as far from expected."""
    if pair.shape[1] == 2:
        return min(1.0, float(np.asarray(stats.fisher_exact(pair), dtype=np.float64)[1])), "exact (Fisher)"
    total, cases = pair.sum(axis=0), int(pair[0].sum())
    drawn = rng.multivariate_hypergeometric(total, cases, size=MONTE_CARLO_TABLES, method="marginals")
    as_far = chi_square(np.stack([drawn, total - drawn], axis=1).astype(np.float64)) >= chi2 * (1 - 1e-12)
    p_value = (1 + int(as_far.sum())) / (1 + MONTE_CARLO_TABLES)
    return p_value, f"exact (Monte Carlo, {MONTE_CARLO_TABLES} tables)"


def _judge(test: AssociationTest, p_adjusted: float, alpha: float) -> AssociationTest:
    if np.isnan(p_adjusted) or test.cramers_v is None:
        return test
    if p_adjusted > alpha:
        strength = "none found"
    elif test.cramers_v >= STRONG_FROM:
        strength = "strong"
    else:
        strength = "moderate" if test.cramers_v >= MODERATE_FROM else "weak"
    return replace(test, p_adjusted=p_adjusted, strength=strength)
