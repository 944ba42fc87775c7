"""`python -m bench.under_fire`: a hundred clients write while the API, PostgreSQL and Valkey are killed sixty times.

Belongs here: clients, kills, and the judgement by what is in the database afterwards. Does not belong here:
availability (`chaos`).

Every write carries an Idempotency-Key and is tried again under the same key until the answer is definite (below 500).
Then each acknowledged write is looked for: patients who joined stand once; a called patient was called by exactly one
call; booked times do not overlap; registrations are there once; and each acknowledged write left exactly one event of
the audit. `--plant` has PostgreSQL acknowledge before it has written: the judgement must then find losses.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, insert, text

from bench.ground import hospital, servers, sessions
from core import clock
from core.db.tables import Provider
from core.embedded import service
from core.embedded.home import room_of
from core.errors import MediSyncError
from core.ids import new_uuid
from core.settings import Settings
from core.vocabulary import Role

_GIVE_UP_SECONDS = 90.0


@dataclass
class History:
    """Acknowledged writes by kind: what the client was told."""

    joined: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    booked: list[str] = field(default_factory=list)
    registered: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.joined) + len(self.called) + len(self.booked) + len(self.registered)


class Client:
    """Somebody at a desk who presses until the answer is definite."""

    def __init__(
        self, http: httpx.AsyncClient, history: History, *, name: str, queue_id: str, provider_id: str
    ) -> None:
        self._http, self._history, self._name = http, history, name
        self._queue, self._provider = f"/api/queues/{queue_id}", provider_id
        self._dice = random.Random(name)
        self._number = 0

    async def work(self, stopped: asyncio.Event) -> None:
        """Do one write after the other until it is time to stop."""
        while not stopped.is_set():
            self._number += 1
            await self._dice.choice((self._join, self._join, self._call, self._book, self._register))()

    async def _press(self, path: str, body: dict[str, Any]) -> httpx.Response | None:
        key, until = f"{self._name}-{self._number}", time.monotonic() + _GIVE_UP_SECONDS
        while time.monotonic() < until:
            try:
                answer = await self._http.post(path, json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError as error:
                self._history.answers[type(error).__name__] += 1
            else:
                self._history.answers[str(answer.status_code)] += 1
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
            await asyncio.sleep(self._dice.uniform(0.05, 0.4))
        return None

    async def _join(self) -> None:
        who = f"{self._name}-p{self._number}"
        answer = await self._press(
            f"{self._queue}/entries", {"patient_id": who, "acuity": self._dice.choice((2, 3, 4, 5))}
        )
        if answer is not None and answer.status_code == 201:
            self._history.joined.append(who)

    async def _call(self) -> None:
        answer = await self._press(f"{self._queue}/call-next", {"desk": self._name})
        if answer is not None and answer.status_code == 200:
            self._history.called.append(answer.json()["patient_id"])

    async def _book(self) -> None:
        slot = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(
            days=2, minutes=30 * self._dice.randrange(2000)
        )
        body = {"provider_id": self._provider, "patient_id": f"{self._name}-b{self._number}",
                "starts_at": slot.isoformat(), "ends_at": (slot + timedelta(minutes=30)).isoformat()}  # fmt: skip
        answer = await self._press("/api/appointments", body)
        if answer is not None and answer.status_code == 201:
            booked = answer.json()
            self._history.booked.append((booked.get("items") or [booked])[0]["appointment_id"])

    async def _register(self) -> None:
        who = f"{self._name}-r{self._number}"
        body = {"registration_id": who, "patient_id": who, "facility": "Main", "condition": "Influenza", "acuity": 3}
        answer = await self._press("/api/registrations", body)
        if answer is not None and answer.status_code == 201:
            self._history.registered.append(who)


def fire(settings: Settings, *, kills: int, seconds: float, is_durable: bool, ended: threading.Event) -> Counter[str]:
    """Kill one server after the other, and start it again at once; return how often each was killed."""
    room, done = room_of(settings), Counter[str]()
    line = servers(settings, is_durable=is_durable)
    begun = time.monotonic()
    for turn in range(kills):
        ended.wait(max(0.0, begun + (turn + 0.5) * seconds / kills - time.monotonic()))
        server = line[turn % len(line)]
        child, waited = service.running(server, room), 0.0
        while child is None and waited < 30:
            time.sleep(0.5)
            child, waited = service.running(server, room), waited + 0.5
        if child is not None:
            os.kill(child.pid, signal.SIGKILL)
            done[server.name] += 1
        for _ in range(3):
            try:
                service.start(server, room, timeout=120)
                break
            except MediSyncError as error:
                print(f"   {server.label}: {error.message.splitlines()[0]}", flush=True)
    return done


async def writes(settings: Settings, history: History, *, clients: int, token: str, ids: tuple[str, str],
                 ended: threading.Event) -> None:  # fmt: skip
    """Have all clients work until the fire has ended, and finish what they began."""
    stopped = asyncio.Event()
    async with httpx.AsyncClient(
        base_url=settings.api_address, timeout=6.0, trust_env=False, cookies={"__Host-session": token},
        headers={"sec-fetch-site": "same-origin"}, limits=httpx.Limits(max_connections=clients),
    ) as http:  # fmt: skip
        crowd = [
            Client(http, history, name=f"c{number}", queue_id=ids[0], provider_id=ids[1]) for number in range(clients)
        ]
        work = [asyncio.create_task(one.work(stopped)) for one in crowd]
        while not ended.is_set():
            await asyncio.sleep(0.2)
        stopped.set()
        await asyncio.gather(*work)


def judge(engine: Engine, history: History) -> dict[str, int]:
    """Return how many of each fault the database shows, all of it at one moment.

    A request that its client has given up may still be at work: what it writes is either in all counts or in none.
    """
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        return _faults(connection, history)


def _faults(connection: Connection, history: History) -> dict[str, int]:
    def column(query: str) -> Counter[str]:
        return Counter(str(value) for value in connection.execute(text(query)).scalars())

    entries = column("SELECT patient_id FROM queue_entry")
    calls = column(
        "SELECT e.patient_id FROM queue_move m JOIN queue_entry e USING (entry_id) WHERE m.to_state = 'called'"
    )
    booked = column("SELECT appointment_id FROM appointment")
    rows = column("SELECT registration_id FROM registration")
    told = Counter(history.called)
    overlaps = column("""
        SELECT a.appointment_id FROM appointment a JOIN appointment b
        ON a.provider_id = b.provider_id AND a.appointment_id < b.appointment_id AND a.status = 'booked'
        AND b.status = 'booked' AND a.during && b.during
    """)
    registered = column("SELECT registration_seq FROM registration")
    called = column("SELECT entry_id FROM queue_move WHERE to_state = 'called'")
    written = {
        ("queue.add", "queue_entry"): column("SELECT entry_id FROM queue_entry"),
        ("queue.call", "queue_entry"): called,
        ("registration.create", "registration"): registered,
        ("appointment.book", "appointment"): booked,
    }

    def untold(action: str, kind: str, things: Counter[str]) -> int:
        # By what it is about: whoever calls and finds nobody waiting left an event about the queue.
        told_of = column(
            f"SELECT unnest(object_ids) FROM audit_event WHERE outcome = 'done' AND action = '{action}' "
            f"AND object_kind = '{kind}'"
        )
        return sum(told_of[one] != things[one] for one in told_of | things)

    return {
        "lost joins": sum(entries[who] == 0 for who in history.joined),
        "doubled joins": sum(count > 1 for count in entries.values()),
        "lost calls": sum(calls[who] == 0 for who in history.called),
        "patients called twice": sum(count > 1 for count in calls.values()) + sum(count > 1 for count in told.values()),
        "lost bookings": sum(booked[one] == 0 for one in history.booked),
        "overlapping bookings": overlaps.total(),
        "lost registrations": sum(rows[who] == 0 for who in history.registered),
        "doubled registrations": sum(count > 1 for count in rows.values()),
    } | {
        f"{action} without exactly one event of the audit": untold(action, kind, things)
        for (action, kind), things in written.items()
    }


def desk(settings: Settings, engine: Engine, token: str) -> tuple[str, str]:
    """Make a queue and a provider; return their ids."""
    with httpx.Client(
        base_url=settings.api_address, trust_env=False, cookies={"__Host-session": token},
        headers={"sec-fetch-site": "same-origin"},
    ) as http:  # fmt: skip
        made = http.post("/api/queues", json={"name": "Fire", "facility": "Main", "ticket_prefix": "F"})
        made.raise_for_status()
    provider = new_uuid()
    with engine.begin() as connection:
        connection.execute(
            insert(Provider).values(
                provider_id=provider, name="Dr Fire", specialty="General", facility="Main", time_zone="UTC",
                user_id=None, is_active=True, is_synthetic=True,
            )
        )  # fmt: skip
    return made.json()["queue_id"], str(provider)


def main() -> int:
    """Run and print; exit 1 when something acknowledged was lost or doubled; with --plant, when nothing was found."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=60)
    options.add_argument("--seconds", type=float, default=240)
    options.add_argument("--clients", type=int, default=100)
    options.add_argument("--plant", action="store_true", help="have PostgreSQL acknowledge what it has not written")
    given = options.parse_args()
    history, ended = History(), threading.Event()
    with hospital(patients=0, years=0) as (settings, engine):
        if given.plant:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ALTER SYSTEM SET synchronous_commit = off"))
                connection.execute(text("ALTER SYSTEM SET wal_writer_delay = '5s'"))
                connection.execute(text("SELECT pg_reload_conf()"))
        (token,) = sessions(engine, 1, Role.NURSE)
        ids = desk(settings, engine, token)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # What the clients work at is there for certain: a planted fault may lose their writes, not their desk.
            connection.execute(text("CHECKPOINT"))
        killed: Counter[str] = Counter()

        def burn() -> None:
            killed.update(
                fire(settings, kills=given.kills, seconds=given.seconds, is_durable=True, ended=threading.Event())
            )
            ended.set()

        thread = threading.Thread(target=burn)
        thread.start()
        asyncio.run(writes(settings, history, clients=given.clients, token=token, ids=ids, ended=ended))
        thread.join()
        engine.dispose()
        faults = judge(engine, history)
    figures = {
        "killed": dict(killed), "acknowledged": len(history), "joins": len(history.joined),
        "calls": len(history.called),
        "bookings": len(history.booked), "registrations": len(history.registered), "answers": dict(history.answers),
        "faults": faults,
    }  # fmt: skip
    print(json.dumps(figures, indent=1))
    return int((sum(faults.values()) > 0) is not given.plant)


if __name__ == "__main__":
    sys.exit(main())
