"""HTTP of match scores.

Belongs here: `/api/patients/matches` and `/api/patient-pairs`. Does not belong here: rules (`doubles`).
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.patients import doubles, doubles_repository
from app_api.patients.doubles_schemas import MatchQuestion, PairDecision, PairPage, PairView, PersonMatchList, Status
from app_api.wire import Cursor, Limit, offset_of, offset_page
from ml.linkage import MatchState

router = APIRouter(prefix="/api", tags=["patients"])


@router.post("/patients/matches", response_model=PersonMatchList)
async def find_matches(
    body: MatchQuestion, person: Annotated[Principal, Depends(need("patient.match"))], context: Context, write: Write
) -> Response:
    """Say which patients may be this person, with score and reasons; values of their charts are not shown."""

    async def act(tx: Act) -> PersonMatchList:
        found, opened = await doubles.likely(context, tx.connection, body.model_dump(mode="json", exclude_none=True))
        tx.about("patient", *opened, relation="any")
        await doubles.tell_patients(tx, person, found)
        return PersonMatchList(items=[doubles.view(patient_id, score) for patient_id, score in found])

    return await write.look(person, "patient.match", act)


@router.get("/patient-pairs", response_model=PairPage)
async def list_pairs(
    person: Annotated[Principal, Depends(need("patient_pair.read"))],
    write: Write,
    status: Status = "open",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List pairs of patients who may be one person, the likeliest first."""
    offset = offset_of(cursor)

    async def act(tx: Act) -> PairPage:
        views = await doubles.pair_views(tx, status, offset=offset, limit=limit)
        shown, following = offset_page(views, offset=offset, limit=limit)
        counts = await doubles_repository.open_counts(tx.connection)
        return PairPage(
            items=list(shown),
            next=following,
            match_count=counts.get(MatchState.MATCH, 0),
            possible_count=counts.get(MatchState.POSSIBLE, 0),
        )

    return await write.look(person, "patient_pair.read", act)


@router.post("/patient-pairs/{pair_id}/decision", response_model=PairView, responses=problems_of_writes(404))
async def decide_on_pair(
    pair_id: uuid.UUID,
    body: PairDecision,
    person: Annotated[Principal, Depends(need("patient_pair.decide"))],
    write: Write,
) -> Response:
    """Say whether a pair is one person; If-Match names the version that was seen. Charts are not joined by it."""

    async def act(tx: Act) -> PairView:
        return await doubles.decide(tx, person, pair_id, body.decision)

    return await write.once(person, "patient_pair.decide", act)
