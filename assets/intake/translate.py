"""From a source's rows to ours: the mapping applied, column by column, value by value.

Belongs here: renames, defaults, value maps, units, dates, ids from templates. Does not belong here: judging the result;
a value that cannot be translated stays as it was, and the suite parks its row.
"""

import hashlib
import operator
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from assets.intake.archive import Place
from assets.intake.chunks import Chunk
from assets.intake.csv_reader import read_csv
from assets.intake.mapping import UNIT_CHANGES, ColumnRule, Lookup, Mapping, NumberRule
from assets.intake.source_file import SourceFile
from core.vocabulary import REGISTRATION_COLUMNS
from expectations.parsing import present_text, read_moments

_COMPARE: dict[str, Callable[[pd.Series, float], pd.Series]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
_DECIMALS = 4


class Translator:
    """A mapping at work on the chunks of one source; looks values up in tables that are read once."""

    def __init__(self, mapping: Mapping, *, source: SourceFile, place: Place) -> None:
        self._mapping = mapping
        self._source = source
        self._place = place
        self._tables: dict[Lookup, dict[str, str]] = {}

    def translate(self, chunk: Chunk) -> pd.DataFrame:
        """Return the rows of a chunk in `REGISTRATION_COLUMNS`, all text.

        Raises
        ------
        InputError
            If the mapping names a column that the source does not have, or a lookup file is not there.
        """
        absent = [name for name in self._mapping.source_columns if name not in chunk.rows.columns]
        if absent:
            raise self._source.fault(
                1,
                f"the mapping names the column {absent[0]!r}, which the file does not have; it has "
                f"{', '.join(map(repr, chunk.rows.columns))}",
                code="wrong_mapping",
            )
        empty = pd.Series(np.full(len(chunk.rows), np.nan), dtype="str")
        ours = dict.fromkeys(REGISTRATION_COLUMNS, empty)
        births: dict[str, pd.Series] = {}
        for name, rule in self._mapping.columns.items():
            column = _changed(self._origin(rule, chunk), rule)
            if rule.is_birth_date:
                births[name] = column
            else:
                ours[name] = column
        for name, born in births.items():
            ours[name] = _years_between(born, ours["registered_at"])
        return pd.DataFrame(ours)

    def _origin(self, rule: ColumnRule, chunk: Chunk) -> pd.Series:
        column = self._first_origin(rule, chunk)
        return column if rule.default_from is None else column.fillna(present_text(chunk.rows[rule.default_from]))

    def _first_origin(self, rule: ColumnRule, chunk: Chunk) -> pd.Series:
        if rule.constant is not None:
            return pd.Series([rule.constant] * len(chunk.rows), dtype="str")
        if rule.source is not None:
            return present_text(chunk.rows[rule.source])
        if rule.template is not None:
            return _templated(rule.template, chunk, self._source)
        assert rule.lookup is not None, "a rule has one of the four origins"
        if rule.lookup not in self._tables:
            self._tables[rule.lookup] = _table(self._place.source(rule.lookup.file), rule.lookup)
        return present_text(chunk.rows[rule.lookup.by].map(self._tables[rule.lookup]).astype("str"))


def _table(source: SourceFile, lookup: Lookup) -> dict[str, str]:
    """Return key -> value of a second CSV file; of a repeated key the first row counts."""
    table: dict[str, str] = {}
    for chunk in read_csv(source):
        for name in (lookup.key, lookup.column):
            if name not in chunk.rows.columns:
                raise source.fault(1, f"no column {name!r} to look up", code="wrong_mapping")
        for known, value in zip(chunk.rows[lookup.key], chunk.rows[lookup.column], strict=True):
            table.setdefault(known, value)
    return table


def _templated(template: str, chunk: Chunk, source: SourceFile) -> pd.Series:
    fields = re.findall(r"\{([^{}]+)\}", template)
    parts: dict[str, list[str]] = {}
    for field in fields:
        if field == "row":
            parts[field] = [re.sub(r"\D", "", record) for record in chunk.records]
        elif field == "hash":
            parts[field] = record_hashes(chunk.rows)
        elif field in chunk.rows.columns:
            parts[field] = chunk.rows[field].fillna("").tolist()
        else:
            raise source.fault(
                1, f"the template names {field!r}; allowed are row, hash and columns of the file", code="wrong_mapping"
            )
    filled = []
    for index in range(len(chunk.rows)):
        text = template
        for field in fields:
            text = text.replace("{" + field + "}", parts[field][index])
        filled.append(text)
    return pd.Series(filled, dtype="str")


def record_hashes(rows: pd.DataFrame) -> list[str]:
    """Return 12 hexadecimal digits of the SHA-256 of each whole source row."""
    columns = [rows[name].fillna("").tolist() for name in rows.columns]
    return [
        hashlib.sha256("\x1f".join(fields).encode(errors="surrogatepass")).hexdigest()[:12]
        for fields in zip(*columns, strict=True)
    ]


def _changed(column: pd.Series, rule: ColumnRule) -> pd.Series:
    if rule.default is not None:
        column = column.fillna(rule.default)
    if rule.values is not None:
        mapped = column.map(rule.values).astype("str")
        kept = column if rule.otherwise is None else pd.Series(rule.otherwise, index=column.index, dtype="str")
        column = mapped.where(mapped.notna(), kept.where(column.notna()))
        column = column.where(column != "")
    if rule.unit is not None or rule.rules:
        column = _recalculated(column, rule)
    if rule.date_formats:
        column = _dated(column, rule)
    return column


def _recalculated(column: pd.Series, rule: ColumnRule) -> pd.Series:
    """Do the arithmetic where there is a number; whatever is none stays as it is."""
    numbers = pd.to_numeric(column.astype(object), errors="coerce").astype("float64")
    changed = numbers.copy()
    for number_rule in rule.rules:
        hit = _applies(number_rule, numbers)
        changed = changed.where(~hit, (numbers - number_rule.subtract) * number_rule.multiply / number_rule.divide)
    if rule.unit is not None:
        factor, offset = UNIT_CHANGES[rule.unit]
        changed = changed * factor + offset
    touched = changed.notna() & (changed != numbers)
    spelled = changed.round(_DECIMALS).map(
        lambda value: np.format_float_positional(value, trim="-"), na_action="ignore"
    )
    return column.where(~touched, spelled.astype("str"))


def _applies(rule: NumberRule, numbers: pd.Series) -> pd.Series:
    sign, limit = re.fullmatch(r"\s*(>=|<=|>|<|==)\s*(\S+)\s*", rule.when).groups()  # type: ignore[union-attr]
    return _COMPARE[sign](numbers, float(limit))


def _dated(column: pd.Series, rule: ColumnRule) -> pd.Series:
    """Read dates in the formats given; where two formats read different days, the value is refused, not guessed."""
    read = pd.DataFrame(
        {pattern: pd.to_datetime(column, format=pattern, errors="coerce") for pattern in rule.date_formats}
    )
    found = read.bfill(axis=1).iloc[:, 0]
    agreed = read.nunique(axis=1, dropna=True) == 1
    moments = found.where(agreed).astype("datetime64[us]")
    moments = moments.dt.tz_localize(rule.timezone, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    spelled = moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype("str")
    # A leading mark keeps a refused date, which may look like ISO, from being read in the next step.
    return spelled.where(moments.notna(), ("?" + column).where(column.notna()))


def _years_between(born: pd.Series, registered_at: pd.Series) -> pd.Series:
    """Return whole years by the calendar: one more on each birthday."""
    birth, _ = read_moments(born)
    visit, _ = read_moments(registered_at)
    born_later_in_year = (visit.dt.month < birth.dt.month) | (
        (visit.dt.month == birth.dt.month) & (visit.dt.day < birth.dt.day)
    )
    years = visit.dt.year - birth.dt.year - born_later_in_year
    return years.map(lambda value: str(int(value)), na_action="ignore").astype("str").where(years.notna())
