"""Who may make which version champion, with a second person where that is asked for, and what was champion when."""

from datetime import timedelta

import pytest
from httpx import ASGITransport, AsyncClient
from releases import put_event, put_release, sign_drafts
from sqlalchemy import insert, select, text, update

from core import clock
from core.db.tables import AuditEvent, ChampionEvent, PromotionRequest, UserAccount
from core.vocabulary import Role
from serving.main import create_app
from serving.risk import holder
from tests.serving.conftest import give_session, sign_in

REASON = {"reason": "better than the champion"}


@pytest.fixture
async def careful(app_settings, pg_engine, alias_server, seed, accounts, tmp_path, monkeypatch):
    """An application where two people must agree; version 1 is champion, 2 may follow."""
    monkeypatch.setattr(holder, "POLL_SECONDS", 3600.0)
    settings = app_settings.model_copy(update={"mlflow_url": alias_server.address, "needs_four_eyes": True})
    made = create_app(settings, web_dist=tmp_path)
    for version in (1, 2):
        put_release(pg_engine, version, seed_hex=seed)
    put_event(pg_engine, 1)
    sign_drafts(pg_engine)
    alias_server.version = 1
    async with made.router.lifespan_context(made):
        await made.state.models.poll()
        yield made


@pytest.fixture
async def second(careful, pg_engine):
    """A second administrator: the account of the engineer, made one."""
    with pg_engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.role == "ml_engineer").values(role="admin"))
    async with AsyncClient(transport=ASGITransport(careful), base_url="https://medisync.test") as client:
        await give_session(careful, client, Role.ML_ENGINEER)
        yield client


async def test_a_promotion_waits_for_a_second_administrator(careful, second, alias_server):
    async with sign_in(careful, Role.ADMIN) as admin:
        asked = await admin.post("/api/models/2/promote", json=REASON)
        assert asked.status_code == 202
        number = asked.json()["request_id"]
        assert alias_server.moves == []
        own = await admin.post(f"/api/models/requests/{number}/confirm")
        assert (own.status_code, own.json()["code"]) == (409, "same_person")
        assert alias_server.moves == []
    moved = await second.post(f"/api/models/requests/{number}/confirm")
    assert moved.json() == {"version": 2, "previous_version": 1}
    assert careful.state.models.version == alias_server.version == 2
    again = await second.post(f"/api/models/requests/{number}/confirm")
    assert (again.status_code, again.json()["code"]) == (409, "promotion_request_closed")
    (listed,) = (await second.get("/api/models/requests")).json()["items"]
    assert (listed["status"], listed["version"]) == ("confirmed", 2)
    assert listed["requested_by"] != listed["decided_by"]


async def test_a_withdrawn_or_old_request_promotes_nothing(careful, second, alias_server, pg_engine):
    async with sign_in(careful, Role.ADMIN) as admin:
        numbers = [(await admin.post("/api/models/2/promote", json=REASON)).json()["request_id"] for _ in range(2)]
        assert (await admin.post(f"/api/models/requests/{numbers[0]}/withdraw")).status_code == 204
    with pg_engine.begin() as connection:
        connection.execute(update(PromotionRequest).values(requested_at=clock.now() - timedelta(days=3)))
    for number in numbers:
        answer = await second.post(f"/api/models/requests/{number}/confirm")
        assert (answer.status_code, answer.json()["code"]) == (409, "promotion_request_closed")
    assert (await second.post("/api/models/requests/99/confirm")).json()["code"] == "promotion_request_not_found"
    assert alias_server.moves == []


async def test_a_request_is_judged_again_when_it_is_confirmed(careful, second, alias_server, pg_engine):
    async with sign_in(careful, Role.ADMIN) as admin:
        number = (await admin.post("/api/models/2/promote", json=REASON)).json()["request_id"]
    with pg_engine.begin() as connection:
        connection.execute(text("UPDATE model_release SET verdict = 'REJECT' WHERE version = 2"))
    answer = await second.post(f"/api/models/requests/{number}/confirm")
    assert (answer.status_code, answer.json()["code"]) == (409, "gate_refused")
    assert alias_server.moves == []


async def test_a_rollback_is_one_call_even_where_two_must_agree(careful, second, alias_server):
    async with sign_in(careful, Role.ADMIN) as admin:
        number = (await admin.post("/api/models/2/promote", json=REASON)).json()["request_id"]
        await second.post(f"/api/models/requests/{number}/confirm")
        back = await admin.post("/api/models/rollback", json={"reason": "it over-calls the old"})
    assert back.json() == {"version": 1, "previous_version": 2}
    assert careful.state.models.version == alias_server.version == 1


async def test_the_history_says_which_version_was_champion_at_any_moment(app_with_registry, accounts, pg_engine):
    start = clock.now().replace(microsecond=0) - timedelta(days=10)
    moves = [(1, None, "bootstrap"), (2, 1, "promote"), (9, 2, "out_of_band"), (1, 2, "rollback")]
    with pg_engine.begin() as connection:
        for day, (version, previous, kind) in enumerate(moves):
            connection.execute(
                insert(ChampionEvent).values(
                    version=version, previous_version=previous, kind=kind, actor="a", reason="because",
                    moved_at=start + timedelta(days=day),
                )
            )  # fmt: skip
    async with sign_in(app_with_registry, Role.STEWARD) as steward:
        for hours, expected in ((-1, None), (0, 1), (23, 1), (24, 2), (71, 2), (72, 1), (200, 1)):
            moment = (start + timedelta(hours=hours)).isoformat()
            found = (await steward.get("/api/models/history", params={"at": moment})).json()["champion_at"]
            assert (found and found["version"]) == expected, hours
        listed = (await steward.get("/api/models/history")).json()["items"]
        paged = (await steward.get("/api/models/history", params={"limit": 2, "cursor": listed[0]["event_id"]})).json()
    assert [(item["version"], item["kind"]) for item in listed] == [
        (1, "rollback"), (9, "out_of_band"), (2, "promote"), (1, "bootstrap"),
    ]  # fmt: skip
    assert [item["until"] for item in listed] == [
        None, listed[1]["since"], listed[0]["since"], listed[2]["since"],
    ]  # fmt: skip
    assert [item["event_id"] for item in paged["items"]] == [item["event_id"] for item in listed[1:3]]
    assert paged["items"][1]["until"] == listed[0]["since"]


async def test_every_move_and_every_signature_is_one_event_of_the_audit(careful, second, pg_engine):
    async with sign_in(careful, Role.ADMIN) as admin:
        key = {"Idempotency-Key": "promote-2"}
        asked = [await admin.post("/api/models/2/promote", json=REASON, headers=key) for _ in range(2)]
        assert asked[0].json() == asked[1].json(), "a second press of the same button asks once"
        number = asked[0].json()["request_id"]
        await admin.post(f"/api/models/requests/{number}/confirm")
        await admin.post("/api/models/statements", json={"owner": "safety lead", "statements": {"developer": "We"}})
        other = (await admin.post("/api/models/2/promote", json=REASON)).json()["request_id"]
        assert (await second.post(f"/api/models/requests/{other}/withdraw")).status_code == 204
        await second.post(f"/api/models/requests/{number}/confirm")
        await admin.post("/api/models/rollback", json=REASON)
        listed = (await admin.get("/api/models/requests")).json()["items"]
        history = (await admin.get("/api/models/history")).json()["items"]
    assert [(item["status"], item["requested_by_name"]) for item in listed] == [
        ("refused", "A admin"), ("confirmed", "A admin"),
    ]  # fmt: skip
    assert [item["actor_name"] for item in history] == ["A admin", "A ml_engineer", "test"]
    with pg_engine.connect() as connection:
        query = select(AuditEvent).where(AuditEvent.action.in_(["model.move", "model.state"]))
        found = connection.execute(query.order_by(AuditEvent.occurred_at)).all()
    assert [(row.action, row.outcome, row.reason_code, row.object_ids) for row in found] == [
        ("model.move", "done", "asked_for", ["2"]),
        ("model.move", "refused", "same_person", [str(number)]),
        ("model.state", "done", None, ["medisync-risk"]),
        ("model.move", "done", "asked_for", ["2"]),
        ("model.move", "done", "refused", [str(other)]),
        ("model.move", "done", None, [str(number)]),
        ("model.move", "done", "rollback", ["1", "2"]),
    ]
    assert found[2].fields == ["developer"]
