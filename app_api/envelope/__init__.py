"""The write envelope: what every write of the application goes through, in one transaction.

Belongs here: audit, idempotency keys, versions of rows, news for the screens. Does not belong here: any domain.

How a domain uses it (`from app_api.envelope import Write, problems_of_writes`):

    @router.post("/api/queues/{queue_id}/entries", status_code=201, response_model=EntryView,
                 responses=problems_of_writes(404))
    async def add_entry(queue_id: uuid.UUID, body: NewEntry, write: Write,
                        person: Annotated[Principal, Depends(need("queue_entry.add"))]) -> Response:
        async def act(tx: Act) -> EntryView:              # tx.connection is inside the transaction
            row = await service.add_entry(tx.connection, queue_id, body)
            tx.about("queue_entry", row.entry_id, patient_id=row.patient_id, relation="any")  # for the audit
            tx.version = row.version                      # becomes the ETag of the answer
            tx.tell("queue", {"queue_id": str(queue_id)})  # outbox: ids only; sockets hear it after commit
            return EntryView.model_validate(row, from_attributes=True)   # None: 204 without a body
        return await write.once(person, "queue_entry.add", act, status=201)

- `once` claims the Idempotency-Key (optional header), runs `act`, writes exactly one audit event, stores the answer and
  commits. The same key and request again: the same answer with `Idempotency-Replayed: true`; another request: 409.
- A `MediSyncError` out of `act` rolls back to a savepoint, is audited as refused with its code, and is raised on; its
  key is free again. Any other error rolls everything back and remembers nothing.
- Versioned rows: `SELECT … FOR UPDATE`, `tx.check_version(row.version)` (428 without If-Match, 412 stale), then add 1.
- Reads of patients: `await write.look(person, "record.read", act)`: the event commits before the answer goes out.
"""

from app_api.envelope.audit import append
from app_api.envelope.versions import etag_of
from app_api.envelope.write import Act, Actor, Envelope, Write, problems_of_writes

__all__ = ["Act", "Actor", "Envelope", "Write", "append", "etag_of", "problems_of_writes"]
