"""The watch: a server that died comes back, one that keeps dying is tried less and less often."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.embedded import ports, process, service
from core.embedded.process import Command
from core.embedded.service import Service
from core.embedded.supervisor import Stack
from core.embedded.watch import Watch
from core.errors import UnavailableError
from core.settings import Settings

_SERVER = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(300)"


def _service(port: int, code: str = _SERVER) -> Service:
    return Service(
        name="one",
        label="One",
        address=f"127.0.0.1:{port}",
        port=port,
        port_variable="MEDISYNC_ONE_PORT",
        command=lambda: Command([sys.executable, "-c", code, str(port)], {"PATH": "/usr/bin:/bin"}, cwd=Path("/")),
        probe=lambda: "nobody listens" if ports.is_free(port) else None,
    )


@pytest.fixture
def stack(tmp_path: Path):
    stack = Stack(Settings(home=tmp_path), (_service(ports.find_free()),))
    yield stack
    stack.stop(told=lambda service, had_run: None)


def _look_until(watch: Watch, condition, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        watch.look(threading.Event())
        time.sleep(0.05)


def test_a_killed_server_is_brought_back_and_both_are_said(stack):
    said: list[str] = []
    watch = Watch(stack, lambda service, sentence: said.append(sentence))
    service.start(stack.services[0], stack.room)
    first = stack.alive()["one"]
    watch.look(threading.Event())
    assert said == []
    os.kill(first.pid, signal.SIGKILL)
    _look_until(watch, lambda: len(said) == 2)
    assert said[0] == "ended unexpectedly; starting it again at once"
    assert said[1].startswith("is back after")
    assert stack.alive()["one"].pid != first.pid


def test_a_server_that_keeps_dying_is_tried_again_after_longer_and_longer_pauses(tmp_path):
    stack = Stack(Settings(home=tmp_path), (_service(ports.find_free(), "raise SystemExit('no such table')"),))
    said: list[str] = []
    watch = Watch(stack, lambda service, sentence: said.append(sentence))
    _look_until(watch, lambda: len(said) >= 5)
    assert [text for text in said if "again" in text] == [
        f"ended unexpectedly; starting it again {when}" for when in ("at once", "in 1 s", "in 2 s")
    ]
    assert "no such table" in said[1]


def test_a_start_that_ends_by_itself_shows_the_end_of_the_log(tmp_path):
    broken = _service(ports.find_free(), "raise SystemExit('no such table')")
    with pytest.raises(UnavailableError, match="no such table"):
        service.start(broken, Stack(Settings(home=tmp_path), (broken,)).room)


def test_a_start_can_be_cut_short(stack):
    silent = _service(ports.find_free(), "import time; time.sleep(300)")
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(UnavailableError) as caught:
        service.start(silent, stack.room, cancelled=cancelled)
    assert caught.value.code == "cancelled"


def test_stop_ends_the_server_and_forgets_it(stack):
    service.start(stack.services[0], stack.room)
    child = stack.alive()["one"]
    assert service.stop(stack.services[0], stack.room)
    assert not process.is_alive(child)
    assert not stack.room.pid_file("one").exists()
    assert not service.stop(stack.services[0], stack.room)


def test_one_that_dies_while_others_answer_for_it_is_started_again(tmp_path):
    own = _service(ports.find_free())
    stack = Stack(Settings(home=tmp_path), (own,))
    service.start(own, stack.room)
    first = stack.alive()["one"]

    def answered_by_what_it_left_behind() -> None:
        if (child := service.running(own, stack.room)) == first:
            os.kill(child.pid, signal.SIGKILL)
            while process.is_alive(child):
                time.sleep(0.01)

    service.start(replace(own, probe=answered_by_what_it_left_behind), stack.room)
    assert stack.alive()["one"].pid != first.pid
    stack.stop(told=lambda service, had_run: None)
