"""Which doctor fits a patient: a sum of points, each with its reason.

Belongs here: the score, pure. Does not belong here: finding out the facts (`matching_repository`), assigning
(`assigning`). The score suggests; whoever assigns decides.

A choice can never pile patients up on one doctor: what speaks for somebody is bounded, what each patient more than the
least busy costs is not. `MOST_AHEAD` follows from the points; a test proves it.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

SAME_SPECIALTY: Final = 40
GENERALIST: Final = 15
CARE_TEAM: Final = 25
SEEN_BEFORE: Final = 15
#: What each patient costs by whom a doctor has more than the least busy one on duty.
PER_PATIENT: Final = 10
#: The same for levels 1 and 2: a doctor who is free counts more than one who knows the patient.
PER_PATIENT_URGENT: Final = 25
#: No suggested doctor has more patients than this above the least busy one: for a patient of levels 3 to 5, of 1 and 2.
MOST_AHEAD: Final = (
    (SAME_SPECIALTY + CARE_TEAM) // PER_PATIENT,
    (SAME_SPECIALTY + CARE_TEAM) // PER_PATIENT_URGENT,
)
GENERAL: Final = frozenset({"general medicine", "general practice", "family medicine", "emergency medicine", "general"})
CHILD_BELOW: Final = 16
#: First letters of a chapter of ICD-10 (WHO) -> who treats it.
_CHAPTERS: Final[Mapping[str, str]] = {
    "A": "Infectious diseases", "B": "Infectious diseases", "C": "Oncology", "E": "Endocrinology", "F": "Psychiatry",
    "G": "Neurology", "H0": "Ophthalmology", "H1": "Ophthalmology", "H2": "Ophthalmology", "H3": "Ophthalmology",
    "H4": "Ophthalmology", "H5": "Ophthalmology", "H6": "Otorhinolaryngology", "H7": "Otorhinolaryngology",
    "H8": "Otorhinolaryngology", "H9": "Otorhinolaryngology", "I": "Cardiology", "J": "Pulmonology",
    "K": "Gastroenterology", "L": "Dermatology", "M": "Orthopaedics", "N": "Nephrology", "O": "Obstetrics",
    "P": "Paediatrics", "S": "Surgery", "T": "Surgery",
}  # fmt: skip

Factor = Literal["specialty", "continuity", "load", "duty"]


@dataclass(frozen=True)
class Need:
    """What is known of the patient: the level, and the specialty that is needed, if any."""

    acuity: int
    specialty: str | None


@dataclass(frozen=True)
class Candidate:
    """What is known of a doctor.

    Parameters
    ----------
    load : int
        Patients who are assigned to the doctor and wait or are being treated, this patient not counted.
    last_assigned_at : datetime, optional
        Of two who fit alike, the one to whom nobody was assigned for longer is suggested.
    """

    provider_id: uuid.UUID
    name: str
    specialty: str
    is_on_duty: bool
    load: int
    is_on_care_team: bool
    seen_count: int
    last_assigned_at: datetime | None


@dataclass(frozen=True)
class Reason:
    factor: Factor
    points: int
    words: str


@dataclass(frozen=True)
class Match:
    """A doctor with the points and their reasons; the points are the reasons' sum."""

    candidate: Candidate
    reasons: tuple[Reason, ...]

    @property
    def points(self) -> int:
        return sum(reason.points for reason in self.reasons)


def specialty_of(condition_code: str | None, age_years: float | None) -> str | None:
    """Return who treats a condition by its chapter of ICD-10, children first; None where the chapter does not say.

    Examples
    --------
    >>> specialty_of("I21.9", 60), specialty_of("I21.9", 7), specialty_of("R07.4", 60), specialty_of("H66", None)
    ('Cardiology', 'Paediatrics', None, 'Otorhinolaryngology')
    """
    if age_years is not None and age_years < CHILD_BELOW:
        return "Paediatrics"
    code = (condition_code or "").upper()
    return _CHAPTERS.get(code[:2]) or _CHAPTERS.get(code[:1])


def ranked(need: Need, candidates: Iterable[Candidate]) -> list[Match]:
    """Return all candidates, the one who fits best first; who is not on duty stands behind all who are."""
    known = list(candidates)
    least = min((one.load for one in known if one.is_on_duty), default=min((one.load for one in known), default=0))
    matches = [Match(one, _reasons(need, one, least)) for one in known]
    return sorted(matches, key=_place)


def suggested(matches: Sequence[Match]) -> Match | None:
    """Return whom to assign: the first who is on duty; nobody when nobody is."""
    return next((match for match in matches if match.candidate.is_on_duty), None)


def _place(match: Match) -> tuple[bool, int, int, float, str, uuid.UUID]:
    one = match.candidate
    last = 0.0 if one.last_assigned_at is None else one.last_assigned_at.timestamp()
    return not one.is_on_duty, -match.points, one.load, last, one.name, one.provider_id


def _reasons(need: Need, one: Candidate, least: int) -> tuple[Reason, ...]:
    duty = () if one.is_on_duty else (Reason("duty", 0, "is not on duty"),)
    return (_of_specialty(need, one), _of_continuity(one), _of_load(need, one, least), *duty)


def _of_specialty(need: Need, one: Candidate) -> Reason:
    if need.specialty is None:
        return Reason("specialty", 0, "no specialty is asked for")
    if one.specialty.casefold() == need.specialty.casefold():
        return Reason("specialty", SAME_SPECIALTY, f"{need.specialty} is needed, and is this doctor's specialty")
    if one.specialty.casefold() in GENERAL:
        return Reason("specialty", GENERALIST, f"{need.specialty} is needed; this doctor is a generalist")
    return Reason("specialty", 0, f"{need.specialty} is needed; this doctor's specialty is {one.specialty}")


def _of_continuity(one: Candidate) -> Reason:
    if one.is_on_care_team:
        return Reason("continuity", CARE_TEAM, "is on the patient's care team")
    if one.seen_count:
        times = "once" if one.seen_count == 1 else f"{one.seen_count} times"
        return Reason("continuity", SEEN_BEFORE, f"has seen the patient {times} in the last year")
    return Reason("continuity", 0, "has not seen the patient in the last year")


def _of_load(need: Need, one: Candidate, least: int) -> Reason:
    more = max(0, one.load - least)
    price = PER_PATIENT_URGENT if need.acuity <= 2 else PER_PATIENT
    has = "has no patient now" if one.load == 0 else f"has {one.load} patient{'s' if one.load > 1 else ''} now"
    if more == 0:
        return Reason("load", 0, f"{has}, no more than the least busy")
    why = "; the patient is urgent, so a free doctor counts more" if need.acuity <= 2 else ""
    return Reason("load", -price * more, f"{has}, {more} more than the least busy{why}")
