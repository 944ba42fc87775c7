"""A bounded run of the fuzzer: few cases, two roles; `fuzz.py` runs all of them for as long as one likes."""

import asyncio
import socket

import published
import pytest
import pytest_asyncio
import uvicorn
from conftest import email_of
from fuzz import fuzz
from releases import put_event, put_release

from core.vocabulary import Role


@pytest_asyncio.fixture
async def address(app_with_registry, alias_server, pg_engine, accounts, seed):
    """An application with a model and published analyses behind a real uvicorn."""
    for version in (1, 2):
        put_release(pg_engine, version, seed_hex=seed)
        put_event(pg_engine, version, previous=version - 1 or None)
    alias_server.version = 2
    published.publish(pg_engine, published.everything())
    await app_with_registry.state.models.poll()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app_with_registry, lifespan="off", log_level="critical"))
    task = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.DOCTOR, Role.ADMIN])
async def test_no_generated_request_breaks_the_contract(address, pg_dsn, role):
    dsn = pg_dsn.replace("postgresql+psycopg2://", "postgresql://")
    done = await asyncio.to_thread(fuzz, address, dsn, email_of(role), cases=2, phases="fuzzing,stateful")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "operations" in done.stdout.lower()
