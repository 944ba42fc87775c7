"""Children: known again by pid and birth, ended with everything they left."""

import json
import signal
import stat
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.embedded import process
from core.embedded.process import Command, Room

_SLEEP = "import time; time.sleep(300)"
_STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(300)"
)
#: Leaves a grandchild in a session of its own, as a daemon would, and ends.
_PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_SLEEP!r}], start_new_session=True)"


@pytest.fixture
def room(tmp_path: Path):
    room = Room(tmp_path / "run", tmp_path / "logs")
    yield room
    for name in ("one", "two"):
        process.sweep(name, room, grace_seconds=0.2)


def _python(code: str) -> Command:
    return Command([sys.executable, "-c", code], {"PATH": "/usr/bin:/bin"}, cwd=Path("/"))


def _wait_until(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_child_is_known_again_from_its_pid_file(room):
    child = process.spawn("one", _python(_SLEEP), room)
    assert process.recall("one", room) == child
    assert process.recall("two", room) is None


def test_a_stranger_with_our_pid_is_not_ours(room):
    child = process.spawn("one", _python(_SLEEP), room)
    pid_file = json.loads(room.pid_file("one").read_text())
    room.pid_file("one").write_text(json.dumps(pid_file | {"born": child.born - 60}))
    assert process.recall("one", room) is None
    assert not process.is_alive(replace(child, born=child.born - 60))


def test_a_spoiled_pid_file_counts_as_none(room):
    room.run_dir.mkdir()
    for text in ("", "{", "[]", '{"pid": 1}'):
        room.pid_file("one").write_text(text)
        assert process.recall("one", room) is None


def test_a_child_that_ended_is_dead_at_once_and_leaves_no_zombie(room):
    child = process.spawn("one", _python(""), room)
    _wait_until(lambda: not process.is_alive(child))
    assert not psutil.pid_exists(child.pid)


def test_what_a_child_prints_is_for_the_owner_only_and_kept_from_start_to_start(room):
    for word in ("first", "second"):
        child = process.spawn("one", _python(f"print({word!r})"), room)
        _wait_until(lambda child=child: not process.is_alive(child))
    assert process.log_tail("one", room) == "first\nsecond"
    assert stat.S_IMODE(room.log_file("one").stat().st_mode) == 0o600


def test_a_deaf_child_is_killed_after_its_grace(room):
    child = process.spawn("one", _python(_STUBBORN), room)
    _wait_until(lambda: process.log_tail("one", room) == "deaf")
    assert not process.terminate(child, stop_signal=signal.SIGTERM, grace_seconds=0.3)
    assert not process.is_alive(child)


def test_a_grandchild_that_ran_away_is_swept_up_and_a_neighbour_is_not(room):
    neighbour = process.spawn("two", _python(_SLEEP), room)
    child = process.spawn("one", _python(_PARENT), room)
    _wait_until(lambda: not process.is_alive(child))
    assert process.sweep("one", room) == 1
    assert process.sweep("one", room) == 0
    assert process.is_alive(neighbour)
