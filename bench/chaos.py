"""`python -m bench.chaos --minutes 4`: a hospital under load while its parts are killed, and what that cost.

Belongs here: load, faults and the count. Does not belong here: a claim beyond this run: it says what happened here.

Load: open loop, so many requests a second whatever the answers do; two in three read, one in three registers a patient
with an Idempotency-Key. Good: a definite answer (200 to 499) within a second, after at most two tries more by the
client. A fault each 30 s: `kill -9` of the API's parent, of one of its workers, of PostgreSQL, Valkey, MLflow,
Dagster's code server, web interface and daemon; the folder of MLflow's artifacts made to take no file. `medisync up`'s
own watch brings back what died. At the end every registration that was acknowledged is looked for in the table: exactly
once, or it was lost or doubled. `share_at_one_of_each_a_day` translates: what part of a day is left when each kind of
fault comes once a day and costs its worst outage of this run.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from sqlalchemy import text

from app_api.identity import repository, sessions
from app_api.identity.access import COOKIE
from app_api.identity.passwords import hash_password
from app_api.identity.session_book import Principal
from core import clock
from core.db.engine import async_engine, sync_engine
from core.embedded import home as homes
from core.embedded import ports, supervisor
from core.embedded.supervisor import Stack
from core.embedded.watch import Watch
from core.ids import new_uuid
from core.settings import Settings
from core.vocabulary import Role

_GOOD_SECONDS = 1.0
_TRIES = 3
_WORKER, _ARTIFACTS = "api worker", "artifacts read-only"
#: In the order in which they are given; a run of 15 minutes goes through them more than three times.
FAULTS = ("api", "postgres", _WORKER, "valkey", "mlflow", _ARTIFACTS, "dagster-code", "dagster-web", "dagster-daemon")


@dataclass
class Tally:
    """What came of the requests, second by second."""

    sent: int = 0
    good: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    #: Seconds since the beginning at which a request was sent that did not end well.
    bad_at: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)


@contextmanager
def hospital() -> Iterator[Stack]:
    """A fresh home with all servers, watched; gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="medisync-chaos-"))
    names = ("api_port", "dagster_port", "mlflow_port", "pg_port", "valkey_port", "code_server_port")
    settings = Settings(home=home, **{name: ports.find_free() for name in names})
    homes.make_home(settings)
    stack = supervisor.stack(settings)
    stopped = threading.Event()
    watch = Watch(stack, lambda one, sentence: print(f"   {one.label} {sentence}", flush=True))
    thread = threading.Thread(target=watch.until, args=(stopped,), daemon=True)
    try:
        stack.start(told=lambda one, step: None, cancelled=threading.Event())
        thread.start()
        yield stack
    finally:
        stopped.set()
        if thread.is_alive():
            thread.join(120)
        stack.stop(told=lambda one, was: None)
        shutil.rmtree(home, ignore_errors=True)


async def open_session(settings: Settings) -> str:
    """Make a doctor with a session and return its token."""
    engine = async_engine(settings.async_database_dsn, pool_size=1)
    identifier = new_uuid()
    async with engine.begin() as connection:
        await repository.add_account(
            connection, user_id=identifier, email="load@clinic.example", display_name="Load", role=Role.DOCTOR.value,
            patient_id=None, password_hash=hash_password("correct horse battery staple"), is_active=True,
            created_at=clock.now(),
        )  # fmt: skip
        person = Principal(identifier, "load@clinic.example", "Load", Role.DOCTOR, None)
        token, _ = await sessions.open_new_session(connection, person)
    await engine.dispose()
    return token


async def ask(client: httpx.AsyncClient, number: int, begun: float, tally: Tally) -> None:
    """Send one request, up to three times, and count how it ended."""
    tally.sent += 1
    at = time.monotonic() - begun
    key = f"chaos-{number}"
    is_write = number % 3 == 0
    answer: httpx.Response | None = None
    reason = "no answer"
    for attempt in range(_TRIES):
        try:
            if is_write:
                body = {"registration_id": key, "patient_id": f"P{number % 500}", "facility": "Main",
                        "condition": "Influenza", "acuity": 3}  # fmt: skip
                answer = await client.post("/api/registrations", json=body, headers={"Idempotency-Key": key})
            else:
                answer = await client.get("/api/registrations?limit=1")
        except httpx.TransportError as error:
            reason = type(error).__name__
        else:
            if answer.status_code < 500:
                break
            reason = str(answer.status_code)
        if attempt + 1 < _TRIES:
            await asyncio.sleep(0.15 * (attempt + 1))
    seconds = time.monotonic() - begun - at
    is_definite = answer is not None and answer.status_code < 500
    if is_write and answer is not None and answer.status_code == 201:
        tally.acknowledged.append(key)
    if is_definite and seconds <= _GOOD_SECONDS:
        tally.good += 1
    else:
        tally.bad["slow" if is_definite else reason] += 1
        tally.bad_at.append(at)
    if is_definite and answer is not None and answer.status_code >= 400:
        tally.bad[f"(counted good) {answer.status_code}"] += 1


async def load(stack: Stack, token: str, *, rate: float, seconds: float, begun: float, tally: Tally) -> None:
    """Send requests at a fixed rate, never waiting for an answer before the next."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    async with httpx.AsyncClient(
        base_url=stack.settings.api_address, timeout=2.0, limits=limits, trust_env=False,
        cookies={COOKIE: token}, headers={"sec-fetch-site": "same-origin"},
    ) as client:  # fmt: skip
        tasks: set[asyncio.Task[None]] = set()
        number = 0
        while (now := time.monotonic() - begun) < seconds:
            while number < now * rate:
                task = asyncio.create_task(ask(client, number, begun, tally))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                number += 1
            await asyncio.sleep(0.005)
        await asyncio.gather(*tasks)


def harm(stack: Stack, fault: str) -> bool:
    """Do one fault; return whether there was something to harm."""
    if fault == _ARTIFACTS:
        # Root writes through mode bits: the folder's name is taken by a file for ten seconds instead.
        place = stack.settings.mlflow_artifacts
        aside = place.with_name("mlflow.aside")
        place.rename(aside)
        place.write_text("")

        def back() -> None:
            time.sleep(10)
            place.unlink()
            aside.rename(place)

        threading.Thread(target=back).start()
        return True
    child = stack.alive().get("api" if fault == _WORKER else fault)
    if child is None:
        return False
    os.kill(_a_worker(child.pid) if fault == _WORKER else child.pid, signal.SIGKILL)
    return True


def _a_worker(parent: int) -> int:
    """Return a process below the API's that serves; a machine with room for one worker only has no parent above it."""
    below = [one for one in psutil.Process(parent).children() if "resource_tracker" not in " ".join(one.cmdline())]
    return below[0].pid if below else parent


def outage(times: list[float], start: float, end: float) -> float:
    """Return the longest stretch of bad requests within a fault's half minute: gaps under a second belong together."""
    inside = sorted(time for time in times if start <= time < end)
    longest, first = 0.0, None
    for place, moment in enumerate(inside):
        if first is None or moment - inside[place - 1] > 1.0:
            first = moment
        longest = max(longest, moment - first)
    return longest


def count_lost(settings: Settings, acknowledged: list[str]) -> tuple[int, int]:
    """Return how many acknowledged registrations are not in the table, and how many are there more than once."""
    engine = sync_engine(settings.database_dsn)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT registration_id FROM registration WHERE registration_id LIKE 'chaos-%'"))
        found = Counter(rows.scalars())
    engine.dispose()
    return sum(found[key] == 0 for key in acknowledged), sum(count > 1 for count in found.values())


async def run(stack: Stack, *, minutes: float, rate: float, every: float) -> dict[str, object]:
    """Load and faults for so many minutes; return the figures."""
    tally, begun = Tally(), time.monotonic()
    token = await open_session(stack.settings)
    done: list[tuple[str, float]] = []

    async def faults() -> None:
        for turn in range(int(minutes * 60 // every)):
            await asyncio.sleep(max(0.0, begun + turn * every + every / 3 - (time.monotonic())))
            fault = FAULTS[turn % len(FAULTS)]
            at = time.monotonic() - begun
            was_there = await asyncio.to_thread(harm, stack, fault)
            print(f"{at:6.0f} s  {fault}{'' if was_there else ' (was not running)'}", flush=True)
            done.append((fault, at))

    begun = time.monotonic()
    await asyncio.gather(load(stack, token, rate=rate, seconds=minutes * 60, begun=begun, tally=tally), faults())
    lost, doubled = await asyncio.to_thread(count_lost, stack.settings, tally.acknowledged)
    worst: dict[str, float] = {}
    cost: Counter[str] = Counter()
    for fault, at in done:
        worst[fault] = max(worst.get(fault, 0.0), outage(tally.bad_at, at, at + every))
        cost[fault] += sum(at <= moment < at + every for moment in tally.bad_at)
    return {
        "minutes": minutes,
        "requests_per_second": rate,
        "faults": len(done),
        "sent": tally.sent,
        "good": tally.good,
        "good_share": round(tally.good / max(tally.sent, 1), 5),
        "not_good": dict(tally.bad),
        "not_good_after": dict(cost),
        "worst_outage_seconds": {name: round(value, 2) for name, value in worst.items()},
        "share_at_one_of_each_a_day": round(1 - sum(worst.values()) / 86_400, 6),
        "acknowledged_registrations": len(tally.acknowledged),
        "lost": lost,
        "doubled": doubled,
    }


def main() -> int:
    """Run and print; exit 1 when something acknowledged was lost or doubled."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=15)
    options.add_argument("--rate", type=float, default=50, help="requests a second")
    options.add_argument("--every", type=float, default=30, help="seconds between faults")
    given = options.parse_args()
    with hospital() as stack:
        figures = asyncio.run(run(stack, minutes=given.minutes, rate=given.rate, every=given.every))
    print(json.dumps(figures, indent=1))
    return 1 if figures["lost"] or figures["doubled"] else 0


if __name__ == "__main__":
    sys.exit(main())
