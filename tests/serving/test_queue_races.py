"""Two hundred clients at one queue; judged from what they saw. And a state machine against a sorted list."""

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from queue_history import Seen, violations
from sqlalchemy import text

from app_api.queue import repository
from core.vocabulary import Role
from ml.waiting.order import MAX_OVERTAKES, in_order, is_overtaken

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)


async def make_queue(client, strategy="priority") -> str:
    body = {"name": "Race", "facility": "Main", "ticket_prefix": "R", "strategy": strategy}
    return (await client.post("/api/queues", json=body)).json()["queue_id"]


async def race(nurse, queue_id: str, *, clients: int, seed: int) -> list[Seen]:
    """Half of the clients put patients in line, half call; each keeps its key until it has a definite answer."""
    seen: list[Seen] = []
    dice = random.Random(seed)
    gate = asyncio.Semaphore(16)

    async def ask(url: str, body: dict, key: str):
        while True:
            answer = await nurse.post(url, json=body, headers={"Idempotency-Key": key})
            if answer.status_code != 503:
                return answer
            await asyncio.sleep(0.05)

    async def one(number: int) -> None:
        async with gate:
            began = time.perf_counter()
            if number % 2:
                body = {"patient_id": f"p-{number}", "acuity": dice.choice((2, 3, 3, 4, 5))}
                answer = await ask(f"/api/queues/{queue_id}/entries", body, f"j-{number}")
                kind = "join"
            else:
                answer = await ask(f"/api/queues/{queue_id}/call-next", {}, f"c-{number}")
                kind = "call"
            assert answer.status_code in (200, 201, 204), answer.text
            if answer.status_code == 204:
                return
            entry = answer.json()
            arrived = datetime.fromisoformat(entry["arrived_at"])
            seen.append(Seen(kind, entry["patient_id"], (arrived,), began, time.perf_counter()))

    await asyncio.gather(*(one(number) for number in range(clients)))
    return seen


def rows_of(pg_engine) -> list[tuple[str, str]]:
    with pg_engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT patient_id, state FROM queue_entry"))]


async def test_two_hundred_clients_lose_double_and_invert_nothing(signed_in, pg_engine):
    nurse = await signed_in(Role.NURSE)
    # First come, first served: then the only right order is known to the clients themselves.
    queue_id = await make_queue(nurse, "fifo")
    seen = await race(nurse, queue_id, clients=200, seed=1)
    assert sum(one.kind == "join" for one in seen) == 100
    assert sum(one.kind == "call" for one in seen) > 30
    assert violations(seen, rows_of(pg_engine)) == []


async def test_the_checker_catches_a_queue_that_skips_locked_rows(signed_in, pg_engine, monkeypatch):
    """A planted fault: calls that pick the last instead of the first, without the queue's lock."""

    async def last_waiting(connection, queue_id):
        from sqlalchemy import select

        from core.db.tables import QueueEntry

        query = (
            select(*repository.ENTRY)
            .where(QueueEntry.queue_id == queue_id, QueueEntry.state == "waiting")
            .order_by(QueueEntry.entry_seq.desc())
            .limit(1)
        )
        return (await connection.execute(query)).one_or_none()

    monkeypatch.setattr(repository, "first_waiting", last_waiting)
    nurse = await signed_in(Role.NURSE)
    queue_id = await make_queue(nurse, "fifo")
    for number in range(6):
        await nurse.post(f"/api/queues/{queue_id}/entries", json={"patient_id": f"w-{number}", "acuity": 3})
    seen = [Seen("join", f"w-{number}", (number,), number, number + 0.5) for number in range(6)]
    for number in range(3):
        entry = (await nurse.post(f"/api/queues/{queue_id}/call-next", json={})).json()
        rank = int(entry["patient_id"][2:])
        seen.append(Seen("call", entry["patient_id"], (rank,), 10 + number, 10.5 + number))
    assert any("before" in one for one in violations(seen, rows_of(pg_engine)))


@pytest.mark.parametrize(
    ("seen", "stored", "says"),
    [
        ([Seen("join", "a", (1,), 0, 1)], [], "lost join of a"),
        ([Seen("call", "a", (1,), 0, 1)] * 2, [("a", "called")], "a called 2 times"),
        ([Seen("call", "a", (1,), 0, 1)], [("a", "waiting")], "lost call of a"),
        ([], [("a", "waiting")] * 2, "a stands 2 times"),
    ],
)
def test_the_checker_catches_each_fault(seen, stored, says):
    assert says in violations(seen, stored)


class Line:
    """The model: a plain list that is sorted anew at every call."""

    def __init__(self) -> None:
        self.waiting: list = []

    def call(self):
        if not self.waiting:
            return None
        called = in_order(self.waiting)[0]
        self.waiting.remove(called)
        for other in self.waiting:
            other.overtakes += is_overtaken(other, called)
        return called


class One:
    def __init__(self, entry: dict) -> None:
        self.patient_id = entry["patient_id"]
        self.entry_seq = int(entry["ticket_code"][1:])
        self.arrived_at = datetime.fromisoformat(entry["arrived_at"])
        boost = {1: 40, 2: 40, 3: 20, 4: 5, 5: 0}[entry["acuity"]]
        self.virtual_at = self.arrived_at - timedelta(minutes=boost)
        self.is_immediate = entry["acuity"] == 1
        self.overtakes = 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_random_day_equals_a_sorted_list(signed_in, seed):
    nurse = await signed_in(Role.NURSE)
    queue_id = await make_queue(nurse)
    dice, line, number = random.Random(seed), Line(), 0
    for _ in range(120):
        act = dice.choice(("join", "join", "call", "leave"))
        if act == "join":
            number += 1
            body = {"patient_id": f"p-{number}", "acuity": dice.randint(1, 5)}
            line.waiting.append(One((await nurse.post(f"/api/queues/{queue_id}/entries", json=body)).json()))
        elif act == "call":
            answer = await nurse.post(f"/api/queues/{queue_id}/call-next", json={})
            expected = line.call()
            assert (answer.json()["patient_id"] if answer.status_code == 200 else None) == (
                expected.patient_id if expected else None
            )
        elif line.waiting:
            gone = dice.choice(line.waiting)
            line.waiting.remove(gone)
            shown = (await nurse.get(f"/api/queues/{queue_id}/entries")).json()["items"]
            entry_id = next(one["entry_id"] for one in shown if one["patient_id"] == gone.patient_id)
            await nurse.post(f"/api/queue-entries/{entry_id}/transition", json={"to": "left"})
    shown = (await nurse.get(f"/api/queues/{queue_id}/entries")).json()["items"]
    waiting = [(one["patient_id"], one["overtakes"]) for one in shown if one["state"] == "waiting"]
    assert waiting == [(one.patient_id, one.overtakes) for one in in_order(line.waiting)]
    assert max((one.overtakes for one in line.waiting), default=0) <= MAX_OVERTAKES
