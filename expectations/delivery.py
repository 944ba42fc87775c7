"""What a file delivers, column by column: gathered while it is read, held against what its source delivered before.

Belongs here: types, words and typical values of a source's columns, from the text as it stands. Does not belong here:
whether a difference breaks (`contract.diff`), where contracts are kept (`assets.intake.contracts`).
"""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from core.vocabulary import VITAL_COLUMNS
from expectations.contract import ColumnPromise, DataContract, Privacy

_NUMBER = r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d{1,3})?"
_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?|\d{8}(?:\d{4,6})?(?:\.\d+)?(?:[+-]\d{4})?"
#: Fewer filled cells than this say nothing about a column.
ENOUGH = 5
#: Of the filled cells; a few bad ones are for the suite to park, not for the contract.
_MOST = 0.9
#: Columns of ours whose source columns hold words of a vocabulary, which name nobody.
_WORDS = frozenset({"sex", "outcome", "acuity"})
_MOST_WORDS, _LONGEST_WORD = 20, 40
_SAMPLE = 200_000


class Delivery:
    """Counts that grow stretch by stretch; `promise` says what they come to."""

    def __init__(self, fills: Mapping[str, tuple[str, ...]], units: Mapping[str, str | None]) -> None:
        """Take which of our columns each source column fills, and the unit that the mapping tells for it."""
        self._fills = fills
        self._units = units
        self._filled: Counter[str] = Counter()
        self._numbers: Counter[str] = Counter()
        self._dates: Counter[str] = Counter()
        self._words: dict[str, Counter[str]] = {}
        self._values: dict[str, list[pd.Series]] = {}
        self._names: list[str] = []
        self._rows = 0

    def add(self, rows: pd.DataFrame) -> None:
        """Take a stretch of rows as the source has them: all text."""
        self._names = [str(name) for name in rows.columns]
        self._rows += len(rows)
        for name in self._names:
            text = rows[name].dropna().astype("str").str.strip()
            text = text[text != ""]
            self._filled[name] += len(text)
            if text.empty:
                continue
            numeric = text.str.fullmatch(_NUMBER)
            self._numbers[name] += int(numeric.sum())
            self._dates[name] += int((~numeric & text.str.fullmatch(_DATE)).sum())
            ours = set(self._fills.get(name, ()))
            if ours & _WORDS:
                self._words.setdefault(name, Counter()).update(text.value_counts().to_dict())
            if ours & set(VITAL_COLUMNS) and self._filled[name] <= _SAMPLE:
                plain = text[numeric].str.replace(",", ".", regex=False)
                self._values.setdefault(name, []).append(pd.to_numeric(plain, errors="coerce").dropna())

    def promise(self, name: str, version: str) -> DataContract:
        """Return what was delivered as a contract."""
        return DataContract(name, version, tuple(self._column(column) for column in self._names))

    def _column(self, name: str) -> ColumnPromise:
        filled = self._filled[name]
        if filled < ENOUGH:
            kind = "empty" if filled == 0 and self._rows >= ENOUGH else "few"
        elif self._numbers[name] >= _MOST * filled:
            kind = "number"
        elif self._dates[name] >= _MOST * filled:
            kind = "date"
        else:
            kind = "text"
        return ColumnPromise(
            name,
            kind,
            False,
            Privacy.SENSITIVE,
            self._units.get(name),
            self._vocabulary(name),
            self._typical(name),
        )

    def _vocabulary(self, name: str) -> tuple[str, ...] | None:
        # What hardly a row says is no word of the source: it may be a name that slipped into the column.
        words = {word: count for word, count in self._words.get(name, {}).items() if count >= ENOUGH}
        if not words:
            return None
        if len(words) > _MOST_WORDS or any(len(word) > _LONGEST_WORD for word in words):
            return None
        return tuple(sorted(words))

    def _typical(self, name: str) -> float | None:
        found = self._values.get(name)
        if not found or sum(map(len, found)) < ENOUGH:
            return None
        return round(float(pd.concat(found).median()), 4)


def continued(old: DataContract, new: DataContract) -> DataContract:
    """Return the new delivery with what it cannot tell (too few cells) taken over from before, and all words known."""
    before = {column.name: column for column in old.columns}
    return DataContract(
        new.name, new.version, tuple(_continued(before.get(column.name), column) for column in new.columns)
    )


def _continued(old: ColumnPromise | None, new: ColumnPromise) -> ColumnPromise:
    if old is None:
        return new
    return ColumnPromise(
        new.name,
        old.type if new.type == "few" else new.type,
        new.is_required,
        new.privacy,
        new.unit,
        new.values if new.values is not None else old.values,
        new.typical if new.typical is not None else old.typical,
    )
