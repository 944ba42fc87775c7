"""A thousand people at once, each with a session, a live socket and a connection of their own. How fast: `bench`."""

import resource
import shutil
from contextlib import contextmanager

import published
import pytest

from bench.ground import sessions
from bench.serving import PAGES, asked
from core.embedded import api, ports, service
from core.embedded.home import make_home, room_of

pytestmark = pytest.mark.slow
USERS, REGISTRATIONS = 1_000, 5


@contextmanager
def open_files(count: int):
    """Children that start meanwhile may open so many files, and may raise that themselves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def one_worker(app_settings, pg_engine, tmp_path):
    """The settings of a single worker that was started with the open files of a usual shell."""
    published.publish(pg_engine, published.everything())
    settings = app_settings.model_copy(update={"home": tmp_path, "api_port": ports.find_free(), "api_workers": 1})
    make_home(settings)
    shutil.copy(app_settings.root / "secrets.json", settings.root / "secrets.json")
    web = api.service(settings)
    with open_files(1024):
        service.start(web, room_of(settings), timeout=120)
    yield settings
    service.stop(web, room_of(settings))


def test_a_thousand_people_at_once_all_hear_each_registration_and_no_answer_fails(one_worker, pg_engine):
    tokens = sessions(pg_engine, USERS)
    # A page each ten seconds: this is about a thousand people, not about speed, and another file is tested beside it.
    seen = asked("crowd", one_worker, tokens, pages=PAGES, seconds=20, every=10, registrations=REGISTRATIONS)
    assert seen["statuses"].pop("post 201") == REGISTRATIONS
    assert set(seen["statuses"]) <= {"200", "304"}, seen["statuses"]
    assert sum(seen["statuses"].values()) >= 2 * USERS
    assert seen["hearers"] == [USERS] * REGISTRATIONS
