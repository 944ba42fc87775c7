"""Parting: which raw rows are current and good, which are parked and why, which say nothing new.

Belongs here: the one place where parsing, the suite and deduplication come together. Does not belong here: where rows
come from and go to (`assets/`).

The order matters and is decided in docs/decisions/0040: repeated content goes first, then bad rows, and only among the
good ones does the newest version of a visit win; so a broken correction never hides the good version before it, and a
good correction mends the bad row before it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from core.vocabulary import VALIDATED_DTYPES, Severity
from expectations.decisions import Decisions
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
        Rows, typed, that a later good version of the same registration replaced; also bad ones, so mended or fixed.
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


def part_months(
    months: Mapping[str, pd.DataFrame],
    *,
    decisions: Mapping[str, Decisions] | None = None,
    elsewhere: Mapping[str, pd.DataFrame] | None = None,
    as_of: datetime | None = None,
) -> dict[str, Parted]:
    """Part several months, each for itself, in one run of parser and engine; see `part_rows`.

    Parameters
    ----------
    decisions : mapping, optional
        What stewards decided about rows of each month.
    elsewhere : mapping, optional
        For each month, the raw rows of other months that are versions of its visits: of a visit that was moved, only
        the month of its newest good version keeps it.
    as_of : datetime, optional
        Part as it would have been parted at this moment: rows recorded later are not there, and outcomes that came
        later are not known yet.
    """
    if not months:
        return {}
    frames = [*months.values(), *(elsewhere or {}).values()]
    kept = [_first_of_content(raw) for raw in frames]
    received = [raw.iloc[first].reset_index(drop=True) for raw, first in zip(frames, kept, strict=True)]
    typed, unparsed = parse_raw(pd.concat(received, ignore_index=True))
    if as_of is not None:
        typed, known = _as_known(typed, as_of)
    else:
        known = np.ones(len(typed), dtype=bool)
    bounds = np.cumsum([0, *map(len, received)]).tolist()
    spans = list(pairwise(bounds))
    parts = [typed.iloc[start:end].reset_index(drop=True) for start, end in spans]
    told = [(decisions or {}).get(month, Decisions()) for month in months] + [Decisions()] * len(elsewhere or {})
    reports = validate_parts(parts, validated_registrations.NAME, waivers=[one.waived for one in told])
    judged: list[Parted] = []
    for number, (start, end) in enumerate(spans):
        own = {position - start: codes for position, codes in unparsed.items() if start <= position < end}
        report = judge(parts[number], own, reports[number])
        read = len(frames[number])
        judged.append(
            _parted(received[number], kept[number], parts[number], report, read, told[number], known[start:end])
        )
    parted = dict(zip(months, judged, strict=False))
    for month, other in zip(elsewhere or {}, judged[len(months) :], strict=True):
        parted[month] = _without_moved(parted[month], other.validated)
    return parted


def _as_known(typed: pd.DataFrame, moment: datetime) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the rows with outcomes that came later taken out, and whether each row was recorded by then."""
    at = pd.Timestamp(moment)
    known = ~(typed["recorded_at"] > at).to_numpy(dtype=bool)
    later = (typed["outcome_at"] > at).to_numpy(dtype=bool)
    return typed.assign(outcome=typed["outcome"].mask(later), outcome_at=typed["outcome_at"].mask(later)), known


def _first_of_content(raw: pd.DataFrame) -> np.ndarray:
    """Return the positions of rows whose content was not seen before in this frame."""
    repeated = raw["content_hash"].duplicated().to_numpy() & raw["content_hash"].notna().to_numpy()
    return np.flatnonzero(~repeated)


def _parted(
    received: pd.DataFrame,
    kept: np.ndarray,
    typed: pd.DataFrame,
    report: Report,
    read: int,
    decisions: Decisions,
    known: np.ndarray,
) -> Parted:
    bad = parked_positions(report)
    bad = bad[known[bad]]
    good = typed[known].drop(index=bad)
    current = _is_current(good)
    healed = _is_healed(typed.iloc[bad], good[current])
    healed = healed | received["content_hash"].iloc[bad].isin(decisions.corrected).to_numpy(dtype=bool)
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


def _without_moved(parted: Parted, elsewhere: pd.DataFrame) -> Parted:
    """Take out the visits of which another month holds a newer good version; they count as superseded."""
    newest = elsewhere.set_index("registration_id")[["recorded_at", "loaded_at"]]
    own = parted.validated
    other = newest.reindex(own["registration_id"]).reset_index(drop=True)
    later = other["recorded_at"] > own["recorded_at"]
    later |= (other["recorded_at"] == own["recorded_at"]) & (other["loaded_at"] > own["loaded_at"])
    gone = later.to_numpy(dtype=bool)
    typed_bad, _ = parse_raw(parted.quarantined.drop(columns="reasons"))
    healed = _is_healed(typed_bad, elsewhere)
    return replace(
        parted,
        validated=own[~gone].reset_index(drop=True),
        quarantined=parted.quarantined[~healed].reset_index(drop=True),
        superseded=pd.concat([parted.superseded, own[gone], typed_bad[healed]], ignore_index=True),
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
