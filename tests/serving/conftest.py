"""One application on real servers, and people who are signed in.

Belongs here: fixtures of the serving tests. Does not belong here: the servers themselves (`tests/conftest.py`).
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from alias_server import AliasServer
from fastapi import FastAPI
from sqlalchemy import Engine, insert

from app_api.identity import repository, sessions
from app_api.identity.access import COOKIE
from app_api.identity.passwords import hash_password
from core import clock
from core.db.tables import UserAccount
from core.embedded import ports
from core.ids import new_uuid
from core.settings import Settings
from core.vocabulary import Role
from serving.main import create_app
from serving.risk import holder

PASSWORD = "correct horse battery staple"
#: One hash for all accounts of the tests: hashing is slow on purpose.
PASSWORD_HASH = hash_password(PASSWORD)
ORIGIN = "https://medisync.test"


def email_of(role: Role) -> str:
    return f"{role}@clinic.example"


@asynccontextmanager
async def sign_in(app: FastAPI, role: Role) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a role at a given application; `accounts` must be there."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        await give_session(app, client, role)
        yield client


async def give_session(app: FastAPI, client: httpx.AsyncClient, role: Role) -> None:
    """Open a session as a sign-in does, without hashing a password (the tests of signing in do that)."""
    async with app.state.context.engine.begin() as connection:
        row = await repository.credentials_of(connection, email_of(role))
        person = sessions.principal_of(row)
        token, _ = await sessions.open_new_session(connection, person)
    client.cookies.set(COOKIE, token)


def code_of(answer: httpx.Response) -> str | None:
    """Return the stable code of a refusal, in the shape of its path; None of any other answer."""
    if answer.status_code < 400:
        return None
    said = answer.json()
    return said["issue"][0]["details"]["coding"][0]["code"] if "issue" in said else said.get("code")


@pytest.fixture(scope="session")
def app_settings(pg_dsn: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an application on the session's servers; no model registry listens at its address."""
    settings = Settings(
        home=tmp_path_factory.mktemp("home"),
        database_url=pg_dsn,
        redis_url=valkey_url,
        mlflow_url=f"http://127.0.0.1:{ports.find_free()}",
        is_demo=True,
        is_mfa_required=False,  # the tests of the second factor ask for it
    )
    settings.ensure_secrets()
    return settings


@pytest.fixture
def accounts(pg_engine: Engine) -> dict[Role, str]:
    """One account of each role: role -> e-mail; the password is `PASSWORD`."""
    with pg_engine.begin() as connection:
        connection.execute(
            insert(UserAccount),
            [
                {
                    "user_id": new_uuid(),
                    "email": email_of(role),
                    "display_name": f"A {role}",
                    "role": role.value,
                    "password_hash": PASSWORD_HASH,
                    "is_active": True,
                    "created_at": clock.now(),
                }
                for role in Role
            ],
        )
    return {role: email_of(role) for role in Role}


@pytest_asyncio.fixture
async def app(app_settings: Settings, pg_engine: Engine, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The application with its lifespan running, on emptied tables and an emptied Valkey."""
    made = create_app(app_settings, web_dist=tmp_path / "web_dist")
    async with made.router.lifespan_context(made):
        await made.state.context.valkey.ask(lambda client: client.flushall(), otherwise=None)
        yield made


@pytest_asyncio.fixture
async def client_of(app: FastAPI) -> AsyncIterator[Callable[[], httpx.AsyncClient]]:
    """A factory of clients, each with its own cookies, over HTTPS as far as the application can see."""
    async with AsyncExitStack() as stack:
        made: list[httpx.AsyncClient] = []

        def make() -> httpx.AsyncClient:
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)
            stack.push_async_callback(client.aclose)
            made.append(client)
            return client

        yield make


@pytest.fixture
def client(client_of: Callable[[], httpx.AsyncClient]) -> httpx.AsyncClient:
    """A client that is not signed in."""
    return client_of()


@pytest.fixture
def signed_in(
    app: FastAPI, client_of: Callable[[], httpx.AsyncClient], accounts: dict[Role, str]
) -> Callable[[Role], Any]:
    """`await signed_in(Role.DOCTOR)` returns a client of that role."""

    async def come_in(role: Role) -> httpx.AsyncClient:
        client = client_of()
        await give_session(app, client, role)
        return client

    return come_in


@pytest_asyncio.fixture
async def nurse(signed_in: Callable[[Role], Any]) -> httpx.AsyncClient:
    """A client that is signed in as a nurse."""
    return await signed_in(Role.NURSE)


@pytest_asyncio.fixture
async def doctor(signed_in: Callable[[Role], Any]) -> httpx.AsyncClient:
    """A client that is signed in as a doctor."""
    return await signed_in(Role.DOCTOR)


@pytest.fixture
def alias_server() -> Iterator[AliasServer]:
    """A registry with one alias, in any state."""
    server = AliasServer()
    yield server
    server.close()


@pytest_asyncio.fixture
async def app_with_registry(
    app_settings: Settings,
    pg_engine: Engine,
    alias_server: AliasServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[FastAPI]:
    """An application beside that registry, which is looked at only when the test says so; nothing is released yet."""
    monkeypatch.setattr(holder, "POLL_SECONDS", 3600.0)
    settings = app_settings.model_copy(update={"mlflow_url": alias_server.address})
    made = create_app(settings, web_dist=tmp_path)
    async with made.router.lifespan_context(made):
        # Twice: the second one waits behind the application's own first look.
        await made.state.models.poll()
        await made.state.models.poll()
        yield made


@pytest.fixture
def seed(app_settings: Settings) -> str:
    """The key that releases are signed with."""
    return app_settings.secrets["release_signing_key"]
