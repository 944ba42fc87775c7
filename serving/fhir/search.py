"""Search as FHIR R4 has it: the parameters of a request, each held to what there is.

Belongs here: reading parameters without a database. Does not belong here: which parameters a resource has
(`parameters`), what is found.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from serving.fhir.errors import SearchRefusedError
from serving.fhir.identifiers import YEARS, native_id

#: Resources a page when nothing is said, and at most.
COUNT, MOST = 50, 200
LARGEST: Final = 2**53 - 1
#: Parameters of the answer, which every search takes.
OF_ANSWER: Final = ("_count", "_cursor", "_format")
FORMATS: Final = ("json", "application/json", "application/fhir+json")
_PREFIXES: Final = ("eq", "ge", "gt", "le", "lt", "sa", "eb")
_DATE: Final = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)(T(?P<hour>\d\d):(?P<minute>\d\d)"
    r"(:(?P<second>\d\d)(\.(?P<fraction>\d{1,6}))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"\d{1,16}", re.ASCII)
_OURS: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Span:
    """Moments within [since, until); None is open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return self.since is not None and self.until is not None and self.since >= self.until


class Search:
    """The parameters of one search.

    Parameters
    ----------
    given : iterable of (str, str)
        As the request has them.
    resource : str
        Type that is searched.
    known : collection of str
        Names of its parameters.
    base : str
        Address of the facade, which references may begin with.

    Raises
    ------
    SearchRefusedError
        Naming the first parameter that there is not.
    """

    def __init__(self, given: Iterable[tuple[str, str]], *, resource: str, known: Collection[str], base: str) -> None:
        self.given = list(given)
        self._base = base
        allowed = [*known, *OF_ANSWER]
        for name, _ in self.given:
            if name not in allowed:
                raise SearchRefusedError(
                    f"{resource} is not searched by {_shown(name)}; allowed are {', '.join(allowed)}",
                    parameter=name,
                    rule="unknown_parameter",
                )
        format_ = self.one("_format")
        if format_ is not None and format_ not in FORMATS:
            raise _refused("_format", format_, ", ".join(FORMATS))
        self.limit = min(self._whole("_count", least=1) or COUNT, MOST)
        self.offset = min(self._whole("_cursor", least=0) or 0, 2**31 - 1 - MOST)

    def values(self, name: str) -> list[str]:
        """Return all values of a parameter."""
        return [value for given, value in self.given if given == name]

    def one(self, name: str) -> str | None:
        """Return the value of a parameter that is given once."""
        values = self.values(name)
        if len(values) > 1:
            raise SearchRefusedError(f"{name} is given once", parameter=name)
        return values[0] if values else None

    def span(self, name: str) -> Span:
        """Return the moments that all values of a date parameter leave: each a prefix and a date or a moment."""
        since, until = None, None
        for value in self.values(name):
            one = _span(name, value)
            since = max(filter(None, (since, one.since)), default=None)
            until = min(filter(None, (until, one.until)), default=None)
        return Span(since, until)

    def codes(self, name: str, system: str, meanings: Mapping[str, Collection[str]]) -> set[str] | None:
        """Return what the codes of a token parameter mean to us; None when it is not given.

        Commas are an or, a repeated parameter is an and, as everywhere in FHIR.
        """
        left: set[str] | None = None
        for value in self.values(name):
            meant: set[str] = set()
            for token in value.split(","):
                code = token.removeprefix(f"{system}|").removeprefix("|")
                if code not in meanings:
                    raise _refused(name, token, ", ".join(meanings))
                meant |= set(meanings[code])
            left = meant if left is None else left & meant
        return left

    def patient(self, *names: str) -> str | None:
        """Return our id of the patient whom one of these parameters refers to; it is not repeated in a refusal."""
        given = {name: value for name in names if (value := self._referred(name, "Patient")) is not None}
        for name, value in given.items():
            if not _OURS.fullmatch(value):
                raise SearchRefusedError(f"{name} names no patient; allowed is Patient/[id]", parameter=name)
        if len(set(given.values())) > 1:
            raise SearchRefusedError(f"{' and '.join(given)} name different patients", parameter=names[-1])
        return next(iter(given.values()), None)

    def id(self) -> str | None:
        """Return our id that `_id` asks for."""
        value = self._referred("_id", "")
        if value is not None and not _OURS.fullmatch(value):
            raise _refused("_id", value, "an id of letters, digits, - and .")
        return value

    def uuid(self, name: str, kind: str = "") -> UUID | None:
        """Return the UUID of what a parameter refers to, or asks for."""
        value = self._referred(name, kind)
        if value is not None and not _UUID.fullmatch(value):
            raise _refused(name, value, f"{kind}/[id], the id a UUID" if kind else "a UUID")
        return None if value is None else UUID(value)

    def _referred(self, name: str, kind: str) -> str | None:
        value = self.one(name)
        if value is None:
            return None
        return native_id(value.removeprefix(f"{self._base}/").removeprefix(f"{kind}/") if kind else value)

    def _whole(self, name: str, *, least: int) -> int | None:
        value = self.one(name)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value) or not least <= int(value) <= LARGEST:
            raise _refused(name, value, f"a whole number from {least}")
        return int(value)


def _shown(value: str) -> str:
    return repr(value[:64])


def _refused(name: str, value: str, allowed: str) -> SearchRefusedError:
    return SearchRefusedError(f"{name} is {_shown(value)}; allowed is {allowed}", parameter=name)


def _span(name: str, value: str) -> Span:
    """Return the moments that one value of a date parameter leaves, of things that happen at one moment.

    A value is as long as it is precise: 2026-11 is that month. Without a zone it is in UTC.
    """
    found = _DATE.fullmatch(value.replace(" ", "+"))
    if found is None:
        raise _refused(name, value, "a date or a moment such as ge2026-11-30 or lt2026-11-30T09:00:00Z")
    prefix = found["prefix"] or "eq"
    if prefix not in _PREFIXES:
        raise _refused(name, value, f"a prefix of {', '.join(_PREFIXES)}")
    try:
        begins, ends = _period(found)
    except (ValueError, OverflowError) as error:
        raise _refused(name, value, f"a date that exists in the years {YEARS[0]} to {YEARS[-1]}") from error
    return {
        "eq": Span(begins, ends),
        "ge": Span(begins, None),
        "gt": Span(ends, None),
        "sa": Span(ends, None),
        "lt": Span(None, begins),
        "eb": Span(None, begins),
        "le": Span(None, ends),
    }[prefix]


def _period(found: re.Match[str]) -> tuple[datetime, datetime]:
    year, month, day = (int(found[part] or 1) for part in ("year", "month", "day"))
    if year not in YEARS:
        raise ValueError(year)
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    fraction = found["fraction"] or ""
    zone = datetime.strptime(found["zone"] or "Z", "%z").tzinfo
    begins = datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0")), tzinfo=zone).astimezone(UTC)
    if found["month"] is None:
        return begins, begins.replace(year=year + 1)
    if found["day"] is None:
        return begins, begins.replace(year=year + month // 12, month=month % 12 + 1)
    if found["hour"] is None:
        return begins, begins + timedelta(days=1)
    if found["second"] is None:
        return begins, begins + timedelta(minutes=1)
    return begins, begins + timedelta(microseconds=10 ** (6 - len(fraction)))
