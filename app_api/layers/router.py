"""HTTP of layer profiles, with their shapes and their one query.

Belongs here: `/api/layers/{asset}/profiles`. Does not belong here: making profiles (`assets.profiling`).
"""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.layers import repository
from app_api.wire import Limit

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


@router.get("/{asset}/profiles", dependencies=[Depends(need("layer.read"))])
async def list_layer_profiles(asset: Asset, context: Context, limit: Limit = 24) -> ProfilePage:
    """List the profiles of a layer's months, the newest first."""
    async with context.engine.connect() as connection:
        rows = await repository.newest(connection, asset, limit=limit)
    return ProfilePage(asset=asset, items=[ProfileView.model_validate(row, from_attributes=True) for row in rows])
