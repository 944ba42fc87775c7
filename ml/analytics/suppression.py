"""Hiding small counts in the results of the analyses: the rules of `ml.small_cells` on their dataclasses.

Belongs here: the way from a result to plain values and back. Does not belong here: any rule (`ml.small_cells`), who
may see what.
"""

from dataclasses import asdict, is_dataclass
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from core.errors import InputError
from ml.analytics.associations import Associations
from ml.analytics.demographics import Demographics
from ml.analytics.surge import IllnessSurge
from ml.analytics.trends import HealthTrends
from ml.analytics.volume import PatientVolume
from ml.small_cells import SMALLEST_SHOWN, suppress_sections

Result = HealthTrends | Demographics | Associations | PatientVolume | IllnessSurge

_SECTIONS: Final[dict[type, str]] = {
    HealthTrends: "health_trends",
    Demographics: "demographics",
    Associations: "associations",
    PatientVolume: "patient_volume",
    IllnessSurge: "illness_surge",
}


def suppress_small_cells(result: Result, k: int = SMALLEST_SHOWN) -> Result:
    """Return the result with None in place of every count below `k` that is not 0, and of what would give it away.

    Results that are shown side by side are suppressed together: see `ml.small_cells.suppress_sections`.

    Parameters
    ----------
    result : HealthTrends, Demographics, Associations, PatientVolume or IllnessSurge
        Not changed.
    k : int
        Smallest count shown, 2 or more.

    Raises
    ------
    InputError
        If `k` is below 2, or the result is none of the five: what has no rule is not shown.
    """
    section = _SECTIONS.get(type(result))
    if section is None:
        raise InputError(f"{type(result).__name__} has no rule for small cells; the five analyses are allowed")
    return _typed(type(result), suppress_sections({section: asdict(result)}, k)[section])


def _typed(kind: Any, value: Any) -> Any:
    """Return plain values as the dataclasses that they came from."""
    if value is None:
        return None
    if get_origin(kind) is UnionType:
        kind = next(one for one in get_args(kind) if one is not type(None))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _typed(hints[name], field) for name, field in value.items()})  # pyright: ignore[reportCallIssue]
    if get_origin(kind) is tuple:
        return tuple(_typed(get_args(kind)[0], one) for one in value)
    return value
