"""Telling people that a check or a run failed: a row for the app, a line in the log, a signed message to a webhook.

Belongs here: writing notifications and delivering them. Does not belong here: noticing (`orchestration.notices`).

The row is the truth: it is written first, once for each event, and a message that could not be delivered waits in it
for the next look. Nothing of a patient is in any of the three: names of rules, columns and assets, and counts.
"""

import hashlib
import hmac
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import dagster as dg
import httpx
import orjson
from pydantic import Field
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from assets.database import Database
from core import clock
from core.db.tables import Notification, OutboxMessage

_LOG = logging.getLogger("medisync.notices")
_TIMEOUT_SECONDS = 5.0
#: Within one look; looks come every 30 s.
_TRIES = 3
_PAUSE_SECONDS = 0.5
#: Looks that fail before a message is given up: the row stays, and stays unread in the app.
_MOST_ATTEMPTS = 20
_BATCH = 50


class Answer(StrEnum):
    """What came of a message: a receiver that refuses one may take the next, one that is away takes none."""

    TAKEN = "taken"
    REFUSED = "refused"
    AWAY = "away"


@dataclass(frozen=True)
class Notice:
    """One event worth telling."""

    event_key: str
    kind: str
    severity: str
    subject: str
    summary: str
    happened_at: datetime
    check_name: str | None = None
    dagster_run_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Notices(dg.ConfigurableResource):
    """Keeps notices and delivers them."""

    database: dg.ResourceDependency[Database]
    webhook_url: str | None = Field(default=None, description="Where to POST; None: in the app only")
    webhook_secret: str | None = Field(default=None, description="Key of the signature")

    def tell(self, notices: list[Notice]) -> int:
        """Keep and log what was not told before; return how many that were."""
        told = 0
        for notice in notices:
            row = {
                "event_key": notice.event_key,
                "kind": notice.kind,
                "severity": notice.severity,
                "subject": notice.subject,
                "check_name": notice.check_name,
                "summary": notice.summary,
                "details": notice.details,
                "dagster_run_id": notice.dagster_run_id,
                "happened_at": notice.happened_at,
                "webhook_state": "waiting" if self.webhook_url else "off",
                "webhook_attempts": 0,
            }
            new = insert(Notification).values(**row).on_conflict_do_nothing(index_elements=[Notification.event_key])
            with self.database.engine.begin() as connection:
                number = connection.execute(new.returning(Notification.notification_id)).scalar()
                if number is None:
                    continue
                news = {"topic": "notification", "payload": {"notification_id": number}, "created_at": clock.now()}
                connection.execute(insert(OutboxMessage).values(**news))
            told += 1
            _LOG.warning(
                notice.summary,
                extra={"kind": notice.kind, "subject": notice.subject, "check": notice.check_name, "number": number},
            )
        return told

    def deliver(self) -> int:
        """Send what waits for the webhook, the oldest first; return how many arrived."""
        if not self.webhook_url:
            return 0
        table = Notification
        query = select(table).where(table.webhook_state == "waiting").order_by(table.notification_id).limit(_BATCH)
        with self.database.engine.connect() as connection:
            waiting = connection.execute(query).all()
        arrived = 0
        with httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
            for row in waiting:
                answer = self._post(client, message_of(row), number=row.notification_id)
                is_sent = answer is Answer.TAKEN
                attempts = row.webhook_attempts + 1
                state = "sent" if is_sent else "given_up" if attempts >= _MOST_ATTEMPTS else "waiting"
                with self.database.engine.begin() as connection:
                    connection.execute(
                        update(table)
                        .where(table.notification_id == row.notification_id)
                        .values(webhook_state=state, webhook_attempts=attempts)
                    )
                arrived += is_sent
                if answer is Answer.AWAY:
                    # The others would only wait for it too.
                    break
        return arrived

    def _post(self, client: httpx.Client, body: bytes, *, number: int) -> Answer:
        assert self.webhook_url is not None
        for attempt in range(_TRIES):
            stamp = str(int(clock.now().timestamp()))
            headers = {
                "Content-Type": "application/json",
                "X-MediSync-Delivery": str(number),
                "X-MediSync-Timestamp": stamp,
            }
            if self.webhook_secret:
                headers["X-MediSync-Signature"] = f"v1={signature(self.webhook_secret, stamp, body)}"
            try:
                answer = client.post(self.webhook_url, content=body, headers=headers)
            except httpx.HTTPError as error:
                reason: str | int = type(error).__name__
            else:
                if answer.is_success:
                    return Answer.TAKEN
                reason = answer.status_code
                if 400 <= answer.status_code < 500 and answer.status_code not in (408, 429):
                    _LOG.warning("the webhook refused a message", extra={"status": reason, "number": number})
                    return Answer.REFUSED
            if attempt < _TRIES - 1:
                time.sleep(_PAUSE_SECONDS * 2**attempt)
        _LOG.warning("the webhook did not take a message", extra={"reason": reason, "number": number})
        return Answer.AWAY


def message_of(row: Any) -> bytes:
    """Return a notification as the JSON that is sent."""
    names = ("notification_id", "kind", "severity", "subject", "check_name", "summary", "details", "dagster_run_id")
    return orjson.dumps({**{name: getattr(row, name) for name in names}, "happened_at": clock.iso(row.happened_at)})


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 over `timestamp.body`, hex: the receiver recomputes it and refuses old timestamps."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
