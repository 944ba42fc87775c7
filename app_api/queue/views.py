"""An entry of a queue as staff see it, with whose patient it is.

Belongs here: from rows to answers. Does not belong here: routes and rules.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import Act
from app_api.identity.session_book import Principal
from app_api.queue import matching_repository, policy, repository
from app_api.queue.schemas import EntryView

TOPIC = "queue"


async def entry_views(connection: AsyncConnection, rows: Sequence[Row[Any]], person: Principal) -> list[EntryView]:
    """Return entries with the name of whoever they are assigned to, and whether that is the reader."""
    providers = await matching_repository.providers_of(
        connection, {row.provider_id for row in rows if row.provider_id is not None}
    )
    targets = await repository.targets_of(connection, {row.queue_id for row in rows})
    views = []
    for row in rows:
        whose = None if row.provider_id is None else providers[row.provider_id]
        assigned_to = "nobody" if whose is None else "you" if whose.user_id == person.user_id else "another"
        views.append(
            EntryView.model_validate(
                {
                    **row._mapping,
                    "due_at": policy.due_at(row.arrived_at, row.acuity, targets[row.queue_id]),
                    "provider_name": None if whose is None else whose.name,
                    "assigned_to": assigned_to,
                }
            )
        )
    return views


def tell(tx: Act, *queue_ids: uuid.UUID) -> None:
    """Have the screens hear that queues changed, each once."""
    for queue_id in dict.fromkeys(queue_ids):
        tx.tell(TOPIC, {"queue_id": str(queue_id)})


async def answer_entry(
    tx: Act, row: Row[Any], person: Principal, *queue_ids: uuid.UUID, reason_code: str | None = None
) -> EntryView:
    """Say what was done to an entry to audit, screens and caller; `queue_ids` are further queues that changed."""
    tx.about("queue_entry", row.entry_id, patient_id=row.patient_id, relation="any", reason_code=reason_code)
    tx.version = row.version
    tell(tx, row.queue_id, *queue_ids)
    [view] = await entry_views(tx.connection, [row], person)
    return view
