"""Which protocols fit a visit, and why: the rule without a database.

Belongs here: matching. Does not belong here: the protocols (`catalogue`), reading the chart (`router`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app_api.care.schemas import DueStep, FittingProtocol, Protocol
from app_api.clinical import vitals_of
from ml.features.news2 import news2

#: A visit is worth a protocol for this long.
RECENT = timedelta(hours=72)


def news2_of(visit: Mapping[str, Any]) -> int | None:
    """Return the NEWS2 of a visit from what was measured, a lower bound; None when nothing was."""
    vitals = vitals_of(visit)
    return None if vitals is None else int(news2(vitals)[0])


def reason_of(protocol: Protocol, visit: Mapping[str, Any]) -> str | None:
    """Return why a protocol fits a visit; None when it does not. An unknown age counts as grown up."""
    rule, said = protocol.applies, []
    if rule.age_min is not None and visit.get("age_years") is not None and visit["age_years"] < rule.age_min:
        return None
    if rule.conditions or rule.codes:
        label, code = (visit.get("condition") or "").lower(), (visit.get("condition_code") or "").upper()
        if label not in rule.conditions and not any(code.startswith(prefix) for prefix in rule.codes):
            return None
        said.append(f"The last visit is for {visit['condition'] or code}{f' ({code})' if code and label else ''}.")
    if rule.news2_min is not None:
        score = news2_of(visit)
        if score is None or score < rule.news2_min:
            return None
        said.append(f"NEWS2 of the last visit is {score}; this protocol speaks from {rule.news2_min}.")
    return " ".join(said)


def fitting(protocols: Sequence[Protocol], visit: Mapping[str, Any], *, now: datetime) -> list[FittingProtocol]:
    """Return the protocols that fit a visit of the last three days, the one whose first step is due first before."""
    if now - visit["registered_at"] > RECENT:
        return []
    found = []
    for protocol in protocols:
        reason = reason_of(protocol, visit)
        if reason is None:
            continue
        steps = [
            DueStep(**step.model_dump(), due_at=visit["registered_at"] + timedelta(minutes=step.within_minutes))
            for step in sorted(protocol.steps, key=lambda step: step.within_minutes)
        ]
        kept = protocol.model_dump(include={"protocol_id", "title", "version", "source", "local_note"})
        found.append(FittingProtocol(**kept, reason=reason, steps=steps))
    return sorted(found, key=lambda one: one.steps[0].due_at)
