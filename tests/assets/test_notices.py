"""What failed is told once: in the app, in the log, and to a webhook that can check who speaks."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from assets import notices as module
from assets.database import Database
from assets.notices import Notice, Notices, signature
from core import clock
from core.db.tables import Notification, OutboxMessage

SECRET = "a key of the receiver"


def notice(number: int = 1) -> Notice:
    return Notice(
        event_key=f"dagster:{number}",
        kind="failed_check",
        severity="critical",
        subject="raw_registrations",
        check_name="raw_registrations_hold",
        summary="raw_registrations_hold on raw_registrations: failed (1 rules)",
        happened_at=clock.now(),
        details={"rules": ["content_hash_missing"], "rows": 10},
    )


class Receiver:
    """A real HTTP server that answers with the given codes in turn, then 200."""

    def __init__(self, codes: list[int]) -> None:
        got = self.got = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((dict(self.headers), body))
                self.send_response(codes.pop(0) if codes else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.01)
    made = []

    def make(*codes: int) -> Receiver:
        made.append(Receiver(list(codes)))
        return made[-1]

    yield make
    for one in made:
        one.server.shutdown()
        one.server.server_close()


def _state(engine) -> list[tuple[str, int]]:
    with engine.connect() as connection:
        query = select(Notification.webhook_state, Notification.webhook_attempts).order_by(Notification.notification_id)
        return [tuple(row) for row in connection.execute(query)]


def test_an_event_is_told_once_and_the_screens_hear_of_it(pg_engine, pg_dsn, caplog):
    notices = Notices(database=Database(dsn=pg_dsn))
    assert notices.tell([notice(), notice()]) == 1
    assert notices.tell([notice()]) == 0
    assert _state(pg_engine) == [("off", 0)]
    with pg_engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(OutboxMessage)) == 1
    assert [record.check for record in caplog.records] == ["raw_registrations_hold"]


def test_the_pipelines_own_role_may_tell_and_deliver(pg_engine, server_settings, receiver):
    url = make_url(server_settings.pipeline_dsn).set(database=pg_engine.url.database)
    hook = receiver()
    notices = Notices(
        database=Database(dsn=url.render_as_string(hide_password=False)), webhook_url=hook.url, webhook_secret=SECRET
    )
    assert notices.tell([notice()]) == 1
    assert notices.deliver() == 1


def test_a_message_is_signed_and_names_no_more_than_the_row(pg_engine, pg_dsn, receiver):
    hook = receiver()
    notices = Notices(database=Database(dsn=pg_dsn), webhook_url=hook.url, webhook_secret=SECRET)
    notices.tell([notice()])
    assert notices.deliver() == 1
    ((headers, body),) = hook.got
    assert headers["X-MediSync-Signature"] == f"v1={signature(SECRET, headers['X-MediSync-Timestamp'], body)}"
    told = orjson.loads(body)
    assert told["details"] == {"rules": ["content_hash_missing"], "rows": 10}
    assert notices.deliver() == 0, "sent once"
    assert _state(pg_engine) == [("sent", 1)]


def test_a_receiver_that_stumbles_is_asked_again_and_one_that_refuses_is_not(pg_engine, pg_dsn, receiver):
    stumbling = receiver(503, 429)
    notices = Notices(database=Database(dsn=pg_dsn), webhook_url=stumbling.url)
    notices.tell([notice(1)])
    assert notices.deliver() == 1
    assert len(stumbling.got) == 3
    refusing = receiver(403)
    notices = Notices(database=Database(dsn=pg_dsn), webhook_url=refusing.url)
    notices.tell([notice(2)])
    assert notices.deliver() == 0
    assert len(refusing.got) == 1
    assert _state(pg_engine) == [("sent", 1), ("waiting", 1)]


def test_a_message_to_nobody_waits_and_arrives_later(pg_engine, pg_dsn, receiver):
    away = Notices(database=Database(dsn=pg_dsn), webhook_url="http://127.0.0.1:9/hook")
    away.tell([notice(1), notice(2)])
    assert away.deliver() == 0
    hook = receiver()
    assert Notices(database=Database(dsn=pg_dsn), webhook_url=hook.url).deliver() == 2
    assert [json.loads(body)["notification_id"] for _, body in hook.got] == [1, 2]


def test_a_message_that_the_receiver_refuses_keeps_no_other_from_it(pg_engine, pg_dsn, receiver):
    hook = receiver(400)
    notices = Notices(database=Database(dsn=pg_dsn), webhook_url=hook.url)
    notices.tell([notice(1), notice(2), notice(3)])
    assert notices.deliver() == 2
    assert _state(pg_engine) == [("waiting", 1), ("sent", 1), ("sent", 1)]
