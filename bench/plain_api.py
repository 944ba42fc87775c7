"""The plain ways to serve an analysis: FastAPI returns a dict, parsed from Valkey or kept in memory.

Belongs here: what the fast path is compared with in the same run. Does not belong here: anything of the product.
"""

import json
import os

import redis.asyncio as redis
from fastapi import FastAPI

app = FastAPI()
_client = redis.from_url(os.environ["PLAIN_REDIS_URL"])  # noqa: TID251


@app.get("/page")
async def page():
    """Read, parse, return: as most dashboards do. Without an annotation, which FastAPI would make a model of, the dict
    goes through `jsonable_encoder`."""
    return json.loads(await _client.get("plain:page"))


_kept: dict = {}


@app.get("/memory")
async def from_memory():
    """Return the dict from this process: what is left is FastAPI's own work on it."""
    if not _kept:
        _kept.update(json.loads(await _client.get("plain:page")))
    return _kept
