"""Which months have news that the warehouse has not seen.

Belongs here: comparing the sources' fingerprints with those that raw files carry. Does not belong here: launching runs.
"""

from assets.sources import Sources
from assets.storage import Warehouse


def stale_months(sources: Sources, warehouse: Warehouse, months: list[str] | None = None) -> list[str]:
    """Return the months (of those given, or of all that a source has) whose raw file is missing or out of date."""
    candidates = sources.months() if months is None else months
    return [
        month
        for month in candidates
        if warehouse.attribute("raw_registrations", month, "source_fingerprint") != sources.fingerprint(month)
    ]


def contiguous(months: list[str]) -> list[tuple[str, str]]:
    """Group months in order into (first, last) ranges without gaps, so that each range is one run."""
    ranges: list[tuple[str, str]] = []
    for month in sorted(set(months)):
        if ranges and _next(ranges[-1][1]) == month:
            ranges[-1] = (ranges[-1][0], month)
        else:
            ranges.append((month, month))
    return ranges


def _next(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"
