"""The home: who may look in, and one launcher at a time."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.embedded import home
from core.errors import ConflictError
from core.settings import Settings

_HOLDER = """
import sys, time
from pathlib import Path
from core.embedded import home
from core.settings import Settings
with home.launcher_lock(Settings(home=Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(300)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home", api_port=15499)
    home.make_home(settings)
    return settings


def test_nobody_else_may_list_a_home_or_read_what_is_in_it(settings):
    assert stat.S_IMODE(settings.root.stat().st_mode) & 0o066 == 0
    for path in settings.root.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_launcher_is_refused_by_pid_and_address_and_a_killed_one_lets_go(settings):
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(settings.root)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert home.launcher(settings) == holder.pid
        with pytest.raises(ConflictError) as caught, home.launcher_lock(settings):
            pytest.fail("two launchers in one home")
        assert str(holder.pid) in caught.value.message
        assert settings.api_address in caught.value.message
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    assert home.launcher(settings) is None
    with home.launcher_lock(settings):
        assert home.launcher(settings) == os.getpid()
    assert home.launcher(settings) is None
