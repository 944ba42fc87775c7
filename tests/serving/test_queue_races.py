"""Two hundred clients at one queue at once, judged from what they saw; and a random day over HTTP."""

import asyncio
import random
import time
from datetime import datetime, timedelta

import pytest
from queue_history import Seen, violations
from sqlalchemy import select, text

from app_api.queue import repository
from core.db.tables import Queue, QueueEntry
from core.vocabulary import Role
from ml.waiting.order import MAX_OVERTAKES, in_order, is_overtaken

BOOST = {1: 40, 2: 40, 3: 20, 4: 5, 5: 0}


async def make_queue(client, strategy="priority") -> str:
    body = {"name": "Race", "facility": "Main", "ticket_prefix": "R", "strategy": strategy}
    return (await client.post("/api/queues", json=body)).json()["queue_id"]


async def race(nurse, queue_id: str, *, clients: int, strategy: str, seed: int) -> list[Seen]:
    """Half put patients in line and half call, each under one key until the answer is definite.

    As many at once as there are connections: more would only wait for one.
    """
    seen: list[Seen] = []
    dice = random.Random(seed)
    gate = asyncio.Semaphore(20)

    async def ask(url: str, body: dict, key: str):
        for _ in range(200):
            answer = await nurse.post(url, json=body, headers={"Idempotency-Key": key})
            if answer.status_code not in (429, 503):
                return answer
            await asyncio.sleep(dice.uniform(0.05, 0.3))
        raise AssertionError(f"no definite answer to {key}")

    async def one(number: int) -> None:
        async with gate:
            began = time.perf_counter()
            if number % 2:
                body = {"patient_id": f"p-{number}", "acuity": dice.choice((1, 2, 3, 3, 4, 5))}
                answer = await ask(f"/api/queues/{queue_id}/entries", body, f"j-{number}")
                kind = "join"
            else:
                answer = await ask(f"/api/queues/{queue_id}/call-next", {}, f"c-{number}")
                kind = "call"
            assert answer.status_code in (200, 201, 204), answer.text
            if answer.status_code != 204:
                seen.append(seen_of(kind, answer.json(), began, strategy))

    await asyncio.gather(*(one(number) for number in range(clients)))
    return seen


def seen_of(kind: str, entry: dict, began: float, strategy: str) -> Seen:
    arrived, acuity = datetime.fromisoformat(entry["arrived_at"]), entry["acuity"]
    is_immediate = strategy == "priority" and acuity == 1
    boost = BOOST[acuity] if strategy == "priority" else 0
    rank = (not is_immediate, arrived - timedelta(minutes=boost))
    return Seen(kind, entry["patient_id"], rank, began, time.perf_counter(), (arrived,), is_immediate)


def rows_of(pg_engine) -> list[tuple[str, str]]:
    with pg_engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT patient_id, state FROM queue_entry"))]


@pytest.mark.parametrize("strategy", ["fifo", "priority"])
async def test_two_hundred_clients_lose_double_and_invert_nothing(signed_in, pg_engine, strategy):
    nurse = await signed_in(Role.NURSE)
    queue_id = await make_queue(nurse, strategy)
    seen = await race(nurse, queue_id, clients=200, strategy=strategy, seed=1)
    assert sum(one.kind == "join" for one in seen) == 100
    # Whoever is left is called in turn: most of the order shows itself here, after the rush.
    began = time.perf_counter()
    while (answer := await nurse.post(f"/api/queues/{queue_id}/call-next", json={})).status_code == 200:
        seen.append(seen_of("call", answer.json(), began, strategy))
        began = time.perf_counter()
    assert sum(one.kind == "call" for one in seen) == 100
    assert violations(seen, rows_of(pg_engine)) == []


async def test_the_checker_catches_a_queue_that_skips_locked_rows(signed_in, pg_engine, monkeypatch):
    """A planted fault: no lock on the queue; calls skip rows that somebody else holds, and that somebody gives up."""

    async def unlocked(connection, *queue_ids):
        rows = (await connection.execute(select(*Queue.__table__.columns).where(Queue.queue_id.in_(queue_ids)))).all()
        return {row.queue_id: row for row in rows}

    async def first_that_is_free(connection, queue_id, may_be_called):
        waiting = select(*repository.ENTRY).where(QueueEntry.queue_id == queue_id, QueueEntry.state == "waiting")
        query = waiting.where(may_be_called).order_by(*repository.RANK).limit(1).with_for_update(skip_locked=True)
        return (await connection.execute(query)).one_or_none()

    nurse = await signed_in(Role.NURSE)
    queue_id = await make_queue(nurse, "priority")
    seen = []
    for number in range(3):
        began, body = time.perf_counter(), {"patient_id": f"w-{number}", "acuity": 1}
        entry = (await nurse.post(f"/api/queues/{queue_id}/entries", json=body)).json()
        seen.append(seen_of("join", entry, began, "priority"))
    monkeypatch.setattr(repository, "lock_queues", unlocked)
    monkeypatch.setattr(repository, "first_waiting", first_that_is_free)
    with pg_engine.begin() as slow_desk:
        slow_desk.execute(text("SELECT 1 FROM queue_entry WHERE patient_id = 'w-0' FOR UPDATE"))
        began = time.perf_counter()
        entry = (await nurse.post(f"/api/queues/{queue_id}/call-next", json={})).json()
        seen.append(seen_of("call", entry, began, "priority"))
    assert violations(seen, rows_of(pg_engine)) == ["w-1 was called before w-0"]


#: Eight who came after `a` and were called before: the ninth must be `a`.
OVERTAKING = [Seen("call", f"o-{n}", (-n - 1,), 10 + 2 * n, 11 + 2 * n, (n + 1,)) for n in range(8)]


@pytest.mark.parametrize(
    ("seen", "stored", "says"),
    [
        ([Seen("join", "a", (1,), 0, 1)], [], "lost join of a"),
        ([Seen("call", "a", (1,), 0, 1)] * 2, [("a", "called")], "a called 2 times"),
        ([Seen("call", "a", (1,), 0, 1)], [("a", "waiting")], "lost call of a"),
        ([], [("a", "waiting")] * 2, "a stands 2 times"),
        (
            [Seen("join", "a", (0,), 0, 1, (0,)), *OVERTAKING, Seen("call", "z", (0,), 40, 41, (99,))],
            [("a", "waiting")],
            "z was called before a",
        ),
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
        self.virtual_at = self.arrived_at - timedelta(minutes=BOOST[entry["acuity"]])
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
