"""The rules of a clinic about how much and how early may be booked: a small engine without a database.

Belongs here: rules as values and their evaluation. Does not belong here: overlaps (PostgreSQL refuses them), SQL.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from app_api.wire import WHOLE

Kind = Literal["per_day", "per_week", "open", "no_shows", "notice_hours", "days_ahead"]
#: Appointments that a rule counts; cancelled and expired ones were given back.
COUNTED: Final = frozenset({"held", "requested", "booked", "arrived", "checked_in", "completed"})
COMING: Final = frozenset({"held", "requested", "booked"})
#: A no-show counts for this long.
NO_SHOW_DAYS: Final = 90


class Rule(BaseModel):
    """One rule.

    `per_day`, `per_week`: at most so many of one patient on a calendar day or in an ISO week. `open`: at most so many
    that are still to come. `no_shows`: no more than so many missed in the last 90 days. `notice_hours`: at the latest
    so long before. `days_ahead`: at the earliest so long before.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    limit: Annotated[int, Field(ge=0, le=366), WHOLE]
    scope: Literal["facility", "provider"] = Field("facility", description="What is counted together")
    binds: Literal["patients", "everyone"] = Field("patients", description="Whose bookings it refuses")


@dataclass(frozen=True)
class Booked:
    """An appointment that the patient has or had at the facility."""

    provider_id: UUID
    starts_at: datetime
    status: str


def broken(
    rules: Iterable[Rule],
    wishes: Sequence[datetime],
    booked: Iterable[Booked],
    *,
    provider_id: UUID,
    tz: ZoneInfo,
    now: datetime,
    is_patient: bool,
) -> str | None:
    """Return what the first rule says that a booking of all these moments would break; None when it breaks none.

    Parameters
    ----------
    wishes : sequence of datetime
        Starts of the appointments that are asked for, a series as a whole.
    booked : iterable of Booked
        What the patient has at the facility already.
    tz : ZoneInfo
        Whose days and weeks are meant: the provider's.
    """
    known = list(booked)
    for rule in rules:
        if rule.binds == "patients" and not is_patient:
            continue
        mine = [one for one in known if rule.scope == "facility" or one.provider_id == provider_id]
        fault = _fault(rule, wishes, mine, tz, now)
        if fault is not None:
            return f"rule {rule.kind} (limit {rule.limit}, {rule.scope}): {fault}"
    return None


def _fault(rule: Rule, wishes: Sequence[datetime], mine: Sequence[Booked], tz: ZoneInfo, now: datetime) -> str | None:
    if rule.kind == "notice_hours":
        soon = [at for at in wishes if at - now < timedelta(hours=rule.limit)]
        return "the time is too soon" if soon else None
    if rule.kind == "days_ahead":
        far = [at for at in wishes if at - now > timedelta(days=rule.limit)]
        return "the time is too far ahead" if far else None
    if rule.kind == "no_shows":
        since = now - timedelta(days=NO_SHOW_DAYS)
        missed = sum(one.status == "no_show" and one.starts_at > since for one in mine)
        return f"the patient missed {missed} appointments in {NO_SHOW_DAYS} days" if missed > rule.limit else None
    if rule.kind == "open":
        coming = sum(one.status in COMING and one.starts_at > now for one in mine)
        return f"{coming} are still to come" if coming + len(wishes) > rule.limit else None
    name = _day if rule.kind == "per_day" else _week
    for wish in wishes:
        period = name(wish, tz)
        there = sum(one.status in COUNTED and name(one.starts_at, tz) == period for one in mine)
        wanted = sum(name(at, tz) == period for at in wishes)
        if there + wanted > rule.limit:
            on_day, in_week = f"the patient has {there} on {period}", f"the patient has {there} in {period}"
            return on_day if rule.kind == "per_day" else in_week
    return None


def _day(at: datetime, tz: ZoneInfo) -> str:
    return at.astimezone(tz).date().isoformat()


def _week(at: datetime, tz: ZoneInfo) -> str:
    year, week, _ = at.astimezone(tz).isocalendar()
    return f"{year}-W{week:02d}"
