"""The triage scales that a clinic can choose: names of the five levels, and minutes until a patient should be seen.

Belongs here: the scales and their published target times. Does not belong here: who is next (`ml.waiting.order`).

MTS: Manchester Triage Group, Emergency Triage: 0, 10, 60, 120, 240 minutes. CTAS, and KTAS which follows it: Bullard et
al. 2017 (doi:10.1017/cem.2017.365): 0, 15, 30, 60, 120. ESI orders by resources and names no times for levels 3 to 5; a
clinic that chooses ESI begins with those of MTS and sets its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import InputError
from ml.waiting.order import TARGET_MINUTES

LONGEST_TARGET: Final = 24 * 60


@dataclass(frozen=True)
class Scale:
    """Names of levels 1 to 5, and minutes until seen."""

    level_names: tuple[str, str, str, str, str]
    target_minutes: tuple[int, int, int, int, int]


_MTS: Final = (TARGET_MINUTES[1], TARGET_MINUTES[2], TARGET_MINUTES[3], TARGET_MINUTES[4], TARGET_MINUTES[5])
_FIVE: Final = ("Resuscitation", "Emergency", "Urgent", "Less urgent", "Non-urgent")
SCALES: Final[Mapping[str, Scale]] = {
    "MTS": Scale(("Immediate", "Very urgent", "Urgent", "Standard", "Non-urgent"), _MTS),
    "ESI": Scale(("Resuscitation", "Emergent", "Urgent", "Less urgent", "Non-urgent"), _MTS),
    "KTAS": Scale(_FIVE, (0, 15, 30, 60, 120)),
    "CTAS": Scale(("Resuscitation", "Emergent", "Urgent", "Less urgent", "Non-urgent"), (0, 15, 30, 60, 120)),
}


def targets_of(scale: str, given: Sequence[int] | None) -> list[int]:
    """Return the target times of a queue: its own, or those of its scale.

    Raises
    ------
    InputError
        If a less urgent level is to be seen sooner than a more urgent one.
    """
    if given is None:
        return list(SCALES[scale].target_minutes)
    if sorted(given) != list(given):
        raise InputError("target_minutes must not fall from level 1 to level 5", code="targets_not_rising")
    return list(given)
