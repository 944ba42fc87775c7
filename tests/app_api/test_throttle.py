"""Slowing down guesses, on a real Valkey and without one."""

import pytest
import redis

from app_api.identity.errors import TooManyAttemptsError
from app_api.identity.throttle import LoginThrottle
from app_api.valkey import Valkey
from core.embedded import ports


@pytest.fixture
async def valkey(valkey_url):
    client = Valkey(valkey_url)
    await client.ask(lambda asked: asked.flushall(), otherwise=None)
    yield client
    await client.close()


@pytest.fixture
async def nowhere():
    client = Valkey(f"redis://127.0.0.1:{ports.find_free()}/0")
    yield client
    await client.close()


async def fail(throttle: LoginThrottle, times: int, *, email: str = "a@b.example", address: str = "192.0.2.1"):
    for _ in range(times):
        await throttle.failed(email=email, address=address)


async def test_five_failures_make_an_account_wait_in_every_worker(valkey):
    await fail(LoginThrottle(valkey), 4)
    await LoginThrottle(valkey).check(email="a@b.example", address="192.0.2.9")
    await fail(LoginThrottle(valkey), 1)
    with pytest.raises(TooManyAttemptsError) as refusal:
        await LoginThrottle(valkey).check(email="a@b.example", address="192.0.2.9")
    assert 50 <= refusal.value.retry_after <= 60


async def test_another_account_does_not_wait(valkey):
    await fail(LoginThrottle(valkey), 5)
    await LoginThrottle(valkey).check(email="c@d.example", address="192.0.2.1")


async def test_an_address_that_tries_many_accounts_must_wait(valkey):
    for number in range(30):
        await fail(LoginThrottle(valkey), 1, email=f"{number}@b.example")
    with pytest.raises(TooManyAttemptsError):
        await LoginThrottle(valkey).check(email="new@b.example", address="192.0.2.1")
    await LoginThrottle(valkey).check(email="new@b.example", address="192.0.2.2")


async def test_signing_in_forgets_the_failures(valkey):
    throttle = LoginThrottle(valkey)
    await fail(throttle, 4)
    await throttle.succeeded(email="a@b.example")
    await fail(throttle, 4)
    await throttle.check(email="a@b.example", address="192.0.2.9")


async def test_neither_email_nor_address_can_be_read_in_valkey(valkey, valkey_url):
    await fail(LoginThrottle(valkey), 6)
    with redis.Redis.from_url(valkey_url) as raw:
        everything = b" ".join(raw.keys("*"))
    assert b"a@b" not in everything
    assert b"192.0.2.1" not in everything


async def test_without_valkey_each_worker_counts_for_itself(nowhere):
    throttle = LoginThrottle(nowhere)
    await fail(throttle, 5)
    with pytest.raises(TooManyAttemptsError):
        await throttle.check(email="a@b.example", address="192.0.2.9")
    await throttle.check(email="c@d.example", address="192.0.2.9")


async def test_without_valkey_half_as_many_failures_of_an_address_are_allowed(nowhere):
    throttle = LoginThrottle(nowhere)
    for number in range(15):
        await fail(throttle, 1, email=f"{number}@b.example")
    with pytest.raises(TooManyAttemptsError):
        await throttle.check(email="new@b.example", address="192.0.2.1")
