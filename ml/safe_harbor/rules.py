"""The few ways in which a value may cross into the extract; whatever is none of them is blanked and counted.

Belongs here: one column in, one column out. Does not belong here: which column has which rule (`placement`).

A rule says what may cross, never what may not: text crosses only as a word of a vocabulary, a number only inside of its
range and no finer than its rule says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.vocabulary import ICD10_PATTERN


@dataclass(frozen=True)
class Applied:
    """A column as it crosses.

    Attributes
    ----------
    values : pandas.Series
        With the index of what came in.
    blanked : pandas.Series of bool
        There was a value, and it may not cross.
    topped : pandas.Series of bool
        The value is in the one class at the top.
    """

    values: pd.Series
    blanked: pd.Series
    topped: pd.Series


class Rule(Protocol):
    """What every rule can do."""

    @property
    def said(self) -> str:
        """The rule in words, for the manifest."""
        ...

    def apply(self, values: pd.Series) -> Applied:
        """Return the column as it may cross."""
        ...


@dataclass(frozen=True)
class Number:
    """A measurement: inside of its range, rounded to `decimals`."""

    low: float
    high: float
    decimals: int = 0

    @property
    def said(self) -> str:
        step = "whole numbers" if self.decimals == 0 else f"{self.decimals} decimals"
        return f"{self.low:g} to {self.high:g}, {step}; else blank"

    def apply(self, values: pd.Series) -> Applied:
        numbers, blanked = _inside(values, self.low, self.high)
        return _applied(values, np.round(numbers, self.decimals), blanked)


@dataclass(frozen=True)
class TopCoded:
    """Whole numbers, rounded down; from `top` on one class."""

    low: float
    high: float
    top: float

    @property
    def said(self) -> str:
        return f"{self.low:g} to {self.high:g}, rounded down, {self.top:g} and more as {self.top:g}; else blank"

    def apply(self, values: pd.Series) -> Applied:
        numbers, blanked = _inside(values, self.low, self.high)
        return _applied(values, np.minimum(np.floor(numbers), self.top), blanked, numbers >= self.top)


@dataclass(frozen=True)
class Banded:
    """A number as the lowest of its band; the last band has no end but `high`."""

    edges: tuple[float, ...]
    high: float

    @property
    def said(self) -> str:
        return f"the lowest of its band, bands begin at {', '.join(f'{edge:g}' for edge in self.edges)}; else blank"

    def apply(self, values: pd.Series) -> Applied:
        numbers, blanked = _inside(values, self.edges[0], self.high)
        # NaN sorts past the end: it stays what it is.
        place = np.searchsorted(self.edges, numbers, side="right") - 1
        return _applied(values, np.where(np.isnan(numbers), np.nan, np.asarray(self.edges)[place]), blanked)


@dataclass(frozen=True)
class Words:
    """A word of a vocabulary, letter by letter."""

    allowed: frozenset[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Words":
        return cls(frozenset(str(word) for word in words))

    @property
    def said(self) -> str:
        return f"one of {', '.join(sorted(self.allowed))}; else blank"

    def apply(self, values: pd.Series) -> Applied:
        is_word = values.isin(list(self.allowed))
        return _texts(values, values.where(is_word))


@dataclass(frozen=True)
class Icd10Category:
    """The first three characters of an ICD-10 code, if the category is a common one.

    Attributes
    ----------
    common : frozenset of str
        Categories with enough patients (`Survey.categories`); none until they were counted, and then nothing crosses.
    """

    common: frozenset[str] = frozenset()

    @property
    def said(self) -> str:
        return "the category (three characters) of an ICD-10 code, if enough patients have it; else blank"

    def apply(self, values: pd.Series) -> Applied:
        category = categories_of(values)
        return _texts(values, category.where(category.isin(list(self.common))))


def categories_of(values: pd.Series) -> pd.Series:
    """Return the ICD-10 category of each code; missing where it is no code."""
    texts = values.astype("str").str.strip()
    return texts.str.slice(stop=3).where(texts.str.fullmatch(ICD10_PATTERN.strip("^$")).fillna(False).astype(bool))


def _inside(values: pd.Series, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the numbers that lie in a range, NaN else, and where something was that does not."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    is_inside = (numbers >= low) & (numbers <= high)
    return np.where(is_inside, numbers, np.nan), values.notna().to_numpy(dtype=bool) & ~is_inside


def _applied(
    values: pd.Series,
    numbers: NDArray[np.float64],
    blanked: NDArray[np.bool_],
    topped: NDArray[np.bool_] | None = None,
) -> Applied:
    index = values.index
    return Applied(
        pd.Series(numbers, index=index),
        pd.Series(blanked, index=index),
        pd.Series(False if topped is None else topped, index=index, dtype=bool),
    )


def _texts(values: pd.Series, kept: pd.Series) -> Applied:
    """Made of nothing but its own words: a categorical column would carry along the words that were blanked."""
    made = kept.astype("object").astype("str").where(kept.notna())
    is_there = values.notna() & (values.astype("str").str.strip() != "")
    return Applied(made, is_there & kept.isna(), pd.Series(False, index=values.index))
