"""`POST /api/risk/assess` over HTTP, at 50 clients: answers' times from the moment due, and the server's CPU time.

Belongs here: the promises about assessing over HTTP, measured. Does not belong here: the models' own speed (`risk`),
the clients (`crowd`, a process of its own, so that it takes none of its time).

The load is open: each of 50 clients sends by its own clock, `RATE` assessments a second together, and an answer's time
counts from the moment its request was due. Without a pause between answers 50 clients would measure their own queue:
p99 is then 50 times the time of one answer whatever the server does; that saturation is told in a line of its own.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import orjson
from sqlalchemy import Engine, RowMapping, insert, select

from bench.ground import hospital, sessions
from bench.serving import api_pid, asked, cpu_seconds
from bench.table import BenchRow
from core import clock, sealing
from core.db.tables import ChampionEvent, ModelRelease, Registration
from core.settings import Settings
from serving.risk.schemas import PatientFeatures

CLIENTS = 50
RATE = 100
SECONDS = 20.0
WARM_SECONDS = 5.0
_PATH = "/api/risk/assess"
_BODIES = 1000
_FEATURES = [name for name in PatientFeatures.model_fields if not name.startswith(("prior_", "days_"))]


def rows(payload: bytes, *, seconds: float = SECONDS) -> list[BenchRow]:
    """Measure a release behind the API with as many workers as `medisync up` starts here.

    Parameters
    ----------
    payload : bytes
        A packed release.
    seconds : float
        Of each measurement, after `WARM_SECONDS` that do not count.
    """
    with hospital(patients=2000, years=2, furnish=partial(put_champion, payload=payload)) as (settings, engine):
        tokens = sessions(engine, CLIENTS)
        with engine.connect() as connection:
            known = connection.execute(select(*Registration.__table__.columns).limit(_BODIES)).mappings().all()
        plain, named = bodies(known), bodies(known, has_registration=True)
        return [
            *steady_rows(settings, tokens, plain, "an assessment", seconds),
            *steady_rows(settings, tokens, named, "an assessment that names its registration", seconds),
            *pressed_rows(settings, tokens, plain, seconds / 2),
        ]


def put_champion(settings: Settings, engine: Engine, *, payload: bytes) -> None:
    """Put a release on the shelf and make it champion, as the pipeline and an administrator do."""
    now = clock.now()
    release = {
        "version": 1, "mlflow_run_id": "bench", "dagster_run_id": "bench", "verdict": "PROMOTE", "reasons": [],
        "metrics": {}, "payload": payload, "payload_sha256": hashlib.sha256(payload).hexdigest(),
        "signature": sealing.sign(payload, seed_hex=settings.secrets["release_signing_key"]), "released_at": now,
    }  # fmt: skip
    move = {"version": 1, "kind": "bootstrap", "actor": "bench", "reason": "to be measured", "moved_at": now}
    with engine.begin() as connection:
        connection.execute(insert(ModelRelease).values(**release))
        connection.execute(insert(ChampionEvent).values(**move))


def bodies(known: Sequence[RowMapping], *, has_registration: bool = False) -> list[str]:
    """Return a question for each registration, with what stands on it."""
    names = [*_FEATURES, "registration_id"] if has_registration else _FEATURES
    return [orjson.dumps({name: row[name] for name in names if row[name] is not None}).decode() for row in known]


def steady_rows(
    settings: Settings, tokens: list[str], questions: list[str], what: str, seconds: float
) -> Iterator[BenchRow]:
    """50 clients by the clock."""
    pid = api_pid(settings)
    before = cpu_seconds(pid)
    seen = asked("steady", settings, tokens, path=_PATH, bodies=questions, every=CLIENTS / RATE, warm=WARM_SECONDS,
                 seconds=seconds)  # fmt: skip
    times, late = np.array(seen["seconds"]) * 1e3, np.array(seen["late"]) * 1e3
    # The warm-up's answers took CPU time as well.
    answers = len(times) * (1 + WARM_SECONDS / seconds)
    of = f"{what} over HTTP, {CLIENTS} clients, {RATE} a second together"
    yield BenchRow(f"{of}: p50", "", float(np.quantile(times, 0.5)), "ms")
    yield BenchRow(f"{of}: p99 from the moment due", "< 10 ms", float(np.quantile(times, 0.99)), "ms")
    yield BenchRow("of that, how late the clients themselves were: p99", "", float(np.quantile(late, 0.99)), "ms")
    faults = len(times) - seen["statuses"].get("200", 0)
    yield BenchRow(f"answers that were not 200, of {len(times):,}", "0", faults, "")
    yield BenchRow("server CPU an answer", "< 1.5 ms", 1e3 * (cpu_seconds(pid) - before) / answers, "ms")


def pressed_rows(settings: Settings, tokens: list[str], questions: list[str], seconds: float) -> Iterator[BenchRow]:
    """The same clients without any pause: what the machine gives at most."""
    seen = asked("press", settings, tokens, pages=[_PATH], bodies=questions, seconds=seconds)
    of = f"{CLIENTS} clients without a pause (saturation)"
    yield BenchRow(f"assessments a second, {of}", "", seen["answers"] / seconds, "")
    yield BenchRow(f"p99, {of}", "", 1e3 * float(np.quantile(seen["seconds"], 0.99)), "ms")
