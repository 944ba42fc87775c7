"""The intake job on Dagster's Celery executor: two real workers over Valkey, one killed while it works on a step."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import redis
from kombu import Connection, Exchange, Queue
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from assets.intake import import_file
from assets.partitions import range_tags
from assets.storage import Warehouse
from core import clock
from core.db import deid
from core.db.engine import sync_engine
from core.embedded import dagster, environment, postgres, process
from core.embedded.home import make_home, room_of
from core.ids import new_id
from core.settings import Settings
from medisync.synth import write
from ml.synthetic import generate_hospital
from orchestration.celery_leases import renew
from orchestration.celery_settings import celery_config, executor
from orchestration.resources import build_resources
from orchestration.staleness import LAYERS

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(900)]

_TOOK = """
SELECT substring(event FROM 'step-[0-9a-f]{8}') AS worker, step_key FROM event_logs
WHERE event LIKE '%in celery worker%' ORDER BY id"""


@dataclass(frozen=True)
class Fleet:
    """A home whose steps go to Celery workers."""

    settings: Settings
    months: list[str]
    storage: Engine

    def start_worker(self, name: str) -> process.Child:
        return process.spawn(name, dagster.worker(self.settings), room_of(self.settings))

    def took(self) -> list[tuple[str, str]]:
        """Which worker took which step, in order, from Dagster's event log."""
        with self.storage.connect() as connection:
            if connection.scalar(text("SELECT to_regclass('event_logs')")) is None:
                return []
            return [(row.worker, row.step_key) for row in connection.execute(text(_TOOK))]


@pytest.fixture(scope="module")
def fleet(fresh_database, server_settings, valkey_url) -> Iterator[Fleet]:
    home = Path(tempfile.mkdtemp(prefix="medisync-fleet-"))
    address = make_url(fresh_database())
    storage = address.set(database="d" + new_id("db").lower().replace("-", "x")).render_as_string(hide_password=False)
    settings = Settings(
        home=home,
        database_url=address.render_as_string(hide_password=False),
        dagster_database_url=storage,
        redis_url=valkey_url,
        executor="celery",
        worker_lease_seconds=10,
    )
    make_home(settings)
    dagster.write_home(settings)
    postgres.create_databases((storage,))
    engine = sync_engine(settings.database_dsn)
    # The pipeline's role is one for the whole server: whoever came last sets its password, so it is set back below.
    deid.bring_up(engine, settings.secrets["pipeline_password"])
    made = generate_hospital(patients=400, years=3, seed=5, end=clock.today())
    write(made, home / "hospital")
    import_file(home / "hospital" / "registrations.parquet", settings=settings)
    months = build_resources(settings)["sources"].months()
    storage_engine = sync_engine(storage)
    yield Fleet(settings, months, storage_engine)
    storage_engine.dispose()
    deid.apply(engine, server_settings.secrets["pipeline_password"])
    engine.dispose()
    for name in ("worker-a", "worker-b"):
        process.sweep(name, room_of(settings))
    shutil.rmtree(home)


def _worker_process(name: str) -> psutil.Process:
    """The oldest process that carries a worker's name: the parent of its pool."""
    found = [one for one in psutil.process_iter() if any(name in word for word in _words(one))]
    return min(found, key=lambda one: one.create_time())


def _words(one: psutil.Process) -> list[str]:
    try:
        return one.cmdline()
    except psutil.Error:
        return []


def test_a_run_completes_although_one_of_its_two_workers_is_killed_in_the_middle_of_a_step(fleet):
    room = room_of(fleet.settings)
    for name in ("worker-a", "worker-b"):
        fleet.start_worker(name)
    tags = range_tags(fleet.months[-6], fleet.months[-1])
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "dagster",
            "job",
            "execute",
            "-m",
            "orchestration.definitions",
            "-j",
            "intake",
            "--tags",
            json.dumps(tags),
        ],
        env=environment.of_pipeline(fleet.settings, {}),
        cwd=fleet.settings.dagster_home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    victim = None
    deadline = time.monotonic() + 300
    while victim is None and time.monotonic() < deadline and run.poll() is None:
        if taken := fleet.took():
            victim, step = taken[0]
        time.sleep(0.05)
    assert victim is not None, run.communicate()[0] + process.log_tail("worker-a", room)
    doomed = _worker_process(victim)
    family = [doomed, *doomed.children(recursive=True)]
    for one in family:
        os.kill(one.pid, signal.SIGKILL)
    said, _ = run.communicate(timeout=400)
    assert run.returncode == 0, said[-3000:] + process.log_tail("worker-b", room)

    by_step: dict[str, set[str]] = {}
    for worker, key in fleet.took():
        by_step.setdefault(key, set()).add(worker)
    assert len(by_step[step]) == 2, "the dead worker's step was taken by the other one"
    assert victim in by_step[step]
    warehouse = Warehouse(base=str(fleet.settings.warehouse))
    for layer in LAYERS:
        assert warehouse.months(layer) == fleet.months[-6:], layer


def test_one_setting_decides_and_the_password_stands_in_no_configuration(fleet):
    assert executor(fleet.settings.model_copy(update={"executor": "in_process"})).name == "in_process"
    assert executor(fleet.settings).name == "celery"
    password = make_url(fleet.settings.redis_dsn).password
    assert password not in repr(celery_config(fleet.settings))
    assert celery_config(fleet.settings)["broker_transport_options"] == {"visibility_timeout": 10}


def test_a_living_worker_keeps_a_long_step_and_lets_go_of_a_finished_one(valkey_url):
    """The renewal against kombu's own table of unacknowledged messages, in a real Valkey."""
    with Connection(valkey_url, transport_options={"visibility_timeout": 5}) as connection:
        channel = connection.channel()
        name = new_id("lease")
        queue = Queue(name, Exchange(name), routing_key=name)(channel)
        queue.declare()
        connection.Producer(channel).publish({"step": 1}, exchange=queue.exchange, routing_key=name)
        message = queue.get(no_ack=False)
        assert message is not None
        with redis.Redis.from_url(valkey_url) as client:
            client.zadd(channel.unacked_index_key, {message.delivery_tag: 1.0})
            assert renew(channel) == 1
            assert client.zscore(channel.unacked_index_key, message.delivery_tag) > 1_000_000_000
            message.ack()
            assert renew(channel) == 0
            assert client.zscore(channel.unacked_index_key, message.delivery_tag) is None
