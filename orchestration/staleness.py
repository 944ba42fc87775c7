"""Which months have news that the warehouse has not seen.

Belongs here: comparing the sources' fingerprints with those that the files of every monthly layer carry. Does not
belong here: launching runs.
"""

from assets.partitions import FINGERPRINT
from assets.sources import Sources
from assets.storage import Warehouse

#: The monthly assets: a month is done when each of them was made from what the sources hold now.
LAYERS = (
    "raw_registrations",
    "validated_registrations",
    "quarantined_registrations",
    "features_risk",
    "features_weekly_counts",
    "features_report_delays",
)


def stale_months(sources: Sources, warehouse: Warehouse, months: list[str] | None = None) -> list[str]:
    """Return the months (of those given, or of all that a source has) of which any layer is missing or out of date."""
    candidates = sources.months() if months is None else months
    return [
        month
        for month in candidates
        if {warehouse.attribute(layer, month, FINGERPRINT) for layer in LAYERS} != {sources.fingerprint(month)}
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
