"""A real browser on the real application.

Belongs here: fixtures of the dashboard's tests. Does not belong here: the hospital behind it (`stage`).
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from core.embedded import ports
from core.settings import Settings
from core.vocabulary import Role
from medisync import web, web_tools
from medisync.demo_operations import seed_operations
from tests.dashboard.stage import PASSWORD, Stage, stage

#: Nothing of the browser's own may reach the network; Chromium as root has no sandbox.
ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, which is not ours to bring along."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def hospital(
    fresh_database: Callable[[], str],
    valkey_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[Stage]:
    """The application on a filled database, for all browser tests of the session."""
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine: install Debian's package `chromium` to run the browser tests")
    if web_tools.built_hash() != web_tools.source_hash():
        web.build(force=False, as_json=False)
    settings = Settings(
        home=tmp_path_factory.mktemp("dashboard"),
        api_port=ports.find_free(),
        database_url=fresh_database(),
        redis_url=valkey_url,
        mlflow_url=f"http://127.0.0.1:{ports.find_free()}",
        is_mfa_required=False,
    )
    with stage(settings, cache=pytestconfig.cache.mkdir("dashboard")) as running:
        yield running


@pytest.fixture(scope="session")
def operations(hospital: Stage) -> None:
    """Queues with weeks of visits, people in line and schedules, once for all who ask for them."""
    seed_operations(hospital.engine, seed=3)


@pytest.fixture(scope="module")
def browser(hospital: Stage) -> Iterator[Browser]:
    """One browser a module: Playwright's loop must not be open while other rooms run asyncio tests."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield launched
        launched.close()


class Visitor:
    """Contexts of people who are signed in; whatever the browser complains about is kept in `complaints`."""

    def __init__(self, browser: Browser, hospital: Stage) -> None:
        self._browser = browser
        self.hospital = hospital
        self.complaints: list[str] = []
        self._contexts: list[BrowserContext] = []

    def stranger(
        self, *, theme: str = "light", viewport: dict[str, int] | None = None, locale: str | None = None
    ) -> Page:
        """Return a page of somebody who is not signed in; a browser asks for American English unless told otherwise."""
        context = self._browser.new_context(
            base_url=self.hospital.url,
            color_scheme=theme,
            viewport=viewport or DESKTOP,
            accept_downloads=True,
            locale=locale,
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        return page

    def of(self, role: Role, *, path: str = "/", **options: object) -> Page:
        """Return a page of a person of this role, signed in by the API, at `path`."""
        page = self.stranger(**options)
        answer = page.request.post("/api/auth/login", data={"email": self.hospital.emails[role], "password": PASSWORD})
        assert answer.ok, answer.text()
        page.goto(path)
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        # A failed request or socket is written to the console by the browser itself; tests that cause one expect it.
        is_of_network = "Failed to load resource" in message.text or "WebSocket connection" in message.text
        if message.type in ("error", "warning") and not is_of_network:
            self.complaints.append(message.text)

    def leave(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visitor(browser: Browser, hospital: Stage) -> Iterator[Visitor]:
    """Somebody who opens pages; at the end the browser must not have complained, least of all about the CSP."""
    made = Visitor(browser, hospital)
    yield made
    made.leave()
    assert made.complaints == []
