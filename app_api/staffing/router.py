"""HTTP of staffing.

Belongs here: `/api/staffing`. Does not belong here: rules and SQL.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, etag_of, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.staffing import repository, service
from app_api.staffing.schemas import Grain, Needs, NewRatios, RatioHistory, RatioTable

router = APIRouter(prefix="/api/staffing", tags=["staffing"])


@router.get("/needs", dependencies=[Depends(need("staffing.read"))])
async def read_staffing_needs(context: Context, grain: Grain = "M") -> Needs:
    """People per shift and beds that the forecast asks for, by month, week or day; days and weeks add up to months."""
    async with context.engine.connect() as connection:
        return await service.needs(connection, grain)


@router.get("/ratios", dependencies=[Depends(need("staffing.read"))])
async def read_staffing_ratios(context: Context, response: Response) -> RatioHistory:
    """Read the ratio table with all its versions; the first item is in force, its version is the ETag."""
    async with context.engine.connect() as connection:
        items = await service.tables(connection)
    response.headers["etag"] = etag_of(items[0].version)
    return RatioHistory(items=items)


@router.put("/ratios", response_model=RatioTable, responses=problems_of_writes())
async def change_staffing_ratios(
    body: NewRatios, write: Write, person: Annotated[Principal, Depends(need("staffing.edit"))]
) -> Response:
    """Put a new version in force; the earlier ones stay readable. If-Match names the version that was seen."""

    async def act(tx: Act) -> RatioTable:
        tx.about("staffing_ratios", fields=("ratios", "beds"))
        await repository.lock(tx.connection)
        tx.check_version((await service.tables(tx.connection, limit=1))[0].version)
        answer = await service.change(tx.connection, body, person=person)
        tx.version = answer.version
        return answer

    return await write.once(person, "staffing.edit", act)
