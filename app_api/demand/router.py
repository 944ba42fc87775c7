"""HTTP of demand.

Belongs here: `/api/demand`. Does not belong here: rules and SQL.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app_api.demand import beds, policy, repository
from app_api.demand.schemas import BedsAhead, HoursAhead, HourView
from app_api.identity.access import need
from app_api.identity.context import Context
from core import clock
from ml.capacity import poisson_interval

router = APIRouter(prefix="/api/demand", tags=["staffing"])

Hours = Annotated[int, Query(ge=1, le=48, description="How many hours ahead")]


@router.get("/hours", dependencies=[Depends(need("staffing.read"))])
async def read_hours_ahead(context: Context, hours: Hours = 12) -> HoursAhead:
    """Expected registrations in each of the next hours, from the month's forecast and the newest weeks' hours."""
    now = clock.now()
    first = now.replace(minute=0, second=0, microsecond=0)
    moments = [first + timedelta(hours=ahead) for ahead in range(hours)]
    async with context.engine.connect() as connection:
        forecast = await repository.newest_forecast(connection)
        means = await repository.month_means(connection, sorted({moment.strftime("%Y-%m") for moment in moments}))
    profile = repository.week_profile_of(forecast)
    loads = [(moment, policy.hourly_load(means, profile, moment)) for moment in moments]
    items = [
        HourView(starts_at=moment, mean=round(load, 3), lo80=low, hi80=high)
        for moment, load in loads
        if load is not None
        for low, high in [poisson_interval(load, 0.8)]
    ]
    refused = (
        None if items else "no forecast of this month is published, or fewer than 100 registrations in eight weeks"
    )
    return HoursAhead(
        as_of=forecast.as_of if forecast is not None and items else None,
        receipt=forecast.receipt_id if forecast is not None and items else None,
        refused=refused,
        items=items,
    )


@router.get("/beds", dependencies=[Depends(need("demand.beds"))])
async def read_beds_ahead(context: Context) -> BedsAhead:
    """Inpatient beds that each of the next eight hours asks for, from the patients who are there and those to come."""
    now = clock.now()
    async with context.engine.connect() as connection:
        model = await repository.newest_bed_model(connection)
        present = await repository.present(connection, now=now)
        recent_count = await repository.recent_arrivals(connection, now=now)
        means = await repository.month_means(connection, [now.strftime("%Y-%m")])
    return beds.answer(
        model,
        present,
        recent_count=recent_count,
        expected_per_week=policy.weekly_load(means, now),
        now=now,
    )
