"""The only importer of Great Expectations: turns rules into a suite, runs it, and keeps positions, never values.

Belongs here: the ephemeral context, the result format, the reading of results. Does not belong here: any rule.

Great Expectations echoes failing values into its results whatever the format, BOOLEAN_ONLY excepted (measured,
1.24.1). So the context is ephemeral, its results never leave `run`, and from each only a flag, a count and row
positions are taken. COMPLETE without id columns yields index labels; on a fresh RangeIndex those are positions, and
they cost next to nothing even when every row fails (0.6 s for 1 M rows, against 20 s with id columns).
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from core.errors import IntegrityError
from expectations.rules import Rule

with warnings.catch_warnings():
    # Great Expectations 1.24 imports sre_constants and sre_parse, deprecated since Python 3.11; nothing else is hidden.
    warnings.filterwarnings("ignore", message=r"module 'sre_\w+' is deprecated", category=DeprecationWarning)
    import great_expectations as gx
    from great_expectations import expectations as gxe
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.expectations.row_conditions import Column

_RESULT_FORMAT: Any = {
    "result_format": "COMPLETE",
    "return_unexpected_index_query": False,
    "exclude_unexpected_values": True,
}
#: From so many rows on, more runs with fewer columns each cost less than one.
_ROWS_WORTH_A_RUN = 150_000
_MOST_RUNS = 6
#: They look at the names of the columns, not at any row.
_OF_NAMES = frozenset({"ExpectTableColumnsToMatchSet"})


@dataclass(frozen=True)
class Finding:
    """What one rule found: whether it held, how many rows broke it, and which (none for a rule about the table)."""

    rule: Rule
    success: bool
    failed_rows: int
    positions: np.ndarray


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's own logging out of ours: its messages may quote a value."""
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _expectation(rule: Rule) -> Any:
    arguments = {
        key: value.timestamp() * 1e6 if isinstance(value, datetime) else value for key, value in rule.arguments.items()
    }
    if rule.where_present:
        arguments["row_condition"] = Column(rule.where_present).is_not_null()
    return getattr(gxe, rule.expectation)(**arguments, severity=str(rule.severity), meta={"rule": rule.code})


def run(frame: pd.DataFrame, rules: Sequence[Rule], *, name: str) -> tuple[Finding, ...]:
    """Hold `frame` against `rules` with Great Expectations.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any index; positions are counted from its first row.
    rules : sequence of Rule
        Rules with an expectation.
    name : str
        Name of the suite.

    Returns
    -------
    tuple of Finding
        In the order of `rules`.

    Raises
    ------
    IntegrityError
        If Great Expectations could not evaluate a rule; names the rule and the error's class only.
    """
    findings = [finding for part in _groups(rules, rows=len(frame)) for finding in _run_group(frame, part, name=name)]
    by_code = {finding.rule.code: finding for finding in findings}
    return tuple(by_code[rule.code] for rule in rules)


def _groups(rules: Sequence[Rule], *, rows: int) -> list[list[Rule]]:
    """Return the rules in groups that are run one after the other, those of the same columns together.

    For each rule the library copies the rows that it looks at, in all columns that it was given: on many rows, several
    runs with few columns each are cheaper than one. Each run costs half a second, which few rows are not worth.
    """
    about_table = [rule for rule in rules if not _asked_of(rule)]
    about_rows = sorted((rule for rule in rules if _asked_of(rule)), key=lambda rule: sorted(_asked_of(rule)))
    if rows < _ROWS_WORTH_A_RUN or not about_rows:
        return [list(rules)] if rules else []
    size = -(-len(about_rows) // min(_MOST_RUNS, 1 + rows // _ROWS_WORTH_A_RUN))
    parts = [about_rows[start : start + size] for start in range(0, len(about_rows), size)]
    return [*parts, about_table] if about_table else parts


def _asked_of(rule: Rule) -> set[str]:
    """Return the columns that a rule needs, the one of its condition included."""
    return columns_of(rule) | ({rule.where_present} if rule.where_present else set())


def _needed(frame: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return what these rules look at: their columns; with a rule about the table, all of them."""
    if all(rule.expectation in _OF_NAMES for rule in rules):
        return frame.iloc[:0]
    return frame[sorted(set().union(*map(_asked_of, rules)))] if all(map(_asked_of, rules)) else frame


def _run_group(frame: pd.DataFrame, rules: Sequence[Rule], *, name: str) -> Iterator[Finding]:
    given = lightened(_needed(frame, rules), rules)
    # Everything in memory; the library's own default makes a folder for Data Docs in /tmp at every run.
    config = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False))
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    definition = (
        context.data_sources.add_pandas("memory")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("whole")
    )
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=[_expectation(rule) for rule in rules]))
    # A validation definition takes its batch once; `batch.validate` takes, and fingerprints, it twice.
    held = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=definition, suite=suite))
    with _quiet():
        outcome = held.run(batch_parameters={"dataframe": given}, result_format=_RESULT_FORMAT)
    by_code = {result.expectation_config.meta["rule"]: result for result in outcome.results}
    return (_finding(rule, by_code[rule.code]) for rule in rules)


def lightened(frame: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the frame in the cheapest form that these rules can judge, positions as its index.

    Notes
    -----
    The library fingerprints every cell that it is given, compares moments and nullable integers one by one in Python,
    and pairs of aware moments with a deprecation warning. So moments and integers come as doubles (microseconds since
    1970: exact until the year 2255), text that rules only ask to be there as present or missing, other text as
    categories. 1 M rows and 33 rules: 12.3 s of CPU become 4.
    """
    looked_at = {
        column for rule in rules if rule.expectation != "ExpectColumnValuesToNotBeNull" for column in columns_of(rule)
    }
    light = {name: _light(frame[name], is_looked_at=name in looked_at) for name in frame.columns}
    return pd.DataFrame(light, index=pd.RangeIndex(len(frame)))


def columns_of(rule: Rule) -> set[str]:
    """Return the columns whose values a rule asks for."""
    named = {str(rule.arguments[key]) for key in ("column", "column_A", "column_B") if key in rule.arguments}
    return named | {str(name) for name in rule.arguments.get("column_list", ())}


def _light(column: pd.Series, *, is_looked_at: bool) -> np.ndarray | pd.Categorical:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return _micros(column)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype="float64", na_value=np.nan)
    if is_looked_at:
        return pd.Categorical(column)
    return np.where(column.notna(), 1.0, np.nan)


def _micros(column: pd.Series) -> np.ndarray:
    micros = column.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(micros), np.nan, micros.astype("int64").astype("float64"))


def _finding(rule: Rule, result: Any) -> Finding:
    caught = result.exception_info or {}
    entries = [caught] if "raised_exception" in caught else list(caught.values())
    if any(entry["raised_exception"] for entry in entries):
        # The library's message may quote a value; the rule's code is enough to find the fault.
        raise IntegrityError(f"the rule {rule.code} could not be evaluated; is its column of another type?")
    positions = np.asarray(result.result.get("unexpected_index_list") or [], dtype=np.int64)
    return Finding(rule, bool(result.success), int(result.result.get("unexpected_count") or 0), positions)
