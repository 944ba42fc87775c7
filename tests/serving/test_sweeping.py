"""The clock of the operations: what cannot be swept stops nothing else."""

import asyncio
from datetime import timedelta

from sqlalchemy import select, update
from test_queue import make_queue

from core import clock
from core.db.tables import Queue, UserAccount
from core.vocabulary import Role
from serving import background, sweeping


async def test_a_queue_whose_day_cannot_be_closed_stops_no_other_sweep(app, nurse, accounts, pg_engine, monkeypatch):
    await make_queue(nurse)
    proven = update(UserAccount).where(UserAccount.email == accounts[Role.DOCTOR])
    with pg_engine.begin() as connection:
        connection.execute(update(Queue).values(time_zone="Nowhere/Nothing", day_ends_local="20:00"))
        connection.execute(proven.values(role_expires_at=clock.now() - timedelta(seconds=1)))
    monkeypatch.setattr(sweeping, "EVERY_SECONDS", 0.01)
    task = background.begin(sweeping.sweep_forever(app.state.context))
    try:
        async with asyncio.timeout(5):
            while not task.done() and _role_of(pg_engine, accounts[Role.DOCTOR]) != Role.PATIENT:
                await asyncio.sleep(0.02)
        assert not task.done()
    finally:
        # A cancellation can get lost in a library: this asks again.
        await background.end(task)


def _role_of(pg_engine, email: str) -> str:
    with pg_engine.connect() as connection:
        return connection.execute(select(UserAccount.role).where(UserAccount.email == email)).scalar_one()
