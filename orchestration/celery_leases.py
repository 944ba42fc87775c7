"""Leases on steps: a living worker keeps what it works on, a dead one's falls free.

Belongs here: renewing. Does not belong here: the worker (`celery_worker`).

Valkey gives a message to another worker once its visibility time-out has passed. kombu never renews it, so that either
a long step is worked on twice or a dead worker's step waits for hours. Here the living worker writes the present moment
behind every message it holds, four times a time-out; what a dead one held falls free within one.
"""

import time
from typing import Any


def renew(channel: Any) -> int:
    """Write the present moment behind every message that this channel's worker holds; return how many."""
    # What was acknowledged stays in the list until the next flush.
    held = [tag for tag in channel.qos._delivered if tag not in channel.qos._dirty]
    if held:
        moment = time.time()  # noqa: TID251 (kombu's own scale: it compares with time.time)
        with channel.conn_or_acquire() as client:
            client.zadd(channel.unacked_index_key, dict.fromkeys(held, moment), xx=True)
    return len(held)
