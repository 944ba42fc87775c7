"""Who registers: age bands and sexes, with intervals.

Belongs here: `analyze_patient_demographics`. Does not belong here: hiding small cells (suppression).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.vocabulary import AGE_BANDS, UNKNOWN_BAND, Sex
from ml.analytics.counting import Ints, codes_of, days_of, need
from ml.analytics.intervals import wilson

BANDS = (*(label for label, _, _ in AGE_BANDS), UNKNOWN_BAND)
_EDGES = np.array([first for _, first, _ in AGE_BANDS] + [AGE_BANDS[-1][2]], dtype=np.float64)


@dataclass(frozen=True)
class AgeBand:
    """Registrations of one band; `other_count` holds the sexes other and unknown. None: hidden as a small cell."""

    band: str
    count: int | None
    share: float | None
    share_low: float | None
    share_high: float | None
    female_count: int | None
    male_count: int | None
    other_count: int | None


@dataclass(frozen=True)
class SexShare:
    sex: str
    count: int | None
    share: float | None
    share_low: float | None
    share_high: float | None


@dataclass(frozen=True)
class Demographics:
    """Registrations (not persons) of the whole period by age band and sex."""

    period_start_date: str | None
    period_end_date: str | None
    total: int | None
    age_bands: tuple[AgeBand, ...]
    sexes: tuple[SexShare, ...]


def analyze_patient_demographics(df: pd.DataFrame) -> Demographics:
    """Count registrations by age band and sex, with 95 % Wilson intervals of each share.

    Parameters
    ----------
    df : DataFrame
        Validated registrations; `registered_at`, `age_years` and `sex` are read.

    Returns
    -------
    Demographics
        All bands of `core.vocabulary.AGE_BANDS` and "unknown" (no age, or one outside 0 to 120), all four sexes
        (missing and unheard-of words count as unknown). Both add up to `total`. An empty frame gives zeros.

    Raises
    ------
    InputError
        If a column is missing.
    """
    need(df, ("registered_at", "age_years", "sex"))
    table = band_sex_table(df)
    total = int(table.sum())
    by_band, by_sex = table.sum(axis=1), table.sum(axis=0)
    band_low, band_high = wilson(by_band, total)
    sex_low, sex_high = wilson(by_sex, total)
    share = 1 / max(total, 1)
    days = days_of(df)
    return Demographics(
        period_start_date=str(days.min().astype("datetime64[D]")) if total else None,
        period_end_date=str(days.max().astype("datetime64[D]")) if total else None,
        total=total,
        age_bands=tuple(
            AgeBand(
                band=band,
                count=int(by_band[row]),
                share=float(by_band[row] * share),
                share_low=float(band_low[row]),
                share_high=float(band_high[row]),
                female_count=int(table[row, 0]),
                male_count=int(table[row, 1]),
                other_count=int(table[row, 2] + table[row, 3]),
            )
            for row, band in enumerate(BANDS)
        ),
        sexes=tuple(
            SexShare(str(sex), int(by_sex[column]), float(by_sex[column] * share), float(low), float(high))
            for column, (sex, low, high) in enumerate(zip(Sex, sex_low, sex_high, strict=True))
        ),
    )


def band_sex_table(df: pd.DataFrame) -> Ints:
    """Count registrations by age band (rows, `BANDS`) and sex (columns, order of `Sex`)."""
    n_sexes = len(Sex)
    cells = band_codes(df["age_years"]) * n_sexes + sex_codes(df["sex"])
    return np.bincount(cells, minlength=len(BANDS) * n_sexes).reshape(len(BANDS), n_sexes)


def band_codes(age_years: pd.Series) -> Ints:
    """Return the row of `BANDS` for each age; the last one where it is missing or impossible."""
    age = age_years.to_numpy(dtype=np.float64, na_value=np.nan)
    code = np.searchsorted(_EDGES, age, side="right") - 1
    return np.where((code < 0) | (code >= len(AGE_BANDS)), len(AGE_BANDS), code)


def sex_codes(sex: pd.Series) -> Ints:
    """Return the place in `Sex` for each word; that of unknown where it is missing or unheard of."""
    codes, words = codes_of(sex)
    order = [str(member) for member in Sex]
    unknown = order.index(Sex.UNKNOWN)
    place = np.array([order.index(word) if word in order else unknown for word in words] + [unknown], dtype=np.int64)
    return place[codes]
