"""Following the champion: verified releases only, the old one stays whenever the new one is not right."""

import base64
import time

import orjson
import pytest
from releases import put_event, put_release, sign_drafts
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.db.tables import AuditEvent, ChampionEvent
from serving.main import create_app
from serving.realtime import events
from serving.risk.errors import RegistryAwayError


def events_of(engine):
    with engine.connect() as connection:
        query = select(ChampionEvent.version, ChampionEvent.kind).order_by(ChampionEvent.event_id)
        return [tuple(row) for row in connection.execute(query)]


async def told_alarms(app):
    """What the screens were told of the champion's alarms."""
    found, _, _ = await events.since(app.state.context.valkey, 0)
    return [orjson.loads(event.data) for event in found if event.topic == "model_alarm"]


async def test_the_champion_is_taken_and_swapped(app_with_registry, alias_server, pg_engine, seed):
    holder = app_with_registry.state.models
    assert holder.version is None
    for version in (1, 2):
        put_release(pg_engine, version, seed_hex=seed)
        put_event(pg_engine, version)
        alias_server.version = version
        await holder.poll()
        assert holder.version == version
    assert holder.troubles() == []
    assert b"medisync_model_version 2.0" in app_with_registry.state.metrics.text()


@pytest.mark.parametrize("fault", [
    {"signature": b"\x00" * 64},
    {"payload_sha256": "0" * 64},
    {"payload": b"MEDISYNC-RELEASE-1\nand then something else"},
    {"verdict": "REJECT"},
    {"is_golden_true": False},
], ids=lambda fault: next(iter(fault)))  # fmt: skip
async def test_a_release_that_is_not_right_is_refused_and_the_old_one_stays(
    app_with_registry, alias_server, pg_engine, seed, fault
):
    holder = app_with_registry.state.models
    put_release(pg_engine, 1, seed_hex=seed)
    put_event(pg_engine, 1)
    alias_server.version = 1
    await holder.poll()
    put_release(pg_engine, 2, seed_hex=seed, **fault)
    alias_server.version = 2
    await holder.poll()
    await holder.poll()
    assert holder.version == 1
    assert any("version 1 stays" in trouble for trouble in holder.troubles())
    assert events_of(pg_engine) == [(1, "bootstrap"), (2, "out_of_band")]
    alias_server.version = 1
    await holder.poll()
    assert holder.troubles() == []


async def test_a_release_by_another_key_is_refused(app_with_registry, alias_server, pg_engine):
    put_release(pg_engine, 1, seed_hex="11" * 32)
    alias_server.version = 1
    await app_with_registry.state.models.poll()
    assert app_with_registry.state.models.version is None


async def test_a_version_that_was_never_released_is_alarmed_at_the_first_look(
    app_with_registry, alias_server, pg_engine
):
    holder = app_with_registry.state.models
    alias_server.version = 7
    for _ in range(3):
        await holder.poll()
    assert events_of(pg_engine) == [(7, "out_of_band")]
    with pg_engine.connect() as connection:
        audited = connection.execute(select(AuditEvent).where(AuditEvent.action == "model.move")).one()
    assert (audited.outcome, audited.reason_code, audited.object_ids) == ("refused", "moved_past_gate", ["7"])
    assert holder.version is None
    assert b"medisync_champion_alarms_total 1.0" in app_with_registry.state.metrics.text()


async def test_a_move_past_the_gate_serves_only_with_its_consent_and_is_put_on_record(
    app_with_registry, alias_server, pg_engine, seed
):
    holder = app_with_registry.state.models
    put_release(pg_engine, 1, seed_hex=seed)
    sign_drafts(pg_engine)
    alias_server.version = 1
    for _ in range(3):
        await holder.poll()
    assert holder.version == 1
    assert holder.troubles() == []
    assert events_of(pg_engine) == [(1, "registry")]
    assert b"medisync_champion_alarms_total 1.0" in app_with_registry.state.metrics.text()


@pytest.mark.parametrize(("verdict", "leave_out"), [("HOLD", ()), ("PROMOTE", ("funding_source",))])
async def test_a_move_past_the_gate_is_refused_at_the_first_look_where_the_gate_holds(
    app_with_registry, alias_server, pg_engine, seed, verdict, leave_out
):
    holder = app_with_registry.state.models
    put_release(pg_engine, 1, seed_hex=seed)
    put_event(pg_engine, 1)
    alias_server.version = 1
    await holder.poll()
    await app_with_registry.state.context.valkey.ask(lambda client: client.flushall(), otherwise=None)
    sign_drafts(pg_engine, leave_out=leave_out)
    put_release(pg_engine, 2, seed_hex=seed, verdict=verdict)
    alias_server.version = 2
    await holder.poll()
    assert holder.version == 1
    assert events_of(pg_engine) == [(1, "bootstrap"), (2, "out_of_band")]
    assert any("moved past the record" in trouble for trouble in holder.troubles())
    (told,) = await told_alarms(app_with_registry)
    assert told["version"] == 2
    assert told["serving"] == 1


async def test_where_two_people_must_agree_a_move_in_the_registry_is_never_followed(
    app_settings, alias_server, pg_engine, seed, tmp_path, monkeypatch
):
    monkeypatch.setattr("serving.risk.holder.POLL_SECONDS", 3600.0)
    settings = app_settings.model_copy(update={"mlflow_url": alias_server.address, "needs_four_eyes": True})
    app = create_app(settings, web_dist=tmp_path)
    async with app.router.lifespan_context(app):
        put_release(pg_engine, 1, seed_hex=seed)
        sign_drafts(pg_engine)
        alias_server.version = 1
        await app.state.models.poll()
        assert app.state.models.version is None
    assert events_of(pg_engine) == [(1, "out_of_band")]


def test_the_database_refuses_to_change_or_delete_the_record_of_moves(pg_engine):
    put_event(pg_engine, 1)
    for statement in ("UPDATE champion_event SET version = 2", "DELETE FROM champion_event"):
        with pytest.raises(DBAPIError, match="only ever added"), pg_engine.begin() as connection:
            connection.execute(text(statement))
    assert events_of(pg_engine) == [(1, "bootstrap")]


@pytest.mark.parametrize("state", ["broken", "nonsense"])
async def test_a_registry_that_answers_nonsense_changes_nothing(
    app_with_registry, alias_server, pg_engine, seed, state
):
    holder = app_with_registry.state.models
    put_release(pg_engine, 1, seed_hex=seed)
    put_event(pg_engine, 1)
    alias_server.version = 1
    await holder.poll()
    alias_server.state = state
    await holder.poll()
    assert holder.version == 1
    assert not holder.is_registry_reachable


async def test_a_slow_registry_is_given_up_after_three_seconds(app_with_registry, alias_server):
    alias_server.state = "slow"
    started = time.monotonic()
    with pytest.raises(RegistryAwayError):
        await app_with_registry.state.alias.champion()
    assert time.monotonic() - started < 4.5


@pytest.mark.parametrize("state", ["well", "model_missing"])
async def test_no_alias_and_no_model_are_states_and_not_faults(app_with_registry, alias_server, state):
    alias_server.state = state
    await app_with_registry.state.models.poll()
    assert app_with_registry.state.models.is_registry_reachable
    assert app_with_registry.state.models.troubles() == ["no version is champion in the registry"]


async def test_without_a_registry_the_last_champion_is_served_from_the_database(
    app_settings, pg_engine, seed, tmp_path
):
    put_release(pg_engine, 3, seed_hex=seed)
    put_event(pg_engine, 3)
    app = create_app(app_settings, web_dist=tmp_path)
    async with app.router.lifespan_context(app):
        assert app.state.models.version == 3
        await app.state.models.poll()
        assert app.state.models.troubles() == ["the model registry is away: the last champion keeps serving"]


async def test_the_alias_is_moved_by_the_admin_account_only(app_with_registry, alias_server, app_settings):
    await app_with_registry.state.alias.move(4)
    ((account, version),) = alias_server.moves
    assert version == 4
    expected = f"admin:{app_settings.secrets['mlflow_admin_password']}"
    assert base64.b64decode(account.removeprefix("Basic ")).decode() == expected
