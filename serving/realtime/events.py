"""One numbered stream of events for all workers, kept in Valkey.

Belongs here: the relay script, the replay, the words of an event. Does not belong here: sockets (`hub`).

Every worker hears the same nudge; the first one to relay it gives it a number, keeps it in a stream of the last 200
and publishes it. A restarted Valkey begins to count anew: a client whose number is unknown is told to read all again.
"""

from dataclasses import dataclass
from typing import Any, cast

import orjson
import redis.asyncio as redis

from app_api.valkey import Valkey

EVENTS_CHANNEL = "medisync:events"
_STREAM = "medisync:event_stream"
_SEQ = "medisync:event_seq"
KEPT = 200
#: Topics whose data every role may hear; of all others only who treats patients hears more than the topic.
OPEN_TOPICS = frozenset({"published"})
#: An event of the same name within this time is the same event, heard by another worker.
_SAME_SECONDS = 600

#: KEYS: mark of this event, counter, stream. ARGV: seconds of the mark, kept, channel, topic, data.
_RELAY = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then return 0 end
local seq = redis.call('INCR', KEYS[2])
redis.call('XADD', KEYS[3], 'MAXLEN', ARGV[2], seq .. '-1', 'topic', ARGV[4], 'data', ARGV[5])
redis.call('PUBLISH', ARGV[3], '{"seq":' .. seq .. ',"topic":"' .. ARGV[4] .. '","data":' .. ARGV[5] .. '}')
return seq
"""


@dataclass(frozen=True)
class Event:
    """Something that screens may want to know: `data` is JSON."""

    seq: int
    topic: str
    data: bytes

    def message(self, *, is_clinical: bool) -> str:
        """Return the words for a socket; who does not treat patients hears that something happened, not to whom."""
        shown = self.data if is_clinical or self.topic in OPEN_TOPICS else b"{}"
        return f'{{"seq":{self.seq},"topic":"{self.topic}","data":{shown.decode()}}}'


def parse(message: bytes) -> Event:
    """Read an event as the relay published it."""
    content = orjson.loads(message)
    return Event(content["seq"], content["topic"], orjson.dumps(content["data"]))


async def relay(valkey: Valkey, *, name: str, topic: str, data: Any) -> int:
    """Number an event and publish it, unless another worker did; return its number, 0 if not by us or Valkey is away.

    Parameters
    ----------
    name : str
        What makes this event the same one in all workers, such as the result's number.
    """

    async def call(client: redis.Redis) -> int:
        keys = (f"medisync:event:{topic}:{name}", _SEQ, _STREAM)
        answer = client.eval(_RELAY, 3, *keys, _SAME_SECONDS, KEPT, EVENTS_CHANNEL, topic, orjson.dumps(data))
        return int(await cast("Any", answer))

    return await valkey.ask(call, otherwise=0)


async def since(valkey: Valkey, seq: int) -> tuple[list[Event], bool, int]:
    """Return the events after `seq`, whether some may be missing, and the newest number (0 when Valkey is away)."""

    async def call(client: redis.Redis) -> tuple[int, list[Any], list[Any]]:
        pipe = client.pipeline(transaction=True)
        pipe.get(_SEQ)
        pipe.xrange(_STREAM, min=f"{seq + 1}-0", max="+")
        pipe.xrange(_STREAM, count=1)
        newest, found, oldest = await pipe.execute()
        return int(newest or 0), found, oldest

    newest, found, oldest = await valkey.ask(call, otherwise=(0, [], []))
    events = [Event(int(key.split(b"-")[0]), entry[b"topic"].decode(), entry[b"data"]) for key, entry in found]
    first_kept = int(oldest[0][0].split(b"-")[0]) if oldest else newest + 1
    has_gap = seq > newest or seq + 1 < first_kept
    return events, has_gap, newest
