"""`python -m bench.serving`: a thousand users at a hospital with a million registrations.

Belongs here: the promises about serving, measured. Does not belong here: the hospital (`ground`), the users (`crowd`).
Server, PostgreSQL, Valkey and crowd share the machine's cores. Everything stays on the loopback interface and ends by
itself.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import redis
from sqlalchemy import Engine, event, text

from app_api.appointments import repository as appointments
from app_api.queue import matching_repository as matching
from app_api.queue import repository as queues
from app_api.records import repository as records
from app_api.records.repository import CARE_TASK
from bench.ground import hospital, sessions
from bench.table import BenchRow, show
from core import clock
from core.db.engine import async_engine
from core.embedded import ports, process
from core.embedded.home import room_of
from core.ids import new_uuid
from core.settings import Settings, child_environment
from core.vocabulary import Role
from serving.analytics.repository import LAST_DAY

_ROOT = Path(__file__).resolve().parents[1]
#: Tables of which a hospital has many rows: reading one whole for a question is a fault.
BIG = ("registration", "audit_event", "queue_entry", "appointment", "record", "forecast_promise", "receipt")
PAGES = ["/api/analytics/doctor/", "/api/analytics/realtime/", "/api/analytics/", "/api/analytics/realtime/"]


def asked(act: str, settings: Settings, tokens: list[str], **wish: Any) -> dict[str, Any]:
    """Run the crowd in a process of its own; return what it saw."""
    wish |= {"act": act, "host": settings.bind_host, "port": settings.api_port, "tokens": tokens}
    done = subprocess.run(
        [sys.executable, "-m", "bench.crowd"], input=json.dumps(wish), capture_output=True, text=True, check=False,
        cwd=_ROOT,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout)


def metric(settings: Settings, name: str, **labels: str) -> float:
    """Return the sum of a metric's samples with these labels."""
    lines = httpx.get(f"{settings.api_address}/metrics", trust_env=False, timeout=10).text.splitlines()
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    fitting = (one for one in lines if re.match(rf"{name}[{{ ]", one) and all(part in one for part in wanted))
    return sum(float(one.rsplit(" ", 1)[1]) for one in fitting)


def api_pid(settings: Settings) -> int:
    """Return the process of the API that `hospital` started."""
    child = process.recall("api", room_of(settings))
    assert child is not None, "the API was started"
    return child.pid


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its children so far."""
    parent = psutil.Process(pid)
    times = [one.cpu_times() for one in (parent, *parent.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def crowd_rows(settings: Settings, engine: Engine, *, users: int, seconds: float, every: float) -> list[BenchRow]:
    """A live socket and a page each few seconds for every user."""
    tokens = sessions(engine, users)
    levels = ("process", "valkey", "database")
    before = {level: metric(settings, "medisync_analytics_cache_total", level=level) for level in levels}
    seen = asked("crowd", settings, tokens, pages=PAGES, seconds=seconds, every=every, registrations=10)
    served = {
        level: metric(settings, "medisync_analytics_cache_total", level=level) - before[level] for level in levels
    }
    times, late = np.array(seen["seconds"]) * 1e3, np.array(seen["late"]) * 1e3
    faults = sum(count for status, count in seen["statuses"].items() if status not in ("200", "304", "post 201"))
    hits = 1 - served["database"] / max(sum(served.values()), 1)
    if faults:
        print(f"not 200: {seen['statuses']}", flush=True)
    of = f"{users:,} users, one request each {every:g} s"
    return [
        BenchRow(f"dashboard pages, {of}: p50", "", float(np.quantile(times, 0.5)), "ms"),
        BenchRow(f"dashboard pages, {of}: p99 from the moment due", "< 100 ms", float(np.quantile(times, 0.99)), "ms"),
        BenchRow("of that, how late the crowd itself was: p99", "", float(np.quantile(late, 0.99)), "ms"),
        BenchRow(f"answers that were not 200, of {len(times):,}", "0", faults, ""),
        BenchRow("pages from a cache", "> 95 %", 100 * hits, "%"),
        BenchRow(f"a registration on all {min(seen['hearers']):,} screens, from its sending: worst of "
                 f"{len(seen['on_screen'])}", "< 1000 ms", 1e3 * max(seen["on_screen"]), "ms"),
        BenchRow(f"one event to {min(seen['hearers']):,} sockets, first to last: median", "< 100 ms",
                 1e3 * float(np.median(seen["broadcast"])), "ms"),
    ]  # fmt: skip


async def plans(settings: Settings) -> list[tuple[str, float, set[str]]]:
    """Run the repositories' own hot queries and explain each with its values.

    Returns
    -------
    list of (name, milliseconds in PostgreSQL, big tables that were read whole)
    """
    engine = async_engine(settings.async_database_dsn, pool_size=1)
    now, someone, found = clock.now(), new_uuid(), []
    async with engine.connect() as connection:
        some = await connection.execute(text("SELECT patient_id FROM registration LIMIT 1 OFFSET 5000"))
        patient = some.scalar_one()
        window = {"provider_id": someone, "room_ids": set(), "start": now, "end": now + timedelta(days=5), "now": now}
        newest = text("SELECT * FROM registration ORDER BY registration_seq DESC LIMIT 51")
        asks: dict[str, Callable[[], Awaitable[Any]]] = {
            "a patient's visits": lambda: records.visits(connection, patient, offset=0, limit=50),
            "a patient's history": lambda: records.records(connection, patient, offset=0, limit=50),
            "a patient's tasks": lambda: records.rows_of(connection, CARE_TASK, patient, offset=0, limit=50),
            "who waits, in order": lambda: queues.open_entries(connection, someone),
            "next in line": lambda: queues.first_waiting(connection, someone, matching.may_be_called_by(someone)),
            "the calls of four hours": lambda: queues.recent_calls(connection, someone, now=now),
            "appointments in the way": lambda: appointments.taken(connection, **window),
            "the newest registrations": lambda: connection.execute(newest),
            "the board of 24 hours": lambda: connection.execute(
                LAST_DAY, {"since": now - timedelta(hours=24), "until": now}
            ),
        }
        for name, ask in asks.items():
            with statements(engine.sync_engine) as caught:
                await ask()
            for statement, values in caught:
                told = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
                (plan,) = as_list(told.scalar_one())
                found.append((name, plan["Execution Time"], read_whole(plan["Plan"])))
    await engine.dispose()
    return found


def as_list(plan: Any) -> list[dict[str, Any]]:
    """Return a plan whether the driver has read the JSON or not."""
    return json.loads(plan) if isinstance(plan, str) else plan


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """Collect the SELECT statements that are sent meanwhile, with their values."""
    found: list[tuple[str, tuple[Any, ...]]] = []

    def note(_c: Any, _k: Any, statement: str, values: Any, _x: Any, _many: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            found.append((statement, tuple(values)))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def read_whole(plan: dict[str, Any]) -> set[str]:
    """Return the big tables that a plan reads from one end to the other."""
    here = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return (here & set(BIG)).union(*(read_whole(part) for part in plan.get("Plans", [])))


def plan_rows(settings: Settings) -> list[BenchRow]:
    """Indexed queries: the slowest, and whether any reads a big table whole."""
    found = asyncio.run(plans(settings))
    whole = {f"{name}: {table}" for name, _, tables in found for table in tables}
    if whole:
        raise SystemExit(f"read whole: {', '.join(sorted(whole))}")
    name, slowest, _ = max(found, key=lambda one: one[1])
    return [
        BenchRow(f"{len(found)} hot queries on the big tables: sequential scans", "0", len(whole), ""),
        BenchRow(f"the slowest of them in PostgreSQL ({name})", "< 10 ms", slowest, "ms"),
    ]


@contextmanager
def plain_server(settings: Settings, page: bytes) -> Iterator[tuple[Settings, int]]:
    """The plain way with one worker, at a port of its own; yields settings with that port, and its process."""
    redis.Redis.from_url(settings.redis_dsn).set("plain:page", page)
    other = settings.model_copy(update={"api_port": ports.find_free()})
    command = [sys.executable, "-m", "uvicorn", "bench.plain_api:app", "--port", str(other.api_port), "--no-access-log",
               "--log-level", "warning"]  # fmt: skip
    server = subprocess.Popen(command, cwd=_ROOT, env=child_environment({"PLAIN_REDIS_URL": settings.redis_dsn}))
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://{other.bind_host}:{other.api_port}/page", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield other, server.pid
    finally:
        server.terminate()
        server.wait(20)


def throughput_rows(settings: Settings, engine: Engine, *, seconds: float) -> list[BenchRow]:
    """Answers that a second of the server's CPU gives, beside the plain way with the same page."""
    tokens = sessions(engine, 8, Role.NURSE)
    path = "/api/analytics/nurse/"
    headers = {"Cookie": f"__Host-session={tokens[0]}"}
    page = httpx.get(f"{settings.api_address}{path}", headers=headers, trust_env=False, timeout=10).content
    ours = _per_cpu_second(settings, api_pid(settings), tokens, path, seconds)
    with plain_server(settings, page) as (other, pid):
        parsed, kept = (_per_cpu_second(other, pid, tokens, way, seconds) for way in ("/page", "/memory"))
    what = f"cached page of {len(page) // 1024} kB, answers for a second of server CPU"
    return [
        BenchRow(f"{what} (naive: JSON of Valkey parsed, dict by jsonable_encoder)", ">= 20 x", ours, "", parsed),
        BenchRow(f"{what} (naive: dict kept in memory, by jsonable_encoder)", ">= 20 x", ours, "", kept),
    ]


def _per_cpu_second(settings: Settings, pid: int, tokens: list[str], path: str, seconds: float) -> float:
    asked("press", settings, tokens, pages=[path], seconds=0.5)
    before = cpu_seconds(pid)
    answers = asked("press", settings, tokens, pages=[path], seconds=seconds)["answers"]
    return answers / max(cpu_seconds(pid) - before, 0.01)


def report_rows(settings: Settings, engine: Engine) -> list[BenchRow]:
    """Reports as PDF, and an export as CSV, warm."""
    (token,) = sessions(engine, 1, Role.ADMIN)
    rows = []
    with httpx.Client(
        base_url=settings.api_address, trust_env=False, timeout=60, cookies={"__Host-session": token},
        headers={"sec-fetch-site": "same-origin"},
    ) as client:  # fmt: skip

        def pdf() -> None:
            answer = client.post("/api/analytics/pdf/", json={"role": "admin"})
            assert answer.content.startswith(b"%PDF"), answer.text

        def csv() -> None:
            assert client.get("/api/analytics/export/?format=csv&section=demographics").status_code == 200

        for name, act, target in (("a report as PDF", pdf, "< 100 ms"), ("an export as CSV", csv, "")):
            act()
            times = []
            for _ in range(9):
                begun = time.perf_counter()
                act()
                times.append(time.perf_counter() - begun)
            rows.append(BenchRow(f"{name}, warm, median", target, 1e3 * float(np.median(times)), "ms"))
    return rows


def main() -> int:
    """Measure and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--users", type=int, default=1000)
    options.add_argument("--seconds", type=float, default=30)
    options.add_argument("--every", type=float, default=4, help="seconds between two requests of a user")
    options.add_argument("--patients", type=int, default=200_000, help="with 10 years, five registrations each")
    given = options.parse_args()
    with hospital(patients=given.patients, years=10) as (settings, engine):
        with engine.connect() as connection:
            count = connection.execute(text("SELECT count(*) FROM registration")).scalar_one()
        print(f"{count:,} registrations", flush=True)
        rows = crowd_rows(settings, engine, users=given.users, seconds=given.seconds, every=given.every)
        rows += plan_rows(settings)
        rows += throughput_rows(settings, engine, seconds=4)
        rows += report_rows(settings, engine)
    show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
