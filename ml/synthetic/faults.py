"""Known errors of entry, planted in clean registrations so that checks can be seen to find them.

Belongs here: planting faults and the list of what was planted. Does not belong here: finding them (expectations/).
"""

from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS

_IMPOSSIBLE_AGE: Final = 222.0
_UNKNOWN_SEX_WORD: Final = "fem."
_YEARS_AHEAD: Final = 100


class Fault(StrEnum):
    """What can be planted; the column it sits in is in the table that `with_faults` returns."""

    AGE_IMPOSSIBLE = "age_impossible"
    TEMPERATURE_FAHRENHEIT = "temperature_fahrenheit"
    REGISTERED_IN_FUTURE = "registered_in_future"
    SEX_UNKNOWN_WORD = "sex_unknown_word"
    DUPLICATE = "duplicate"


_COLUMN_OF: Final = {
    Fault.AGE_IMPOSSIBLE: "age_years",
    Fault.TEMPERATURE_FAHRENHEIT: "temperature_c",
    Fault.REGISTERED_IN_FUTURE: "registered_at",
    Fault.SEX_UNKNOWN_WORD: "sex",
    Fault.DUPLICATE: "registration_id",
}


def with_faults(
    registrations: pd.DataFrame, *, share: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plant errors of entry in a share of the rows, each row at most one, all kinds equally often.

    Parameters
    ----------
    registrations : DataFrame
        Columns of `core.vocabulary.REGISTRATION_COLUMNS`; not changed.
    share : float
        Share of rows that get a fault, 0 to 1; rounded to whole rows.
    rng : numpy.random.Generator

    Returns
    -------
    frame : DataFrame
        The rows in their order with faults in place; copies of duplicated rows stand at the end.
    planted : DataFrame
        `position` (row of `frame`), `registration_id`, `column`, `fault`; sorted by position.

    Raises
    ------
    InputError
        If `share` is outside 0 to 1 or a column is missing.
    """
    if not 0 <= share <= 1:
        raise InputError(f"share is {share}; 0 to 1 is allowed")
    missing = [column for column in REGISTRATION_COLUMNS if column not in registrations]
    if missing:
        raise InputError(f"column {missing[0]} is missing; the columns of a registration are needed")
    frame = registrations.reset_index(drop=True)
    rows = rng.choice(len(frame), round(share * len(frame)), replace=False)
    kinds = list(Fault)
    chosen = {kind: np.sort(rows[place :: len(kinds)]) for place, kind in enumerate(kinds)}
    # A temperature that was not taken cannot be in the wrong unit.
    hot = chosen[Fault.TEMPERATURE_FAHRENHEIT]
    chosen[Fault.TEMPERATURE_FAHRENHEIT] = hot[frame["temperature_c"].notna().to_numpy()[hot]]
    frame = _spoil(frame, chosen)
    copies = chosen[Fault.DUPLICATE]
    positions = chosen | {Fault.DUPLICATE: len(frame) + np.arange(copies.size)}
    planted = pd.concat(
        [
            pd.DataFrame(
                {
                    "position": positions[kind],
                    "registration_id": frame["registration_id"].iloc[chosen[kind]].to_numpy(),
                    "column": _COLUMN_OF[kind],
                    "fault": kind.value,
                }
            )
            for kind in kinds
        ],
        ignore_index=True,
    )
    frame = pd.concat([frame, frame.iloc[copies]], ignore_index=True)
    return frame, planted.sort_values("position", ignore_index=True)


def _spoil(frame: pd.DataFrame, chosen: dict[Fault, np.ndarray]) -> pd.DataFrame:
    age = frame["age_years"].to_numpy(copy=True)
    age[chosen[Fault.AGE_IMPOSSIBLE]] = _IMPOSSIBLE_AGE
    temperature = frame["temperature_c"].to_numpy(copy=True)
    hot = chosen[Fault.TEMPERATURE_FAHRENHEIT]
    temperature[hot] = np.round(temperature[hot] * 9 / 5 + 32, 1)
    sex = frame["sex"].copy()
    sex.iloc[chosen[Fault.SEX_UNKNOWN_WORD]] = _UNKNOWN_SEX_WORD
    registered_at = frame["registered_at"].copy()
    ahead = chosen[Fault.REGISTERED_IN_FUTURE]
    registered_at.iloc[ahead] = registered_at.iloc[ahead] + pd.DateOffset(years=_YEARS_AHEAD)
    return frame.assign(age_years=age, temperature_c=temperature, sex=sex, registered_at=registered_at)
