"""HTTP of what the queues did: figures, and why somebody was passed over.

Belongs here: routes. Does not belong here: arithmetic and SQL.
"""

import asyncio
import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app_api.envelope import Act, Write
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.permissions import CLINICAL_ROLES
from app_api.problem_docs import problems
from app_api.queue import figures, overtakes
from app_api.queue.figures_schemas import OvertakeList, QueueFigures
from core import clock

router = APIRouter(tags=["queues"])


@router.get("/api/queue-figures")
async def read_figures(
    context: Context,
    person: Annotated[Principal, Depends(need("queue.figures"))],
    days: Annotated[int, Query(ge=1, le=366, description="Days back from now")] = 28,
) -> QueueFigures:
    """Who left without being seen, who waited past the target, and whether groups wait alike."""
    now = clock.now()
    since = now - timedelta(days=days)
    async with context.engine.connect() as connection:
        rows = await figures.visits(connection, since=since)
    hides_small = person.role not in CLINICAL_ROLES
    # Medians of thousands of waits take seconds: beside the event loop, so that others are answered meanwhile.
    return await asyncio.to_thread(figures.figures_of, rows, since=since, now=now, hides_small=hides_small)


@router.get("/api/queue-entries/{entry_id}/overtakes", response_model=OvertakeList, responses=problems(404))
async def list_overtakes(
    entry_id: uuid.UUID, write: Write, person: Annotated[Principal, Depends(need("queue.read"))]
) -> Response:
    """Who came later than this patient and was called before, each with the reason."""

    async def look(tx: Act) -> OvertakeList:
        tx.about("queue_entry", entry_id, relation="any")
        entry, shown = await overtakes.of_entry(tx.connection, entry_id)
        tx.about("queue_entry", entry_id, patient_id=entry.patient_id, relation="any")
        return shown

    return await write.look(person, "queue.read", look)
