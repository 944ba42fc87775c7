"""From the rows of a month to rows of the extract, in two readings: first who is in it, then what crosses.

Belongs here: applying the rules and counting what they did. Does not belong here: which column has which rule
(`placement`).

`draw` returns that many random bytes, of a source that nobody can predict from what it returned before (the operating
system's): codes are published, and a predictable generator would give away the order that was shuffled with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import ConflictError
from ml.safe_harbor.placement import CROSSES, FEWEST_PATIENTS
from ml.safe_harbor.rules import Icd10Category, Rule, categories_of

Draw = Callable[[int], bytes]
_MOST_FOLDS: Final = 10
_CODE_BYTES: Final = 16
_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


class Survey:
    """The first reading: patients, and the categories of diagnoses that enough of them have."""

    def __init__(self) -> None:
        self._patients: set[str] = set()
        self._having: dict[str, set[str]] = {}

    def add(self, rows: pd.DataFrame) -> None:
        """Count rows that will cross: `patient_id` and `condition_code` of each."""
        self._patients.update(rows["patient_id"].dropna())
        pairs = pd.DataFrame({"category": categories_of(rows["condition_code"]), "patient": rows["patient_id"]})
        for category, patients in pairs.dropna().drop_duplicates().groupby("category")["patient"]:
            having = self._having.setdefault(str(category), set())
            if len(having) < FEWEST_PATIENTS:
                having.update(patients)

    @property
    def patients(self) -> int:
        return len(self._patients)

    @property
    def categories(self) -> frozenset[str]:
        """Return the categories that at least `FEWEST_PATIENTS` patients have."""
        return frozenset(name for name, having in self._having.items() if len(having) >= FEWEST_PATIENTS)

    def folds(self, draw: Draw) -> dict[str, int]:
        """Return a fold for each patient, drawn at random; few patients have few folds."""
        patients = list(self._patients)
        count = max(1, min(_MOST_FOLDS, len(patients) // FEWEST_PATIENTS))
        return {patients[chosen]: place % count for place, chosen in enumerate(_random_order(len(patients), draw))}


@dataclass
class ColumnCounts:
    """What a rule did to its column."""

    kept: int = 0
    missing: int = 0
    blanked: int = 0
    topped: int = 0


class Extractor:
    """The second reading: rows of a month to rows of the extract, still in their order and without codes.

    Parameters
    ----------
    categories : frozenset of str
        Common categories of diagnoses.
    folds : mapping of str to int
        Patient -> fold.
    """

    def __init__(self, *, categories: frozenset[str], folds: Mapping[str, int]) -> None:
        self._folds = folds
        self._rules: dict[str, Rule] = {
            one.name: replace(one.rule, common=categories) if isinstance(one.rule, Icd10Category) else one.rule
            for one in CROSSES
        }
        self.counts = {name: ColumnCounts() for name in self._rules}

    def deidentify(self, rows: pd.DataFrame, *, year: int) -> pd.DataFrame:
        """Return what crosses of these rows.

        Parameters
        ----------
        rows : pandas.DataFrame
            The columns that `CROSSES` names as sources, and `patient_id`; whatever else is there is not looked at.
        year : int
            Of the registrations.

        Raises
        ------
        ConflictError
            If a patient was not there in the first reading.
        """
        fold = rows["patient_id"].map(self._folds)
        if fold.isna().any():
            raise ConflictError("the layers changed while they were read; run it again", code="layers_changed")
        columns: dict[str, pd.Series] = {
            "year": pd.Series(year, index=rows.index, dtype="int32"),
            "fold": fold.astype("int32"),
        }
        for one in CROSSES:
            applied = self._rules[one.name].apply(rows[one.source])
            columns[one.name] = applied.values
            counts = self.counts[one.name]
            kept, blanked = int(applied.values.notna().sum()), int(applied.blanked.sum())
            counts.kept += kept
            counts.blanked += blanked
            counts.missing += len(rows) - kept - blanked
            counts.topped += int(applied.topped.sum())
        return pd.DataFrame(columns).reset_index(drop=True)


def shuffled(rows: pd.DataFrame, draw: Draw) -> pd.DataFrame:
    """Return the rows in a random order, each with a random code: neither says where a row stood or whose it is."""
    mixed = rows.iloc[_random_order(len(rows), draw)].reset_index(drop=True)
    letters = draw(_CODE_BYTES * len(mixed)).hex().translate(_LETTERS)
    width = 2 * _CODE_BYTES
    codes = [letters[start : start + width] for start in range(0, len(letters), width)]
    mixed.insert(0, "record_code", pd.Series(codes, dtype="str"))
    return mixed


def _random_order(count: int, draw: Draw) -> NDArray[np.intp]:
    return np.argsort(np.frombuffer(draw(8 * count), dtype=np.uint64), kind="stable")
