"""The embedded Valkey: what it acknowledged is there after a kill, and its password is nowhere to be seen."""

import os
import shutil
import signal
import stat
import tempfile
from pathlib import Path

import psutil
import pytest
import redis

from core.embedded import ports, process, service, valkey
from core.embedded.home import make_home, room_of
from core.errors import RefusedError
from core.settings import Settings


@pytest.fixture
def settings():
    home = Path(tempfile.mkdtemp(prefix="medisync-valkey-"))
    settings = Settings(home=home, valkey_port=ports.find_free(), redis_url=None)
    make_home(settings)
    yield settings
    service.stop(valkey.service(settings), room_of(settings))
    shutil.rmtree(home)


def test_every_acknowledged_write_is_there_after_kill_9(settings):
    server, room = valkey.service(settings), room_of(settings)
    service.start(server, room)
    acknowledged = 0
    with redis.Redis.from_url(settings.redis_dsn) as client:
        for number in range(2_000):
            client.rpush("rows", number)
            acknowledged += 1
        child = service.running(server, room)
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
    service.start(server, room)
    with redis.Redis.from_url(settings.redis_dsn) as client:
        assert client.llen("rows") == acknowledged


def test_the_password_is_in_no_argument_and_in_no_file_of_others(settings):
    server, room = valkey.service(settings), room_of(settings)
    service.start(server, room)
    child = service.running(server, room)
    assert child is not None
    assert settings.secrets["valkey_password"] not in " ".join(psutil.Process(child.pid).cmdline())
    assert stat.S_IMODE((settings.root / "valkey" / "valkey.conf").stat().st_mode) == 0o600
    with pytest.raises(redis.AuthenticationError), redis.Redis(port=settings.valkey_port) as anonymous:
        anonymous.ping()


def test_a_second_start_leaves_the_first_alone_and_a_stop_leaves_nothing(settings):
    server, room = valkey.service(settings), room_of(settings)
    service.start(server, room)
    child = service.running(server, room)
    service.start(server, room)
    assert service.running(server, room) == child
    assert child is not None
    service.stop(server, room)
    assert not process.is_alive(child)
    assert ports.is_free(settings.valkey_port)


def test_somebody_elses_server_is_checked_and_never_stopped(settings):
    server, room = valkey.service(settings), room_of(settings)
    service.start(server, room)
    theirs = valkey.service(settings.model_copy(update={"redis_url": settings.redis_dsn}))
    service.start(theirs, room)
    assert settings.secrets["valkey_password"] not in theirs.address
    assert not service.stop(theirs, room)
    assert service.running(server, room) is not None
    wrong = valkey.service(settings.model_copy(update={"redis_url": f"redis://:no@127.0.0.1:{settings.valkey_port}/0"}))
    with pytest.raises(RefusedError):
        service.start(wrong, room)
