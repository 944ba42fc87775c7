"""HTTP of how told waits came true.

Belongs here: one route. Does not belong here: telling waits (`router`), counting them (`told`).
"""

from fastapi import APIRouter, Depends

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.queue import told
from app_api.queue.schemas import ToldWaits
from core import clock

router = APIRouter(tags=["queues"])


@router.get("/api/told-waits", dependencies=[Depends(need("queue.told_waits"))])
async def read_told_waits(context: Context) -> ToldWaits:
    """Say how the waits told to patients in the last 30 days came true: each as it was told, against the actual one."""
    async with context.engine.connect() as connection:
        return await told.came_true(connection, now=clock.now())
