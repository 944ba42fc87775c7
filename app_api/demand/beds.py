"""The beds of the next hours: from those who are there and the published model to an answer, or why there is none.

Belongs here: rules. Does not belong here: the arithmetic (`ml.beds`), SQL (`repository`), HTTP.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row

from app_api.demand.schemas import BedHourView, BedNumber, BedsAhead, BedsRecord
from core.errors import InputError
from core.vocabulary import UNKNOWN_BAND
from ml.beds.forecast import BedCount, Coming, HourNeed, forecast
from ml.beds.model import BedsModel
from ml.beds.visits import BANDS, Person, Present

NO_MODEL: Final = "no model of beds is published yet"
REFUSED: Final = {
    "not_better": "on held-out days the model was no better than the usual means, or its interval did not hold",
    "dispositions_missing": "of too many completed visits nobody wrote down where the patient went",
    "too_few_visits": "too few visits were completed to learn from",
    "too_few_admissions": "too few patients were admitted to learn from",
    "too_few_weeks": "there are fewer than two weeks of visits to learn from",
    "too_few_hours": "there are too few hours to judge a model on",
}
OTHER_CODE: Final = "the published model was fitted by other code; the next nightly run renews it"
#: A month's forecast that says less, or more, than this of the usual arrivals is not believed.
LEVELS: Final = (0.5, 2.0)
#: Chances below this are left out of the distribution's tail.
_RARE: Final = 0.0005


def level_of(expected_per_week: float | None, usual_per_week: float | None) -> float | None:
    """Return by what a month's forecast multiplies the usual arrivals; None where it says nothing to go by.

    Examples
    --------
    >>> level_of(1100, 1000), level_of(None, 1000), level_of(5000, 1000)
    (1.1, None, None)
    """
    if expected_per_week is None or not usual_per_week:
        return None
    level = expected_per_week / usual_per_week
    return level if LEVELS[0] <= level <= LEVELS[1] else None


def answer(
    model: Row[Any] | None,
    present: Sequence[Row[Any]],
    *,
    recent_count: int,
    expected_per_week: float | None,
    now: datetime,
) -> BedsAhead:
    """Return the beds of the next eight hours, or the reason why they are not told.

    Parameters
    ----------
    model : Row, optional
        The newest row of `bed_model`.
    present : sequence of Row
        Those who wait or are with staff.
    recent_count : int
        Arrivals of the last eight hours.
    expected_per_week : float, optional
        What the served forecast of registrations says of a week of this month.
    """
    if model is None:
        return _refusal(NO_MODEL, None, now, len(present))
    if model.payload["model"] is None:
        return _refusal(REFUSED.get(model.payload["refused"], NO_MODEL), model, now, len(present))
    try:
        fitted = BedsModel.of_dict(model.payload["model"])
    except InputError:
        return _refusal(OTHER_CODE, model, now, len(present))
    level = level_of(expected_per_week, fitted.registrations_per_week)
    found = forecast(fitted, [_present(row) for row in present], Coming(recent_count, level or 1.0), now=now)
    return BedsAhead(
        as_of=now,
        model_as_of=model.published_at,
        receipt=model.receipt_id,
        refused=None,
        present_count=len(present),
        arrivals_from="recent_weeks" if level is None else "forecast",
        items=[_hour(hour) for hour in found.hours],
        chances=_shown(found.total),
        record=_record(model),
    )


def _refusal(reason: str, model: Row[Any] | None, now: datetime, present_count: int) -> BedsAhead:
    return BedsAhead(
        as_of=now,
        model_as_of=None if model is None else model.published_at,
        receipt=None if model is None else model.receipt_id,
        refused=reason,
        present_count=present_count,
        arrivals_from=None,
        items=[],
        chances=[],
        record=None if model is None else _record(model),
    )


def _record(model: Row[Any]) -> BedsRecord | None:
    held_out = model.payload.get("held_out")
    return None if held_out is None else BedsRecord.model_validate(held_out)


def _present(row: Row[Any]) -> Present:
    band = row.age_band if row.age_band in BANDS else UNKNOWN_BAND
    return Present(Person(row.acuity, band, row.news2_score), row.arrived_at, row.called_at)


def _hour(hour: HourNeed) -> BedHourView:
    return BedHourView(
        starts_at=hour.starts_at, ends_at=hour.ends_at, in_hour=_number(hour.in_hour), by_then=_number(hour.by_then)
    )


def _number(count: BedCount) -> BedNumber:
    return BedNumber(
        point=count.point,
        mean=round(count.mean, 3),
        lo80=count.lo80,
        hi80=count.hi80,
        lo95=count.lo95,
        hi95=count.hi95,
        from_here=round(count.from_here, 3),
        from_arrivals=round(count.from_arrivals, 3),
    )


def _shown(total: Sequence[float]) -> list[float]:
    """Return the chances without the tail of those that are rare."""
    last = max((count for count, chance in enumerate(total) if chance >= _RARE), default=0)
    return [round(chance, 4) for chance in total[: last + 1]]
