"""Two workers as they are started: metrics of both together; a rolling restart and a killed parent no client sees."""

import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psutil
import pytest

from core.embedded import api, ports, process, service
from core.embedded.home import make_home, room_of
from core.embedded.process import Child

pytestmark = pytest.mark.slow
CLIENTS = 6


@pytest.fixture(scope="module")
def pair(app_settings, tmp_path_factory):
    """The settings of two workers that run."""
    home = tmp_path_factory.mktemp("pair")
    settings = app_settings.model_copy(update={"home": home, "api_port": ports.find_free(), "api_workers": 2})
    make_home(settings)
    shutil.copy(app_settings.root / "secrets.json", settings.root / "secrets.json")
    server = api.service(settings)
    service.start(server, room_of(settings), timeout=120)
    yield settings
    service.stop(server, room_of(settings))


def _child(settings) -> Child:
    child = process.recall("api", room_of(settings))
    assert child is not None
    return child


def _metric(settings, name: str) -> float:
    """Return the sum of a metric's samples, as any worker says it."""
    text = httpx.get(f"{settings.api_address}/metrics", trust_env=False, timeout=10).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}(\{{| )", line))


def _wait_for(measure, wanted, seconds=60.0):
    deadline = time.monotonic() + seconds
    while (found := measure()) != wanted and time.monotonic() < deadline:
        time.sleep(0.25)
    assert found == wanted


def test_metrics_are_those_of_all_workers_together(pair):
    _wait_for(lambda: _metric(pair, "medisync_workers"), 2)
    before = _metric(pair, "medisync_http_requests_total")
    for _ in range(40):
        # A connection each, so that both workers get some.
        assert httpx.get(f"{pair.api_address}/livez", trust_env=False, timeout=10).status_code == 200
    # The reading of metrics counts itself only after it was answered: the first of the two readings is in.
    assert _metric(pair, "medisync_http_requests_total") - before == 41


def test_a_killed_worker_leaves_the_sums_and_is_replaced(pair):
    victim = psutil.Process(_child(pair).pid).children()
    workers = [one for one in victim if "resource_tracker" not in " ".join(one.cmdline())]
    os.kill(workers[-1].pid, signal.SIGKILL)
    time.sleep(0.5)
    _wait_for(lambda: _metric(pair, "medisync_workers"), 2)


@contextmanager
def _load(pair) -> Iterator[tuple[list[int], list[str]]]:
    """Clients that ask without end while the block runs; statuses and failures.

    They try a GET twice, as the shipped proxy and browsers do: an idle connection may be closed under them.
    """
    stopped, answered, failed = threading.Event(), [], []

    def ask() -> None:
        client = httpx.Client(base_url=pair.api_address, trust_env=False, timeout=15)
        while not stopped.is_set():
            for trial in (1, 2):
                try:
                    answered.append(client.get("/livez").status_code)
                    break
                except httpx.TransportError as error:
                    if trial == 2:
                        failed.append(type(error).__name__)
            time.sleep(0.005)
        client.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(CLIENTS):
            pool.submit(ask)
        try:
            time.sleep(1)
            yield answered, failed
            time.sleep(1)
        finally:
            stopped.set()


def test_a_rolling_restart_fails_no_request_that_is_tried_once_more(pair):
    master = psutil.Process(_child(pair).pid)
    before = {one.pid for one in master.children()}
    with _load(pair) as (answered, failed):
        os.kill(master.pid, signal.SIGHUP)
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            now = {one.pid for one in master.children()}
            if len(now - before) >= 2 and _metric(pair, "medisync_workers") == 2:
                break
            time.sleep(0.5)
    assert len({one.pid for one in master.children()} - before) >= 2, "both workers are new"
    assert failed == []
    assert set(answered) == {200}
    assert len(answered) > 100


def test_workers_whose_parent_was_killed_answer_until_their_successors_do(pair):
    first = _child(pair)
    orphans = psutil.Process(first.pid).children()
    with _load(pair) as (answered, failed):
        os.kill(first.pid, signal.SIGKILL)
        time.sleep(0.5)
        before = len(answered)
        service.start(api.service(pair), room_of(pair), timeout=120)
    assert _child(pair).pid != first.pid
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in orphans)
    assert failed == []
    assert set(answered) == {200}
    assert len(answered) > before + 100
