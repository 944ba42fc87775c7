"""Another system follows the stream by a token: hears, resumes, is let go when it ends; the manual's client too."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from test_realtime import BODY, next_of, opened, server  # noqa: F401  the running application
from websockets.exceptions import ConnectionClosed

from core.vocabulary import Role

MANUAL = Path(__file__).parents[2] / "docs/how-to/follow-the-stream.md"


async def _token(person, *scopes: str) -> dict:
    made = await person.post("/api/auth/tokens", json={"name": "another system", "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    return made.json()


def _following(server: str, token: str, since: int | None = None):  # noqa: F811
    return opened(server, since=since, authorization=f"Bearer {token}")


async def test_a_machine_resumes_where_it_left_and_loses_nothing(server, signed_in):  # noqa: F811
    nurse, doctor = await signed_in(Role.NURSE), await signed_in(Role.DOCTOR)
    token = (await _token(doctor, "realtime.listen"))["token"]
    heard = []
    async with _following(server, token) as ws:
        assert (await next_of(ws))["topic"] == "hello"
        await nurse.post("/api/registrations", json=BODY)
        heard.append(await next_of(ws))
    for _ in range(5):
        await nurse.post("/api/registrations", json=BODY)
    async with _following(server, token, since=heard[-1]["seq"]) as ws:
        heard += [await next_of(ws) for _ in range(5)]
        assert (await next_of(ws))["topic"] == "hello"
        await nurse.post("/api/registrations", json=BODY)
        heard.append(await next_of(ws))
    assert [one["seq"] for one in heard] == list(range(1, 8))
    assert {one["topic"] for one in heard} == {"registrations"}
    assert BODY["patient_id"] not in json.dumps(heard)


async def test_a_token_that_is_revoked_loses_its_sockets_at_once_and_no_other(server, signed_in):  # noqa: F811
    doctor = await signed_in(Role.DOCTOR)
    one, other = await _token(doctor, "realtime.listen"), await _token(doctor, "realtime.listen")
    async with _following(server, one["token"]) as ending, _following(server, other["token"]) as staying:
        await next_of(ending)
        await next_of(staying)
        assert (await doctor.delete(f"/api/auth/tokens/{one['token_id']}")).status_code == 204
        with pytest.raises(ConnectionClosed) as closed:
            await next_of(ending)
        assert closed.value.rcvd.code == 4401
        await doctor.post("/api/registrations", json=BODY)
        assert (await next_of(staying))["topic"] == "registrations"
    async with _following(server, one["token"]) as ws:
        with pytest.raises(ConnectionClosed) as closed:
            await next_of(ws)
    assert closed.value.rcvd.code == 4401


async def test_a_token_without_the_right_hears_nothing(server, signed_in):  # noqa: F811
    doctor = await signed_in(Role.DOCTOR)
    token = (await _token(doctor, "patient.list"))["token"]
    async with _following(server, token) as ws:
        with pytest.raises(ConnectionClosed) as closed:
            await next_of(ws)
    assert closed.value.rcvd.code == 4401


async def test_the_client_of_the_manual_follows_and_ends_with_its_token(server, signed_in, tmp_path):  # noqa: F811
    (source,) = re.findall(r"```python\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    program = tmp_path / "follow.py"
    program.write_text(source)
    doctor = await signed_in(Role.DOCTOR)
    token = await _token(doctor, "realtime.listen")
    client = await asyncio.create_subprocess_exec(
        sys.executable, program, f"ws://{server}", token["token"], stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert b"hello" in await asyncio.wait_for(client.stdout.readline(), 20)
        await doctor.post("/api/registrations", json=BODY)
        assert b"'seq': 1, 'topic': 'registrations'" in await asyncio.wait_for(client.stdout.readline(), 5)
        await doctor.delete(f"/api/auth/tokens/{token['token_id']}")
        assert await asyncio.wait_for(client.wait(), 5) == 1
        assert b"the token has ended" in await client.stderr.read()
    finally:
        if client.returncode is None:
            client.kill()
