"""Seals over the audit: a superuser with the triggers asleep changes something, and every change is found."""

import asyncio

import pytest
from sqlalchemy import select, text

from app_api.envelope.audit import Entry, append
from core import sealing
from core.audit_seals import anchor, merkle_root, seal_waiting, verify_all
from core.db.engine import async_engine
from core.db.tables import AuditSeal

SEED = "7" * 64


@pytest.fixture
def sealed(pg_engine, pg_dsn, tmp_path):
    """Four seals over ten events each, anchored; the function verifies and returns the findings."""
    path = tmp_path / "anchor.log"

    async def write(number: int) -> None:
        engine = async_engine(pg_dsn.replace("psycopg2", "asyncpg"), pool_size=1)
        async with engine.begin() as connection:
            for i in range(10):
                entry = Entry(None, "nurse", "patient.read", "patient", object_ids=(f"pat_{number}_{i}",))
                await append(connection, entry)
        await engine.dispose()

    for number in range(4):
        asyncio.run(write(number))
        with pg_engine.begin() as connection:
            made = seal_waiting(connection, seed_hex=SEED)
        assert made is not None
        anchor(path, *made)

    def check(anchor_path=path):
        with pg_engine.connect() as connection:
            return verify_all(connection, public=sealing.public_key(SEED), anchor_path=anchor_path)

    return check


def _tamper(engine, *statements):
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def test_an_untouched_audit_verifies(sealed):
    found = sealed()
    assert (found.events, found.seals, found.waiting, found.faults) == (40, 4, 0, [])


FIRST = "(SELECT event_ids[1] FROM audit_seal WHERE seal_seq = 2)"


@pytest.mark.parametrize(
    "statements",
    [
        [f"UPDATE audit_event SET outcome = 'refused' WHERE event_id = {FIRST}"],
        [f"UPDATE audit_event SET actor_id = gen_random_uuid() WHERE event_id = {FIRST}"],
        [f"UPDATE audit_event SET occurred_at = occurred_at + interval '1 microsecond' WHERE event_id = {FIRST}"],
        [f"UPDATE audit_event SET object_ids = ARRAY['pat_other'] WHERE event_id = {FIRST}"],
        [f"DELETE FROM audit_event WHERE event_id = {FIRST}"],
        ["DELETE FROM audit_event"],
        ["TRUNCATE audit_event, audit_seal"],
        [
            "INSERT INTO audit_event SELECT gen_random_uuid(), occurred_at, actor_id, actor_role, action, object_kind, "
            "object_ids, patient_id, relation, outcome, reason_code, fields, request_id FROM audit_event LIMIT 1"
        ],
        ["UPDATE audit_seal SET event_ids = event_ids[2:1] || event_ids[10:10] || event_ids[2:9] || event_ids[1:1]"],
        ["DELETE FROM audit_seal WHERE seal_seq = 2"],
        ["UPDATE audit_seal SET root = sha256('x') WHERE seal_seq = 3"],
        ["UPDATE audit_seal SET seal_hash = sha256('x') WHERE seal_seq = 4"],
        ["UPDATE audit_seal SET sealed_at = sealed_at - interval '1 day' WHERE seal_seq = 4"],
        ["UPDATE audit_seal SET signature = set_byte(signature, 0, get_byte(signature, 0) # 1) WHERE seal_seq = 1"],
        [
            "DELETE FROM audit_event WHERE event_id IN (SELECT unnest(event_ids) FROM audit_seal WHERE seal_seq = 4)",
            "DELETE FROM audit_seal WHERE seal_seq = 4",
        ],
    ],
)
def test_every_change_by_a_superuser_is_found(sealed, pg_engine, statements):
    _tamper(pg_engine, *statements)
    assert sealed().faults


def test_without_the_anchor_a_cut_tail_would_not_show(sealed, pg_engine):
    """Why the anchor file is there: this is the one change that the database alone cannot tell."""
    _tamper(
        pg_engine,
        "DELETE FROM audit_event WHERE event_id IN (SELECT unnest(event_ids) FROM audit_seal WHERE seal_seq = 4)",
        "DELETE FROM audit_seal WHERE seal_seq = 4",
    )
    assert sealed(None).faults == []
    assert sealed().faults == ["seal 4 of the anchor file is not in the database, or is another one"]


def test_seals_made_again_with_another_key_are_not_ours(sealed, pg_engine):
    _tamper(
        pg_engine,
        "UPDATE audit_event SET action = 'nothing.seen'",
        "INSERT INTO audit_unsealed SELECT event_id FROM audit_event",
        "TRUNCATE audit_seal",
    )
    with pg_engine.begin() as connection:
        seal_waiting(connection, seed_hex="8" * 64)
        assert connection.execute(select(AuditSeal.seal_seq)).scalars().all() == [1]
    assert "seal 1: its signature is not ours" in sealed(None).faults


def test_a_leaf_cannot_pass_for_a_node():
    left, right = b"a", b"b"
    assert merkle_root([left, right]) != merkle_root([left + right])
    assert merkle_root([left, right]) != merkle_root([right, left])
