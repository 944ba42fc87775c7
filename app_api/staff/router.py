"""HTTP of staff profiles.

Belongs here: `/api/staff`. Does not belong here: rules (`service`).
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.staff import repository, service
from app_api.staff.schemas import OwnChange, StaffPage, StaffView, VerifiedChange
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(prefix="/api/staff", tags=["staff"])

Own = Annotated[Principal, Depends(need("staff_profile.own"))]
Verifier = Annotated[Principal, Depends(need("staff_profile.verify"))]


@router.get("/me", response_model=StaffView, responses=problems(404))
async def read_own_profile(person: Own, context: Context, write: Write) -> Response:
    """Read one's own profile."""

    async def act(tx: Act) -> StaffView:
        tx.about("staff_profile", person.user_id, relation="own")
        return await service.read(context, tx, person.user_id)

    return await write.look(person, "staff_profile.own", act)


@router.patch("/me", response_model=StaffView, responses=problems_of_writes(404))
async def change_own_profile(body: OwnChange, person: Own, context: Context, write: Write) -> Response:
    """Change unit, languages, shift or extension; If-Match names the version that was seen ("0" before the first)."""

    async def act(tx: Act) -> StaffView:
        return await service.change_own(context, tx, person, body)

    return await write.once(person, "staff_profile.own", act)


@router.get("", response_model=StaffPage)
async def list_staff(
    person: Verifier, context: Context, write: Write, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List profiles of doctors and nurses in the order of their names."""
    offset = offset_of(cursor)

    async def act(tx: Act) -> StaffPage:
        rows = await repository.profiles(tx.connection, offset=offset, limit=limit + 1)
        shown, following = offset_page(rows, offset=offset, limit=limit)
        tx.about("staff_profile", *(row.user_id for row in shown), relation="any")
        return StaffPage(items=await service.views(context, tx, shown), next=following)

    return await write.look(person, "staff_profile.verify", act)


@router.patch("/{user_id}", response_model=StaffView, responses=problems_of_writes(404))
async def change_verified_fields(
    user_id: uuid.UUID, body: VerifiedChange, person: Verifier, context: Context, write: Write
) -> Response:
    """Write down qualifications and licence that were seen; If-Match names the version that was seen."""

    async def act(tx: Act) -> StaffView:
        return await service.verify(context, tx, person, user_id, body)

    return await write.once(person, "staff_profile.verify", act)
