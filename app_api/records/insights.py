"""What fixed rules say of a chart, in plain language, each with its reason and its source.

Belongs here: the rules, pure. Does not belong here: reading the chart (`service`), statistics and models (`ml`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app_api.clinical import vitals_of
from app_api.records.schemas import Insight, InsightList
from app_api.records.spanish import SENTENCES
from app_api.sentences import PhraseBook
from core.vocabulary import Language
from ml.features.news2 import BANDS, news2

_RCP = "Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017, charts 1 and 4"
_ESC = "European Society of Hypertension, 2023 Guidelines for the management of arterial hypertension"
_WHO = "World Health Organization, Medication Safety in Polypharmacy, 2019"
_HOUSE = "House rule of this installation, version 1"
MANY_MEDICINES = 5
#: The same to the patient: what it means, and what to do. Codes are those of the rules.
_PLAIN = {
    "news2": "Some of your measurements at the last visit were not as usual. If you feel unwell, tell a nurse now, or "
    "call the emergency number.",
    "high_pressure": "Your blood pressure was high at the last two visits. Please have it measured again at rest.",
    "late_tasks": "Something that was planned for you has not been done yet. Please ask about it.",
    "frequent_visits": "You were here often lately. Talk with your doctor about what could help you between visits.",
    "polypharmacy": "You take several medicines. Go through them with your doctor or pharmacist.",
}
OFTEN, OFTEN_WITHIN = 3, timedelta(days=90)
_SPANISH = PhraseBook(SENTENCES)


@dataclass(frozen=True)
class Chart:
    """What the rules may know: visits (the newest first), number of active medicines, open tasks' due times."""

    visits: Sequence[Mapping[str, Any]]
    active_medicines: int
    due: Sequence[datetime]


def insights(chart: Chart, *, now: datetime, is_for_patient: bool = False) -> list[Insight]:
    """Return what the rules say, the most urgent first; to a patient in words about what to do."""
    found = [*_early_warning(chart), *_pressure(chart), *_late_tasks(chart, now), *_often(chart, now), *_many(chart)]
    order = ("now", "soon", "routine")
    ordered = sorted(found, key=lambda one: order.index(one.urgency))
    if is_for_patient:
        return [one.model_copy(update={"sentence": _PLAIN[one.code]}) for one in ordered]
    return ordered


def said_in(language: Language, said: InsightList) -> InsightList:
    """Return insights in the reader's language; the titles of sources stay as they were published."""
    if language is not Language.SPANISH:
        return said
    items = [
        one.model_copy(update={"sentence": _spanish(one.sentence), "reason": _spanish(one.reason)})
        for one in said.items
    ]
    return said.model_copy(update={"items": items, "note": _spanish(said.note)})


def _spanish(sentence: str) -> str:
    return _SPANISH.say(sentence) or sentence


def _early_warning(chart: Chart) -> list[Insight]:
    if not chart.visits:
        return []
    vitals = vitals_of(chart.visits[0])
    if vitals is None:
        return []
    measured_count = sum(not math.isnan(value) for [value] in vitals.values())
    score = int(news2(vitals)[0])
    if score < 5:
        return []
    urgency = "now" if score >= 7 else "soon"
    sentence = (
        "The vital signs of the last visit ask for an emergency assessment."
        if score >= 7
        else "The vital signs of the last visit ask for an urgent review by a clinician."
    )
    reason = f"NEWS2 is {score} from {measured_count} of {len(BANDS)} vital signs (5 asks for a review, 7 for a team)."
    return [Insight(code="news2", sentence=sentence, reason=reason, source=_RCP, urgency=urgency)]


def _pressure(chart: Chart) -> list[Insight]:
    readings = [(v["systolic_bp"], v["diastolic_bp"]) for v in chart.visits if v.get("systolic_bp") is not None][:2]
    high = [(top, low) for top, low in readings if top >= 140 or (low is not None and low >= 90)]
    if len(high) < 2:
        return []
    shown = " and ".join(f"{top:.0f}/{'–' if low is None else f'{low:.0f}'}" for top, low in high)
    return [
        Insight(
            code="high_pressure",
            sentence="Blood pressure was high at the last two visits; measure again at rest.",
            reason=f"{shown} mmHg; 140/90 and above counts as high in the clinic.",
            source=_ESC,
            urgency="soon",
        )
    ]


def _late_tasks(chart: Chart, now: datetime) -> list[Insight]:
    late = sum(1 for due in chart.due if due < now)
    if not late:
        return []
    return [
        Insight(
            code="late_tasks",
            sentence="Something that was planned has not been done yet.",
            reason=(
                f"{late} open care task is past the due time."
                if late == 1
                else f"{late} open care tasks are past the due time."
            ),
            source=_HOUSE,
            urgency="soon",
        )
    ]


def _often(chart: Chart, now: datetime) -> list[Insight]:
    recent = sum(1 for visit in chart.visits if now - visit["registered_at"] <= OFTEN_WITHIN)
    if recent < OFTEN:
        return []
    return [
        Insight(
            code="frequent_visits",
            sentence="This patient came often lately; look at the care between visits.",
            reason=f"{recent} visits in {OFTEN_WITHIN.days} days; the rule speaks from {OFTEN}.",
            source=_HOUSE,
            urgency="routine",
        )
    ]


def _many(chart: Chart) -> list[Insight]:
    if chart.active_medicines < MANY_MEDICINES:
        return []
    return [
        Insight(
            code="polypharmacy",
            sentence="Go through the medicines together: each for its need, dose and interactions.",
            reason=f"{chart.active_medicines} active medicines; {MANY_MEDICINES} and more count as polypharmacy.",
            source=_WHO,
            urgency="routine",
        )
    ]
