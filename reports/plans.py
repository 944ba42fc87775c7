"""What the report of each role holds, and in which order.

Belongs here: one literal table, and choosing from it. Does not belong here: who may ask (`serving`), how it looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import InputError
from core.vocabulary import Role


@dataclass(frozen=True)
class Plan:
    """A role's report.

    Parameters
    ----------
    title, purpose : str
        For the first page.
    sections : tuple of str
        All that may be asked for, in reading order.
    """

    title: str
    purpose: str
    sections: tuple[str, ...]


PLANS: Final[dict[Role, Plan]] = {
    Role.DOCTOR: Plan(
        "Clinical report",
        "What is about, who is affected, and what to expect",
        ("illness_surge", "health_trends", "associations", "demographics", "patient_volume"),
    ),
    Role.NURSE: Plan(
        "Flow and staffing report",
        "How many will come, when, and with what",
        ("staffing", "patient_volume", "illness_surge", "health_trends"),
    ),
    Role.ADMIN: Plan(
        "Hospital overview",
        "Demand, capacity and the health of the system",
        ("overview", "capacity", "patient_volume", "illness_surge", "demographics", "system_health"),
    ),
    Role.STEWARD: Plan(
        "Published analyses",
        "Everything that the pipeline has published",
        ("health_trends", "demographics", "associations", "patient_volume", "illness_surge"),
    ),
    Role.ML_ENGINEER: Plan(
        "Published analyses",
        "Everything that the pipeline has published",
        ("health_trends", "demographics", "associations", "patient_volume", "illness_surge"),
    ),
}


def chosen(role: Role, sections: Sequence[str] | None) -> tuple[str, ...]:
    """Return the sections of a report in reading order; None or none asks for all.

    Raises
    ------
    InputError
        `unknown_section`: naming what is allowed.
    """
    allowed = PLANS[role].sections
    if any(name not in allowed for name in sections or ()):
        raise InputError(
            f"a section is unknown to the report of the role {role}; allowed are {', '.join(allowed)}",
            code="unknown_section",
        )
    return tuple(name for name in allowed if not sections or name in sections)
