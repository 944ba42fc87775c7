"""HTTP of layers: how fresh each asset is, and what the months of a layer look like.

Belongs here: `/api/layers`. Does not belong here: making profiles (`assets.profiling`), the clock of Dagster's own
freshness policies (`orchestration.notices`, with the same ages).
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.layers import repository
from app_api.wire import Limit
from core import clock
from core.vocabulary import DAILY_LATE_HOURS, DAILY_WARN_HOURS

router = APIRouter(prefix="/api/layers", tags=["quality"])

Asset = Literal["validated_registrations", "features_risk"]
Share = Annotated[float, Field(ge=0, le=1)]


class ShiftView(BaseModel):
    """One column against the reference; drift once it moved in enough months in a row."""

    column: str
    psi: Annotated[float, Field(ge=0)]
    effect: float = Field(description="Cohen's d of a number, w of a category")
    has_moved: bool
    moved_months: Annotated[int, Field(ge=0, le=1000)]
    is_drift: bool


class ProfileView(BaseModel):
    """One month of a layer as it was last made."""

    month: str
    row_count: Annotated[int, Field(ge=0, le=2**31 - 1)]
    null_fractions: dict[str, Share]
    reference_months: list[str] | None = Field(description="First and last month of the reference; null: none yet")
    shifts: list[ShiftView]
    dagster_run_id: str
    profiled_at: datetime


class ProfilePage(BaseModel):
    """The newest months of a layer, the newest first."""

    asset: str
    items: list[ProfileView]
    next: None = None


class LayerView(BaseModel):
    """An asset as it was last made."""

    asset: str
    made_at: datetime
    state: Literal["fresh", "warned", "late"] = Field(
        description=f"By age: warned of after {DAILY_WARN_HOURS} hours, late after {DAILY_LATE_HOURS}"
    )
    dagster_run_id: str | None
    receipt: str | None = Field(description="Of what it published; null for a layer of rows")


class LayerPage(BaseModel):
    """Every asset that has published something or was checked, the one made longest ago first."""

    items: list[LayerView]
    next: None = None


def state_of(age: timedelta) -> Literal["fresh", "warned", "late"]:
    """Return how fresh something of this age is.

    Examples
    --------
    >>> [state_of(timedelta(hours=hours)) for hours in (25, 27, 51)]
    ['fresh', 'warned', 'late']
    """
    if age > timedelta(hours=DAILY_LATE_HOURS):
        return "late"
    return "warned" if age > timedelta(hours=DAILY_WARN_HOURS) else "fresh"


@router.get("", dependencies=[Depends(need("layer.read"))])
async def list_layers(context: Context) -> LayerPage:
    """List when each asset was last made, by which run, and whether that is recent enough."""
    now = clock.now()
    async with context.engine.connect() as connection:
        rows = await repository.last_made(connection)
    return LayerPage(
        items=[
            LayerView(
                asset=row.asset,
                made_at=row.made_at,
                state=state_of(now - row.made_at),
                dagster_run_id=row.dagster_run_id,
                receipt=row.receipt_id,
            )
            for row in rows
        ]
    )


@router.get("/{asset}/profiles", dependencies=[Depends(need("layer.read"))])
async def list_layer_profiles(asset: Asset, context: Context, limit: Limit = 24) -> ProfilePage:
    """List the profiles of a layer's months, the newest first."""
    async with context.engine.connect() as connection:
        rows = await repository.newest(connection, asset, limit=limit)
    return ProfilePage(asset=asset, items=[ProfileView.model_validate(row, from_attributes=True) for row in rows])
