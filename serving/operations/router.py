"""HTTP of the administrator's page.

Belongs here: the route. Does not belong here: composing (`service`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import HTTPConnection

from app_api.identity.access import need
from serving.operations.schemas import AdminPage
from serving.operations.service import Operations, WhatIf

router = APIRouter(prefix="/api/analytics", tags=["analytics"])


async def operations_of(connection: HTTPConnection) -> Operations:
    """Return where the figures of the application that this request came to are gathered."""
    return connection.app.state.operations


TheOperations = Annotated[Operations, Depends(operations_of)]


@router.get("/admin/", dependencies=[Depends(need("analytics.admin"))])
async def read_admin_analytics(
    operations: TheOperations,
    beds: Annotated[int, Query(ge=1, le=10_000, description="Beds that can be filled")] = 60,
    stay_days: Annotated[float, Query(gt=0, le=365, description="Mean stay of an admitted patient")] = 4.5,
    admitted_share: Annotated[
        float | None, Query(ge=0, le=1, description="Share admitted; the hospital's own when left out")
    ] = None,
    visits_per_nurse_shift: Annotated[
        float, Query(ge=0.5, le=200, description="Registrations a nurse and shift")
    ] = 12.0,
) -> AdminPage:
    """The hospital at a glance, the system's promises as measured, and what beds and staff the forecast asks for."""
    wish = WhatIf(beds, stay_days, admitted_share, visits_per_nurse_shift)
    return AdminPage.model_validate(await operations.page(wish))
