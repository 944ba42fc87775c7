"""A bounded run of the fuzzer: every role, few cases; `fuzz.py` runs for as long as one likes."""

import asyncio
import socket

import published
import pytest
import pytest_asyncio
import uvicorn
from fuzz import fuzz
from fuzz_world import admit, fill, publish_outlook
from releases import put_event, put_release, sign_drafts

from app_api import permissions
from app_api.identity.access import declared_actions
from core.vocabulary import Role
from serving.routes import api_routes
from tests.serving.conftest import email_of

#: Requests that name what is there, as everybody; what Schemathesis invents, as the two roles that may do most.
INVENTING = (Role.DOCTOR, Role.ADMIN)


@pytest_asyncio.fixture
async def address(app_with_registry, alias_server, pg_engine, accounts, seed):
    """An application with a model and published analyses behind a real uvicorn."""
    for version in (1, 2):
        put_release(pg_engine, version, seed_hex=seed)
        put_event(pg_engine, version, previous=version - 1 or None)
    alias_server.version = 2
    published.publish(pg_engine, published.everything())
    fill(pg_engine)
    publish_outlook(pg_engine)
    sign_drafts(pg_engine)
    await admit(app_with_registry.state.context, pg_engine)
    await app_with_registry.state.models.poll()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app_with_registry, lifespan="off", log_level="critical"))
    task = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


def operations_given_to(role: Role) -> set[str]:
    """Return the operations that the table of permissions gives a role, and those that are open to anybody."""
    return {
        f"{method} {route.path}"
        for route in api_routes()
        for method in route.methods - {"HEAD"}
        if route.include_in_schema
        and all(role in permissions.PERMISSIONS[action] for action in declared_actions(route.dependant))
    }


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("role", Role)
async def test_no_generated_request_breaks_the_contract_and_all_that_a_role_may_do_succeeds(address, pg_dsn, role):
    dsn = pg_dsn.replace("postgresql+psycopg2://", "postgresql://")
    phases = "examples,fuzzing,stateful" if role in INVENTING else "examples"
    run = await asyncio.to_thread(fuzz, address, dsn, email_of(role), cases=1, phases=phases)
    assert run.is_clean, run.output[-8000:]
    assert run.reached == operations_given_to(role), {
        name: dict(run.answers[name]) for name in run.reached ^ operations_given_to(role)
    }


def test_every_operation_is_given_to_some_role():
    """So the runs above have seen every operation succeed."""
    shown = [route for route in api_routes() if route.include_in_schema]
    all_of_them = {f"{method} {route.path}" for route in shown for method in route.methods - {"HEAD"}}
    assert set().union(*map(operations_given_to, Role)) == all_of_them
