"""`python -m tests.dashboard.screenshots`: the pictures of docs/screenshots, made anew.

Belongs here: which pages, in which theme and width. Does not belong here: judging them; a person looks at them.

Without options it fills a hospital of its own (`stage`), so that anyone can run it. With `--home DIR` it takes the
pages of a running `medisync up` of that home, with its data, models and demo accounts.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine, insert, select, update

from app_api.queue.policy import ticket
from core import clock
from core.db import migrate
from core.db.engine import sync_engine
from core.db.tables import Queue, QueueEntry
from core.embedded import ports, postgres, service, valkey
from core.embedded.home import room_of
from core.ids import new_uuid
from core.settings import Settings
from core.vocabulary import Role
from medisync import demo_operations, demo_patients
from ml.waiting.order import priority
from tests.dashboard.conftest import ARGUMENTS, DESKTOP, PHONE, find_chromium
from tests.dashboard.stage import PASSWORD, stage

OUT = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
LARGEST_BYTES = 400_000
#: Down to the second row of panels.
TALL = {"width": 1440, "height": 1500}


@dataclass(frozen=True)
class Shot:
    """One picture: whose page, which one, and what is done before it is taken."""

    name: str
    role: Role | None
    path: str
    theme: str = "light"
    viewport: Mapping[str, int] = field(default_factory=lambda: DESKTOP)
    prepare: Callable[[Page], None] = lambda page: None


def _assess(page: Page) -> None:
    for label, value in (
        ("Age", "81"), ("Other illnesses", "3"), ("Systolic pressure", "104"), ("Diastolic pressure", "62"),
        ("Heart rate", "118"), ("Breathing rate", "27"), ("Temperature", "38.6"), ("Oxygen saturation", "89"),
    ):  # fmt: skip
        page.get_by_label(label).fill(value)
    page.get_by_label("Sex").select_option("female")
    page.get_by_label("Acuity (ESI)").select_option("2")
    page.get_by_label("Condition", exact=True).fill("Influenza")
    page.get_by_role("button", name="Assess").click()
    expect(page.get_by_text("Model version")).to_be_visible()


def _receipt(page: Page) -> None:
    page.get_by_role("button", name="Receipt: Surge watch").click()
    expect(page.get_by_role("dialog")).to_contain_text("Data SHA-256")


def _detail(page: Page) -> None:
    page.get_by_role("button", name="in detail").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _chart(page: Page) -> None:
    """Open the first chart that the rules and both models have something to say about."""
    people = page.locator(".people button")
    for number in range(people.count()):
        people.nth(number).click()
        expect(page.get_by_role("heading", name="Risk of the last visit")).to_be_visible()
        page.wait_for_load_state("networkidle")
        nothing = page.get_by_text("The models abstain").or_(page.get_by_text("No rule has anything to say"))
        if nothing.count() == 0 and page.get_by_text("Votes", exact=True).count():
            return


def _dose(page: Page) -> None:
    page.get_by_role("button", name="Record:").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


#: Second factors of a running demo, and sessions already open.
SECRETS: dict[Role, str] = {}
SIGNED_IN: dict[Role, Any] = {}

SHOTS = (
    Shot("sign-in", None, "/login"),
    Shot("doctor", Role.DOCTOR, "/overview", viewport=TALL),
    Shot("doctor-dark", Role.DOCTOR, "/overview", theme="dark"),
    Shot("doctor-phone", Role.DOCTOR, "/overview", viewport=PHONE),
    Shot("doctor-surge", Role.DOCTOR, "/overview", prepare=_detail),
    Shot("doctor-receipt", Role.DOCTOR, "/overview", prepare=_receipt),
    Shot("doctor-risk", Role.DOCTOR, "/risk", prepare=_assess),
    Shot("doctor-chart", Role.DOCTOR, "/charts", viewport=TALL, prepare=_chart),
    Shot("nurse", Role.NURSE, "/overview", viewport=TALL),
    Shot("nurse-queue", Role.NURSE, "/queue"),
    Shot("nurse-phone", Role.NURSE, "/overview", viewport=PHONE),
    Shot("nurse-dose", Role.NURSE, "/overview", prepare=_dose),
    Shot("nurse-queue-phone", Role.NURSE, "/queue", viewport=PHONE),
    Shot("wall", Role.NURSE, "/wall"),
    Shot("nurse-register", Role.NURSE, "/register"),
    Shot("steward", Role.STEWARD, "/quality"),
    Shot("admin", Role.ADMIN, "/system"),
    Shot("ml-engineer", Role.ML_ENGINEER, "/models"),
    Shot("patient", Role.PATIENT, "/patient"),
    Shot("patient-booking", Role.PATIENT, "/booking"),
)


@contextmanager
def own_hospital() -> Iterator[tuple[str, Mapping[Role, tuple[str, str]]]]:
    """A filled hospital on servers of its own in a throwaway home; its address and accounts."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="medisync-screens-")))
        home.chmod(0o711)
        free = {name: ports.find_free() for name in ("pg_port", "valkey_port", "api_port", "mlflow_port")}
        settings = Settings(home=home, database_url=None, redis_url=None, is_mfa_required=False, **free)
        settings.ensure_secrets()
        servers = postgres.service(settings, is_durable=False), valkey.service(settings)
        stack.enter_context(service.started(*servers, room=room_of(settings)))
        engine = sync_engine(settings.database_dsn)
        migrate.upgrade(engine)
        engine.dispose()
        cache = Path(__file__).resolve().parents[2] / ".pytest_cache" / "d" / "dashboard"
        running = stack.enter_context(stage(settings, cache=cache))
        demo_operations.seed_operations(running.engine, seed=settings.demo_seed)
        demo_patients.fill(settings, running.engine, None)
        _line_up(running.engine)
        yield running.url, {role: (email, PASSWORD) for role, email in running.emails.items()}


#: Patient of the stage, level, minutes since the arrival: a morning at whatever hour the pictures are taken.
_LINE = ((3, 2, 9), (5, 3, 48), (8, 3, 31), (12, 4, 74), (15, 3, 12), (21, 5, 55), (26, 4, 20))


def _line_up(engine: Engine) -> None:
    """Put some of today's patients in line."""
    now = clock.now()
    with engine.begin() as connection:
        queue_id = connection.execute(select(Queue.queue_id).order_by(Queue.name)).scalars().first()
        placed = [f"P-{number:04d}" for number, *_ in _LINE]
        is_open = QueueEntry.ended_at.is_(None) & ((QueueEntry.state == "waiting") | QueueEntry.patient_id.in_(placed))
        connection.execute(update(QueueEntry).where(is_open).values(state="closed", ended_at=now))
        for number, level, minutes in _LINE:
            arrived_at = now - timedelta(minutes=minutes)
            placing = priority(arrived_at, level)
            connection.execute(
                insert(QueueEntry).values(
                    entry_id=new_uuid(), queue_id=queue_id, patient_id=f"P-{number:04d}", acuity=level,
                    ticket_date=now.date(), ticket_code=ticket("E", 300 + number), state="waiting",
                    arrived_at=arrived_at, virtual_at=placing.virtual_at, is_immediate=placing.is_immediate,
                    overtakes=0, version=1,
                )
            )  # fmt: skip


def running_hospital(home: Path) -> tuple[str, Mapping[Role, tuple[str, str]]]:
    """Address and demo accounts of a running `medisync up`."""
    accounts = json.loads((home / "demo-accounts.json").read_text())
    known = {Role(role): (one["email"], one["password"]) for role, one in accounts.items()}
    SECRETS.update({Role(role): one["totp_secret"] for role, one in accounts.items() if "totp_secret" in one})
    return Settings(home=home).api_address, known


def take(browser: Browser, url: str, accounts: Mapping[Role, tuple[str, str]], shot: Shot, out: Path) -> None:
    """Take one picture."""
    state = SIGNED_IN.get(shot.role) if shot.role is not None else None
    context = browser.new_context(
        base_url=url, color_scheme=shot.theme, viewport=dict(shot.viewport), storage_state=state
    )
    page = context.new_page()
    if shot.role is not None and state is None:
        email, password = accounts[shot.role]
        answer = page.request.post("/api/auth/login", data={"email": email, "password": password})
        if not answer.ok:
            raise SystemExit(f"cannot sign in as {shot.role}: {answer.text()}")
        if answer.json().get("mfa_required"):
            code = pyotp.TOTP(SECRETS[shot.role]).at(clock.now())
            page.request.post("/api/auth/mfa", data={"code": code})
        # A code works once: the next picture of this role goes on with this session.
        SIGNED_IN[shot.role] = context.storage_state()
    page.goto(shot.path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    shot.prepare(page)
    page.wait_for_timeout(500)
    file = out / f"{shot.name}.png"
    page.screenshot(path=file)
    context.close()
    size = file.stat().st_size
    print(f"{file.name:24} {size / 1000:6.0f} kB{'  too large' if size > LARGEST_BYTES else ''}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="home of a running `medisync up`")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", nargs="*", help="names of pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        url, accounts = running_hospital(options.home) if options.home else stack.enter_context(own_hospital())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for shot in SHOTS:
            if not options.only or shot.name in options.only:
                take(browser, url, accounts, shot, options.out)
        browser.close()


if __name__ == "__main__":
    main()
