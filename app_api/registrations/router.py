"""HTTP of registrations.

Belongs here: routes. Does not belong here: rules and SQL.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from app_api.identity.access import need
from app_api.identity.context import Context, request_id_of
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.registrations import repository, service
from app_api.registrations.schemas import NewRegistration, Registered, RegistrationPage, RegistrationView
from app_api.wire import Cursor, Limit, keyset_page

router = APIRouter(prefix="/api/registrations", tags=["registrations"])

IdempotencyKey = Annotated[
    str | None,
    Header(pattern=r"^[\x21-\x7e]{1,128}$", description="Same key and body: same registration, answered again"),
]


@router.post(
    "",
    status_code=201,
    responses={201: {"headers": {"Idempotency-Replayed": {"schema": {"type": "string", "enum": ["true"]}}}}}
    | problems(409),
)
async def create_registration(
    body: NewRegistration,
    person: Annotated[Principal, Depends(need("registration.create"))],
    context: Context,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> Registered:
    """Register a patient: a real new raw row, which the pipeline takes up."""
    async with context.engine.begin() as connection:
        row, is_replay = await service.register(connection, body, person=person, key=idempotency_key)
        if not is_replay:
            await service.tell_of(connection, row, person=person, request_id=request_id_of(request))
        is_known = await repository.has_chart(connection, row.patient_id)
    if is_replay:
        response.headers["Idempotency-Replayed"] = "true"
    else:
        context.outbox_nudge.set()
    entered = RegistrationView.model_validate(row, from_attributes=True)
    return Registered(**entered.model_dump(), is_patient_known=is_known)


@router.get("", dependencies=[Depends(need("registration.list"))])
async def list_registrations(context: Context, limit: Limit = 50, cursor: Cursor = None) -> RegistrationPage:
    """List registrations made in the application, the latest entered first."""
    async with context.engine.connect() as connection:
        rows = await repository.newest(connection, before=cursor, limit=limit + 1)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.registration_seq)
    items = [RegistrationView.model_validate(row, from_attributes=True) for row in shown]
    return RegistrationPage(items=items, next=following)
