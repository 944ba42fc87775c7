"""HTTP of matching and assignment.

Belongs here: routes. Does not belong here: the score, rules, SQL.
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.queue import assigning, matching
from app_api.queue.matching_schemas import MatchList, MatchReason, MatchView, NewAssignment
from app_api.queue.schemas import EntryView
from app_api.queue.views import answer_entry

router = APIRouter(prefix="/api/queue-entries/{entry_id}", tags=["queues"])


@router.get("/matches", response_model=MatchList, responses=problems(404))
async def list_matches(
    entry_id: uuid.UUID, write: Write, person: Annotated[Principal, Depends(need("queue.assign"))]
) -> Response:
    """Doctors who fit this patient, the best first, each with points for specialty, continuity and load, and why."""

    async def look(tx: Act) -> MatchList:
        tx.about("queue_entry", entry_id, relation="any")
        entry, wanted, ranking = await assigning.matches_of(tx.connection, entry_id)
        tx.about("queue_entry", entry_id, patient_id=entry.patient_id, relation="any")
        best = matching.suggested(ranking)
        items = [
            MatchView(
                provider_id=one.candidate.provider_id,
                name=one.candidate.name,
                specialty=one.candidate.specialty,
                is_on_duty=one.candidate.is_on_duty,
                load=one.candidate.load,
                points=one.points,
                is_suggested=one is best,
                is_assigned=one.candidate.provider_id == entry.provider_id,
                reasons=[MatchReason.model_validate(reason, from_attributes=True) for reason in one.reasons],
            )
            for one in ranking
        ]
        return MatchList(entry_id=entry_id, needed_specialty=wanted.specialty, items=items)

    return await write.look(person, "queue.assign", look)


@router.post("/assignment", response_model=EntryView, responses=problems_of_writes(404))
async def assign_entry(
    entry_id: uuid.UUID, body: NewAssignment, write: Write, person: Annotated[Principal, Depends(need("queue.assign"))]
) -> Response:
    """Assign the patient to a doctor; another than the suggested one with a reason. Only they then go on with it."""

    async def act(tx: Act) -> EntryView:
        tx.about("queue_entry", entry_id, relation="any", reason_code=body.reason)
        row = await assigning.assign(
            tx.connection, entry_id, body, actor_id=person.user_id, check_version=tx.check_version_if_given
        )
        return await answer_entry(tx, row, person, reason_code=body.reason)

    return await write.once(person, "queue.assign", act)
