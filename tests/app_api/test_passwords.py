"""The password workshop."""

import asyncio

import pytest

from app_api.identity import passwords
from app_api.identity.errors import TooManyAttemptsError
from app_api.identity.passwords import PasswordWorkshop, hash_password, is_outdated, matches


@pytest.fixture(scope="module")
def workshop():
    made = PasswordWorkshop()
    yield made
    made.close()


def test_the_same_characters_in_another_form_are_the_same_password():
    assert matches(hash_password("caf\u00e9 au lait"), "cafe\u0301 au lait")


def test_a_hash_of_weaker_parameters_is_renewed():
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    assert is_outdated(weak)
    assert not is_outdated(hash_password("x"))


async def test_an_unknown_account_is_never_verified(workshop):
    assert not await workshop.verify(None, "nobody has this password")


async def test_a_broken_hash_fits_no_password(workshop):
    assert not await workshop.verify("not a hash", "x")


async def test_the_event_loop_turns_while_passwords_are_hashed(workshop):
    turns = 0
    work = [asyncio.create_task(workshop.hash("x")) for _ in range(8)]
    while not all(task.done() for task in work):
        await asyncio.sleep(0.001)
        turns += 1
    # One hash holds a core for 17 ms and more: on the loop, the eight would be done before its next turn.
    assert turns > 8


async def test_the_sixty_fifth_in_the_queue_is_told_to_come_back(workshop):
    work = [asyncio.create_task(workshop.hash("x")) for _ in range(passwords.MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyAttemptsError):
        await workshop.hash("x")
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
