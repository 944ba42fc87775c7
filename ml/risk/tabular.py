"""Any table of text to numbers: what kind each column is, and its encoding fitted inside a fold.

Belongs here: typing columns, reading numbers as people write them, and the encoder of one fold. Does not belong here:
files (`medisync.risk`), cross-validation (`crossval`), the hospital's own features (`ml.features`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

#: What spreadsheets and statistics programs write for "nothing here"; anything like `#…!` or `#…` is such a cell too.
MISSING_TEXTS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "nil", "?", "??", "-", "--", ".", "unknown"})
_SPREADSHEET_ERROR: Final = r"^#.*[!?]$|^#n/?a$|^#(?:ref|value|name|null|num|div/0).*$"
#: Columns of numbers may hold this share of other text, which then counts as missing.
_LEAST_NUMERIC_SHARE: Final = 0.95
#: Whole numbers of which this share is distinct number the rows, they do not measure.
_IDENTIFIER_SHARE: Final = 0.9
#: Whole numbers with no more than this many values are codes as well as numbers: they enter both ways.
_MOST_CODES: Final = 12
#: A text column with fewer rows per distinct value than this is free text, unless it has few values altogether.
_LEAST_ROWS_PER_TEXT: Final = 20
_FEW_TEXTS: Final = 12
#: A category gets a column of its own from this many training rows on.
_LEAST_ROWS: Final = 5


@dataclass(frozen=True)
class TypedTable:
    """A table with typed columns.

    Attributes
    ----------
    numeric : dict of str to numpy.ndarray
        float64, NaN where missing.
    categorical : dict of str to numpy.ndarray
        Text, "" where missing.
    notes : tuple of str
        What was dropped or read otherwise, and why.
    """

    numeric: dict[str, NDArray[np.float64]]
    categorical: dict[str, NDArray[np.object_]]
    notes: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in use."""
        return tuple(dict.fromkeys([*self.numeric, *self.categorical]))


def clean_text(column: pd.Series) -> pd.Series:
    """Strip a text column and empty the cells that mean "missing"."""
    text = column.astype("str").fillna("").str.strip()
    is_missing = text.str.lower().isin(MISSING_TEXTS) | text.str.match(_SPREADSHEET_ERROR, case=False)
    return text.mask(is_missing, "")


def read_numbers(text: pd.Series) -> NDArray[np.float64]:
    """Read numbers written with a point or, as in most of Europe, with a comma; NaN for anything else.

    Where a cell holds both, the last one is the decimal mark: `1.234,5` and `1,234.5` are the same number.
    """
    found = text.str.replace("\u00a0", "").str.replace(" ", "")
    has_comma, has_point = found.str.contains(",", regex=False), found.str.contains(".", regex=False)
    is_comma_last = has_comma & has_point & (found.str.rfind(",") > found.str.rfind("."))
    is_european = (has_comma & ~has_point) | is_comma_last
    european = found.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    english = found.str.replace(",", "", regex=False)
    return pd.to_numeric(european.where(is_european, english), errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def type_columns(table: pd.DataFrame) -> TypedTable:
    """Decide for each column of text whether it is a number, a category, both, or nothing that a model can use."""
    numeric: dict[str, NDArray[np.float64]] = {}
    categorical: dict[str, NDArray[np.object_]] = {}
    notes: list[str] = []
    for name in table.columns:
        text = clean_text(table[name])
        filled = text[text != ""]
        distinct = filled.nunique()
        if distinct < 2:
            notes.append(f"{name}: dropped, it has {'only one value' if distinct else 'no value'}")
            continue
        numbers = read_numbers(text)
        share = float(np.isfinite(numbers).sum()) / len(filled)
        if share >= _LEAST_NUMERIC_SHARE:
            known = numbers[np.isfinite(numbers)]
            is_whole = bool((known == np.round(known)).all())
            if is_whole and distinct > _MOST_CODES and distinct >= _IDENTIFIER_SHARE * len(filled):
                notes.append(f"{name}: dropped, almost every row has another whole number: it looks like an identifier")
                continue
            if share < 1:
                notes.append(f"{name}: {len(filled) - len(known)} cells are no numbers and count as missing")
            numeric[name] = np.where(np.isfinite(numbers), numbers, np.nan)
            if is_whole and distinct <= _MOST_CODES:
                codes = pd.Series(numbers).map("{:g}".format).where(np.isfinite(numbers), "")
                categorical[name] = codes.to_numpy(dtype=object)
        elif distinct > _FEW_TEXTS and len(filled) / distinct < _LEAST_ROWS_PER_TEXT:
            notes.append(f"{name}: dropped as free text ({distinct} distinct values in {len(filled)} rows)")
        else:
            categorical[name] = text.to_numpy(dtype=object)
    return TypedTable(numeric, categorical, tuple(notes))


def encode_fold(table: TypedTable, train: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the scaled matrix of all rows; medians, categories, means and scales come from the `train` rows alone.

    A numeric column becomes its value with the training median put in, and, where training rows miss it, a flag.
    """
    columns: list[NDArray[np.float64]] = []
    for values in table.numeric.values():
        missing = np.isnan(values)
        known = values[train][~missing[train]]
        columns.append(np.where(missing, np.median(known) if len(known) else 0.0, values))
        if len(known) < len(train):
            columns.append(missing.astype(float))
    for texts in table.categorical.values():
        counts = pd.Series(texts[train]).value_counts()
        columns += [(texts == text).astype(float) for text in sorted(counts[counts >= _LEAST_ROWS].index)]
    matrix = np.column_stack(columns)
    scaler = StandardScaler().fit(matrix[train])
    return np.asarray(scaler.transform(matrix), dtype=np.float32)
