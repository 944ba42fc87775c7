"""What holds for every answer, and what is refused before any route: headers, ids, sizes, times, logs, errors."""

import asyncio
import json
import logging

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import IntegrityError, UnavailableError
from core.vocabulary import Role
from serving import edge, guard, problems
from serving.edge import SECURITY_HEADERS, Edge
from serving.guard import Guard
from serving.methods import AllowedMethods


@pytest.mark.parametrize("path", ["/livez", "/api/users/me", "/api/nowhere", "/", "/openapi.json", "/api/analytics/"])
async def test_every_answer_carries_the_security_headers_and_an_id(client, path):
    answer = await client.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    assert len(answer.headers["x-request-id"]) >= 8
    assert "cache-control" in answer.headers


async def test_an_id_of_the_caller_is_kept_if_it_is_harmless(client):
    assert (await client.get("/livez", headers={"x-request-id": "abc-12345"})).headers["x-request-id"] == "abc-12345"
    for forged in ("short", "x" * 65, 'a"b{newline}', "semi;colon-1"):
        assert (await client.get("/livez", headers={"x-request-id": forged})).headers["x-request-id"] != forged


async def test_a_body_past_the_limit_is_refused_with_and_without_a_length(signed_in):
    nurse = await signed_in(Role.NURSE)
    big = b'{"patient_id": "' + b"x" * guard.MAX_BODY_BYTES + b'"}'

    async def in_pieces():
        for start in range(0, len(big), 4096):
            yield big[start : start + 4096]

    headers = {"content-type": "application/json"}
    for content in (big, in_pieces()):
        answer = await nurse.post("/api/registrations", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_wrong_method_and_an_unknown_path_are_problems_too(client):
    for method, path, status in (("PUT", "/livez", 405), ("GET", "/api/nope", 404), ("DELETE", "/api/analytics/", 405)):
        answer = await client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


@pytest.mark.parametrize(("method", "path", "allow"), [
    ("GET", "/api/auth/login", "POST"),
    ("OPTIONS", "/api/users", "GET, POST"),
    ("PUT", "/api/users/me", "GET, PATCH"),
    ("POST", "/api/receipts/rcp_x", "GET"),
])  # fmt: skip
async def test_a_wrong_method_is_told_all_the_right_ones(client, method, path, allow):
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


async def test_the_log_names_the_route_and_neither_path_nor_query(signed_in, caplog):
    doctor = await signed_in(Role.DOCTOR)
    with caplog.at_level(logging.INFO, logger="medisync.access"):
        await doctor.get("/api/receipts/canary-81723?token=canary-81723")
    (record,) = [record for record in caplog.records if record.name == "medisync.access"]
    assert record.__dict__["route"] == "/api/receipts/{receipt_id}"
    assert record.__dict__["status"] == 404
    assert "canary" not in json.dumps(record.__dict__, default=str)


async def test_the_metrics_count_by_route_and_not_by_path(signed_in):
    doctor = await signed_in(Role.DOCTOR)
    await doctor.get("/api/receipts/canary-81723")
    text = (await doctor.get("/metrics")).text
    assert 'medisync_http_requests_total{method="GET",route="/api/receipts/{receipt_id}",status="404"} 1.0' in text
    assert "canary" not in text


def an_app_that_raises(error: BaseException | None = None, *, seconds: float = 0) -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    async def fail() -> None:
        await asyncio.sleep(seconds)
        if error is not None:
            raise error

    app.add_middleware(Guard, methods=AllowedMethods([]))
    app.add_middleware(Edge, observe=lambda *_: None)
    return app


async def answer_of(app: FastAPI) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get("/")


def through_sqlalchemy(cause: Exception) -> Exception:
    return OperationalError("SELECT canary", {"p": "canary"}, cause)


@pytest.mark.parametrize("error", [
    asyncpg.ConnectionDoesNotExistError("canary"),
    asyncpg.CannotConnectNowError("canary"),
    asyncpg.AdminShutdownError("canary"),
    asyncpg.CrashShutdownError("canary"),
    asyncpg.InterfaceError("canary"),
    asyncpg.InternalClientError("canary: cannot switch to state 15"),
    asyncpg.TooManyConnectionsError("canary"),
    asyncpg.LockNotAvailableError("canary"),
    asyncpg.QueryCanceledError("canary"),
    asyncpg.DeadlockDetectedError("canary"),
    asyncpg.SerializationError("canary"),
    through_sqlalchemy(asyncpg.DeadlockDetectedError("canary")),
    through_sqlalchemy(ConnectionResetError("canary")),
    PoolTimeoutError("canary"),
    ConnectionRefusedError("canary"),
    TimeoutError("canary"),
    UnavailableError("away"),
    IntegrityError("not right"),
], ids=lambda error: type(error).__name__)  # fmt: skip
async def test_what_may_pass_by_itself_is_503_with_a_time_to_come_back(error):
    answer = await answer_of(an_app_that_raises(error))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "canary" not in answer.text


@pytest.mark.parametrize("error", [
    ZeroDivisionError("canary"),
    asyncpg.UndefinedTableError("canary"),
    through_sqlalchemy(asyncpg.UniqueViolationError("canary")),
], ids=lambda error: type(error).__name__)  # fmt: skip
async def test_a_fault_of_ours_is_500_without_a_word_of_the_cause(error, caplog):
    answer = await answer_of(an_app_that_raises(error))
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "canary" not in answer.text


async def test_a_request_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(edge, "REQUEST_SECONDS", 0.05)
    answer = await answer_of(an_app_that_raises(seconds=5))
    assert answer.status_code == 503


async def test_one_request_too_many_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(guard, "MAX_IN_FLIGHT", 2)
    app = an_app_that_raises(seconds=0.2)
    statuses = [answer.status_code for answer in await asyncio.gather(*[answer_of(app) for _ in range(4)])]
    assert sorted(statuses) == [200, 200, 503, 503]
