"""Background tasks end, also those that lose a cancellation."""

import asyncio

from serving import background


async def test_a_task_that_loses_its_cancellation_is_cancelled_again():
    lost = 0

    async def forgetful():
        nonlocal lost
        while lost < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost += 1
        await asyncio.sleep(60)

    async def failing():
        raise ValueError

    tasks = [asyncio.create_task(forgetful()), asyncio.create_task(failing())]
    await asyncio.sleep(0)
    await asyncio.wait_for(background.end(*tasks), 10)
    assert lost == 2
    assert tasks[0].cancelled()
    assert isinstance(tasks[1].exception(), ValueError)


async def test_nothing_to_end_is_ended_at_once():
    await asyncio.wait_for(background.end(), 1)


async def test_work_that_ends_by_itself_is_told_of(caplog):
    async def failing():
        raise ValueError("a value that is not for the log")

    task = background.begin(failing())
    await asyncio.wait([task])
    await asyncio.sleep(0)
    [record] = [one for one in caplog.records if one.name == "medisync.background"]
    assert (record.levelname, record.kind, record.work) == ("ERROR", "ValueError", "failing")


async def test_work_that_is_ended_is_not_told_of(caplog):
    await background.end(background.begin(asyncio.sleep(60)))
    assert not caplog.records
