"""Reading and changing the ratio table, and translating the forecast by it.

Belongs here: the acts. Does not belong here: HTTP, SQL text, `commit`, the arithmetic (`ml.staffing`).
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.demand.repository import newest_forecast
from app_api.identity.session_book import Principal
from app_api.staffing import repository
from app_api.staffing.schemas import BedLine, Needs, NeedView, NewRatios, RatioLine, RatioTable
from core import clock
from ml.staffing import DEFAULT_RATIOS, BedRule, StaffRatio, check, need_of

#: What stands in force until an administrator makes a first version.
FIRST = RatioTable(
    version=0,
    ratios={role: RatioLine(**asdict(ratio)) for role, ratio in DEFAULT_RATIOS.items()},
    beds=BedLine(**asdict(BedRule())),
    why="a place to start from, no clinical standard: replace it by this hospital's own ratios",
    made_by_name=None,
    made_at=None,
)


async def tables(connection: AsyncConnection, *, limit: int = 100) -> list[RatioTable]:
    """Return every version, the newest first; the last is the one to start from."""
    rows = await repository.versions(connection, limit=limit)
    return [*(RatioTable.model_validate(row, from_attributes=True) for row in rows), FIRST]


async def change(connection: AsyncConnection, wish: NewRatios, *, person: Principal) -> RatioTable:
    """Add a version.

    Raises
    ------
    InputError
        If no roster can be made from the ratios.
    """
    check(_ratios(wish.ratios), BedRule(**wish.beds.model_dump()))
    row = await repository.add(
        connection,
        {
            **wish.model_dump(),
            "made_by": person.user_id,
            "made_by_name": person.display_name,
            "made_at": clock.now(),
        },
    )
    return RatioTable.model_validate(row, from_attributes=True)


async def needs(connection: AsyncConnection, grain: str) -> Needs:
    """Translate the newest forecast of all registrations by the ratios in force."""
    table = (await tables(connection, limit=1))[0]
    forecast = await newest_forecast(connection)
    whole, steps = ({}, []) if forecast is None else _steps(forecast.payload, grain)
    ratios, beds = _ratios(table.ratios), BedRule(**table.beds.model_dump())
    return Needs.model_validate(
        {
            "grain": grain,
            "ratio_version": table.version,
            "ratios_made_at": table.made_at,
            "as_of": forecast.as_of if forecast is not None else None,
            "receipt": forecast.receipt_id if forecast is not None else None,
            "refused": whole.get("refused"),
            "items": [
                NeedView(
                    mean=step["mean"],
                    hi80=step["hi80"],
                    **asdict(need_of(step["period"], mean=step["mean"], hi80=step["hi80"], ratios=ratios, beds=beds)),
                )
                for step in steps
            ],
        }
    )


def _steps(payload: dict[str, Any], grain: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what made the published forecast of all registrations by month, week or day, and its steps."""
    whole = next((one for one in payload["series"] if one["series_id"] == "all"), {})
    if grain == "M":
        return whole, whole.get("steps", [])
    grains, name = payload.get("grains") or {}, {"W": "weekly", "D": "daily"}[grain]
    return grains.get(f"{name}_source") or {}, grains.get(name) or []


def _ratios(lines: dict[str, RatioLine]) -> dict[str, StaffRatio]:
    return {role: StaffRatio(**line.model_dump()) for role, line in lines.items()}
