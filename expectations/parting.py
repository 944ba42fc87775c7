"""Parting: which raw rows are current and good, which are parked and why, which say nothing new.

Belongs here: the one place where parsing, the suite and deduplication come together. Does not belong here: where rows
come from and go to (`assets/`).

The order matters and is decided in docs/decisions/0040: repeated content goes first, then bad rows, and only among the
good ones does the newest version of a visit win; so a broken correction never hides the good version before it, and a
good correction mends the bad row before it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from core.vocabulary import VALIDATED_DTYPES, Severity
from expectations.parsing import PARSE_RULES, parse_raw
from expectations.rules import Report, result_of
from expectations.suites import validated_registrations
from expectations.validation import report_of, validate, validate_parts


@dataclass(frozen=True)
class Parted:
    """Every raw row in exactly one place: len(raw) = validated + quarantined + superseded + duplicates.

    Attributes
    ----------
    validated : pandas.DataFrame
        Current good rows, `VALIDATED_DTYPES`, in the order received.
    quarantined : pandas.DataFrame
        Raw columns as received and `reasons`, the list of all codes that the row broke, critical ones first.
    superseded : pandas.DataFrame
        Rows, typed, that a later good version of the same registration replaced; also bad ones, so mended.
    duplicates : int
        Rows whose content had been seen before in this frame.
    report : Report
        Parsing and suite over the rows left after duplicates went; positions are those of `raw`.
    """

    validated: pd.DataFrame
    quarantined: pd.DataFrame
    superseded: pd.DataFrame
    duplicates: int
    report: Report


def part_rows(raw: pd.DataFrame) -> Parted:
    """Parse raw rows, hold them against `validated_registrations`, and part good from bad.

    Parameters
    ----------
    raw : pandas.DataFrame
        `RAW_COLUMNS`, all text.

    Returns
    -------
    Parted

    Raises
    ------
    InputError
        If a column is missing.
    IntegrityError
        If a rule could not be evaluated.
    """
    return part_months({"": raw})[""]


def part_months(months: Mapping[str, pd.DataFrame]) -> dict[str, Parted]:
    """Part several months, each for itself, in one run of parser and engine; see `part_rows`."""
    if not months:
        return {}
    kept = {month: _first_of_content(raw) for month, raw in months.items()}
    received = {month: raw.iloc[kept[month]].reset_index(drop=True) for month, raw in months.items()}
    typed, unparsed = parse_raw(pd.concat(received.values(), ignore_index=True))
    bounds = np.cumsum([0, *map(len, received.values())]).tolist()
    parts = [typed.iloc[start:end].reset_index(drop=True) for start, end in pairwise(bounds)]
    reports = validate_parts(parts, validated_registrations.NAME)
    parted: dict[str, Parted] = {}
    for month, part, report, (start, end) in zip(received, parts, reports, pairwise(bounds), strict=True):
        own = {position - start: codes for position, codes in unparsed.items() if start <= position < end}
        parted[month] = _parted(received[month], kept[month], part, judge(part, own, report), len(months[month]))
    return parted


def _first_of_content(raw: pd.DataFrame) -> np.ndarray:
    """Return the positions of rows whose content was not seen before in this frame."""
    repeated = raw["content_hash"].duplicated().to_numpy() & raw["content_hash"].notna().to_numpy()
    return np.flatnonzero(~repeated)


def _parted(received: pd.DataFrame, kept: np.ndarray, typed: pd.DataFrame, report: Report, read: int) -> Parted:
    bad = parked_positions(report)
    good = typed.drop(index=bad)
    current = _is_current(good)
    healed = _is_healed(typed.iloc[bad], good[current])
    parked = bad[~healed]
    quarantined = received.iloc[parked].assign(
        reasons=pd.Series([list(report.failed[p]) for p in parked.tolist()], index=parked, dtype=object)
    )
    positions = {int(kept[position]): codes for position, codes in report.failed.items()}
    return Parted(
        validated=good[current].reset_index(drop=True)[list(VALIDATED_DTYPES)],
        quarantined=quarantined.reset_index(drop=True),
        superseded=pd.concat([good[~current], typed.iloc[bad[healed]]]).sort_index().reset_index(drop=True),
        duplicates=read - len(kept),
        report=report_of(report.suite, report.version, report.row_count, report.rules, positions),
    )


def parked_positions(report: Report) -> np.ndarray:
    """Return the positions of rows that broke a CRITICAL rule, ascending."""
    critical = {rule.rule for rule in report.rules if rule.severity is Severity.CRITICAL}
    return np.array([p for p, codes in report.failed.items() if not critical.isdisjoint(codes)], dtype=np.int64)


def _is_current(good: pd.DataFrame) -> pd.Series:
    """Of each registration the version recorded last; then loaded last; then received last."""
    ordered = good[["registration_id", "recorded_at", "loaded_at"]].sort_values(
        ["recorded_at", "loaded_at"], kind="stable", na_position="first"
    )
    return ~ordered["registration_id"].duplicated(keep="last").reindex(good.index)


def _is_healed(bad: pd.DataFrame, current: pd.DataFrame) -> np.ndarray:
    """Whether a good version of the same registration was loaded after each bad row: then nobody needs to mend it."""
    loaded = current.set_index("registration_id")["loaded_at"]
    newest = loaded.reindex(bad["registration_id"]).reset_index(drop=True)
    return (newest > bad["loaded_at"].reset_index(drop=True)).to_numpy(dtype=bool)


def judge(typed: pd.DataFrame, unparsed: dict[int, tuple[str, ...]], suite: Report | None = None) -> Report:
    """Hold parsed rows against `validated_registrations` and join it with what parsing found.

    Parameters
    ----------
    typed, unparsed
        What `parse_raw` returns.
    suite : Report, optional
        What the suite says of `typed`, when that is known already.

    Returns
    -------
    Report
        Positions are those of `typed`. A field that could not be read is not told a second time as missing.
    """
    suite = suite or validate(typed, validated_registrations.NAME)
    failed: dict[int, tuple[str, ...]] = dict(suite.failed)
    dropped: Counter[str] = Counter()
    for position, codes in unparsed.items():
        told = failed.get(position, ())
        # A field that could not be read is now missing: to say that too would send a steward after a second fault.
        echoes = set(told) if "record_unreadable" in codes else {_echo(code) for code in codes} & set(told)
        dropped.update(echoes)
        failed[position] = (*codes, *(code for code in told if code not in echoes))
    counts = Counter(code for codes in unparsed.values() for code in codes)
    results = [result_of(rule, success=not counts[rule.code], failed_rows=counts[rule.code]) for rule in PARSE_RULES]
    for result in suite.rules:
        left = result.failed_rows - dropped[result.rule]
        if dropped[result.rule]:
            result = type(result)(**{**result.__dict__, "failed_rows": left, "success": left == 0})
        results.append(result)
    return report_of(suite.suite, suite.version, len(typed), results, dict(sorted(failed.items())))


def _echo(code: str) -> str:
    column, _, _ = code.partition("_not_a")
    return f"{column}_missing"
