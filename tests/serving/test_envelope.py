"""The write envelope on a real PostgreSQL: once per key, audited once, told after the commit, refusals remembered."""

import asyncio
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.session_book import Principal
from core import clock
from core.db.tables import AnsweredKey, AuditEvent, AuditUnsealed, OutboxMessage, Receipt
from core.errors import ConflictError
from core.vocabulary import Role
from serving import problems
from serving.realtime import events
from serving.realtime.outbox import drain

CANARY = "Zebedee-Canary-7731"
Person = Annotated[Principal, Depends(need("session.own"))]


class Note(BaseModel):
    name: str
    text: str = CANARY


class Seen(BaseModel):
    name: str
    text: str


def _writing_app(app: FastAPI) -> FastAPI:
    """An application with one versioned thing (a receipt whose kind is its version) written through the envelope."""
    made = FastAPI()
    made.state.context = app.state.context
    problems.install(made)

    @made.post("/notes", status_code=201, response_model=Seen, responses=problems_of_writes())
    async def add(body: Note, write: Write, person: Person) -> Response:
        async def act(tx: Act) -> Seen:
            tx.about("note", body.name, patient_id="pat_1", relation="own", fields=("text",))
            if body.name == "taken":
                raise ConflictError("this name is taken", code="name_taken")
            row = {"receipt_id": body.name, "kind": "1", "provenance": {}, "created_at": clock.now()}
            await tx.connection.execute(insert(Receipt).values(**row))
            if body.name == "broken":
                raise RuntimeError("a fault of ours")
            tx.version = 1
            tx.tell("notes", {"note_id": body.name})
            return Seen(name=body.name, text=body.text)

        return await write.once(person, "note.add", act, status=201)

    @made.patch("/notes/{name}", response_model=Seen)
    async def change(name: str, write: Write, person: Person) -> Response:
        async def act(tx: Act) -> Seen:
            kind = Receipt.receipt_id == name
            row = (await tx.connection.execute(select(Receipt.kind).where(kind).with_for_update())).one()
            tx.check_version(int(row.kind))
            tx.version = int(row.kind) + 1
            await tx.connection.execute(update(Receipt).where(kind).values(kind=str(tx.version)))
            tx.about("note", name)
            return Seen(name=name, text="")

        return await write.once(person, "note.change", act)

    return made


@pytest.fixture
async def writer(app, signed_in):
    nurse = await signed_in(Role.NURSE)
    transport = httpx.ASGITransport(_writing_app(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=str(nurse.base_url), cookies=nurse.cookies) as made:
        yield made


async def _count(app, table) -> int:
    async with app.state.context.engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def _events(app):
    async with app.state.context.engine.connect() as connection:
        return (await connection.execute(select(AuditEvent).order_by(AuditEvent.event_id))).mappings().all()


async def test_fifty_requests_with_one_key_have_one_effect_and_one_answer(app, writer):
    async def send():
        # Fifty wait for one row and twenty connections: who is told to come back does what a client does.
        while True:
            answer = await writer.post("/notes", json={"name": "a"}, headers={"Idempotency-Key": "k1"})
            if answer.status_code != 503:
                return answer
            await asyncio.sleep(float(answer.headers["retry-after"]))

    answers = await asyncio.gather(*(send() for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 49
    assert all(answer.headers["etag"] == '"1"' for answer in answers)
    assert await _count(app, Receipt) == 1
    assert len(await _events(app)) == 1


async def test_a_key_used_for_another_request_is_a_conflict(app, writer):
    headers = {"Idempotency-Key": "k2"}
    assert (await writer.post("/notes", json={"name": "a"}, headers=headers)).status_code == 201
    # The order of fields and spaces do not make another request.
    same = await writer.post(
        "/notes", content=b'{ "name" :"a"}', headers=headers | {"content-type": "application/json"}
    )
    assert same.headers["idempotency-replayed"] == "true"
    other = await writer.post("/notes", json={"name": "b"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert await _count(app, Receipt) == 1


async def test_a_refusal_leaves_nothing_but_its_audit_event_and_frees_the_key(app, writer):
    headers = {"Idempotency-Key": "k3"}
    answer = await writer.post("/notes", json={"name": "taken"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    (event,) = await _events(app)
    assert (event["outcome"], event["reason_code"], event["object_ids"]) == ("refused", "name_taken", ["taken"])
    assert await _count(app, AnsweredKey) == 0
    assert (await writer.post("/notes", json={"name": "free"}, headers=headers)).status_code == 201


async def test_a_fault_of_ours_leaves_nothing_at_all(app, writer):
    answer = await writer.post("/notes", json={"name": "broken"}, headers={"Idempotency-Key": "k4"})
    assert answer.status_code == 500
    for table in (Receipt, AuditEvent, AuditUnsealed, OutboxMessage, AnsweredKey):
        assert await _count(app, table) == 0, table


async def test_a_change_names_the_version_that_was_seen(app, writer):
    await writer.post("/notes", json={"name": "a"})
    assert (await writer.patch("/notes/a")).status_code == 428
    changes = await asyncio.gather(*(writer.patch("/notes/a", headers={"If-Match": '"1"'}) for _ in range(8)))
    assert sorted(answer.status_code for answer in changes) == [200] + [412] * 7
    assert {answer.headers.get("etag") for answer in changes if answer.status_code == 200} == {'"2"'}


async def test_the_event_names_who_what_and_by_which_right_and_no_value(app, writer):
    await writer.post("/notes", json={"name": "a"})
    (event,) = await _events(app)
    assert (event["actor_role"], event["action"], event["object_kind"]) == ("nurse", "note.add", "note")
    assert (event["patient_id"], event["relation"], event["fields"]) == ("pat_1", "own", ["text"])
    assert event["actor_id"] is not None
    assert CANARY not in repr(dict(event))


async def test_a_kept_answer_cannot_be_read_in_the_table(app, writer):
    await writer.post("/notes", json={"name": "a"}, headers={"Idempotency-Key": "k5"})
    async with app.state.context.engine.connect() as connection:
        body = (await connection.execute(select(AnsweredKey.body))).scalar_one()
    assert CANARY.encode() not in body


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET outcome = 'done'", "DELETE FROM audit_event", "TRUNCATE audit_event"],
)
async def test_the_audit_is_only_ever_added_to(app, writer, statement):
    await writer.post("/notes", json={"name": "a"})
    with pytest.raises(DBAPIError, match="only ever added"):
        async with app.state.context.engine.begin() as connection:
            await connection.execute(text(statement))


async def test_news_reach_the_stream_once_and_only_clinical_roles_hear_of_whom(app, writer):
    context = app.state.context
    await writer.post("/notes", json={"name": "a"})
    await drain(context)
    for _ in range(100):
        if await _count(app, OutboxMessage) == 0:
            break
        await asyncio.sleep(0.02)
    told, _, _ = await events.since(context.valkey, 0)
    assert [event.data for event in told if event.topic == "notes"] == [b'{"note_id":"a"}']
    nobody = next(event for event in told if event.topic == "notes").message(is_clinical=False)
    assert "note_id" not in nobody
