"""Requests about models, reports, quality and planning that are known to succeed.

Belongs here: seeds of what the pipeline made. Does not belong here: patients, queues.
"""

import secrets

from fuzz_person import Seed, World, seed, word

REASON = {"reason": "better than the one in use"}


def _other_version(world: World) -> int:
    """Return a version that may become champion and is not."""
    return world.row(
        "SELECT version FROM model_release WHERE verdict IN ('PROMOTE', 'HOLD') AND version <> "
        "(SELECT version FROM champion_event ORDER BY event_id DESC LIMIT 1)"
    )[0]


@seed("POST /api/models/{version}/promote")
def _promote(world: World) -> Seed:
    return {"path": {"version": _other_version(world)}, "body": REASON}


@seed("POST /api/models/rollback")
def _rollback(world: World) -> Seed:
    return {"body": REASON}


def _promotion(world: World) -> int:
    world.run(
        "INSERT INTO promotion_request (version, reason, requested_by, requested_at, status) "
        "VALUES (%s, 'better than the one in use', 'another administrator', now(), 'open')",
        _other_version(world),
    )
    return world.row("SELECT request_id FROM promotion_request ORDER BY request_id DESC LIMIT 1")[0]


@seed("POST /api/models/requests/{request_id}/confirm", "POST /api/models/requests/{request_id}/withdraw")
def _promotion_request(world: World) -> Seed:
    return {"path": {"request_id": _promotion(world)}}


@seed("GET /api/models/{version}/card", "GET /api/models/{version}/card/chai")
def _card(world: World) -> Seed:
    return {"path": {"version": 1}}


@seed("POST /api/models/statements")
def _statement(world: World) -> Seed:
    return {"body": {"owner": "Clinical safety lead", "statements": {"intended_use": f"At triage ({word()})"}}}


@seed("GET /api/receipts/{receipt_id}")
def _receipt(world: World) -> Seed:
    return {"path": {"receipt_id": world.row("SELECT receipt_id FROM receipt WHERE kind = 'analytics' LIMIT 1")[0]}}


@seed("GET /api/reports/{report_id}")
def _report(world: World) -> Seed:
    return {"path": {"report_id": world.row("SELECT report_id FROM stored_report WHERE role = %s", world.role)[0]}}


@seed("GET /api/validation/runs/{run_id}", "GET /api/validation/runs/{run_id}/report")
def _run(world: World) -> Seed:
    return {"path": {"run_id": world.row("SELECT validation_run_id::text FROM validation_run LIMIT 1")[0]}}


@seed("GET /api/layers/{asset}/profiles")
def _profiles(world: World) -> Seed:
    return {"path": {"asset": "features_risk"}}


@seed("POST /api/notifications/{notification_id}/read", "POST /api/notifications/{notification_id}/read-up-to")
def _notification(world: World) -> Seed:
    return {"path": {"notification_id": world.row("SELECT notification_id FROM notification LIMIT 1")[0]}}


@seed("GET /api/surge/alerts/{alert_id}/dispositions")
def _alert(world: World) -> Seed:
    return {"path": {"alert_id": world.row("SELECT alert_id::text FROM surge_alert LIMIT 1")[0]}}


@seed("POST /api/surge/alerts/{alert_id}/dispositions")
def _disposition(world: World) -> Seed:
    return {**_alert(world), "body": {"disposition": "investigated", "why": "asked the ward"}}


@seed("PUT /api/staffing/ratios")
def _ratios(world: World) -> Seed:
    seen = world.ask("GET", "/api/staffing/ratios", role="admin")
    current = seen.json()["items"][0]
    body = {"ratios": current["ratios"], "beds": current["beds"], "why": "as agreed"}
    return {"body": body, "headers": {"If-Match": seen.headers["etag"]}}


def _parked(world: World) -> Seed:
    """Park a row that broke one rule."""
    content_hash = secrets.token_hex(32)
    world.run(
        "INSERT INTO quarantined_registration SELECT (jsonb_populate_record(q, jsonb_build_object("
        "'content_hash', %s, 'status', 'open', 'source_record', %s))).* FROM quarantined_registration q LIMIT 1",
        content_hash, word(),
    )  # fmt: skip
    return {"path": {"content_hash": content_hash}}


@seed("GET /api/quarantine/{content_hash}")
def _parked_row(world: World) -> Seed:
    return _parked(world)


@seed("POST /api/quarantine/{content_hash}/fix")
def _fix(world: World) -> Seed:
    return {**_parked(world), "body": {"changes": {"age_years": "44"}, "reason": "Asked the ward"}}


@seed("POST /api/quarantine/{content_hash}/waive")
def _waive(world: World) -> Seed:
    return {**_parked(world), "body": {"reason": "Asked the ward"}}


@seed("POST /api/quarantine/replay")
def _replay(world: World) -> Seed:
    return {"body": {"months": ["2026-01"]}}


@seed("GET /api/quarantine/replays/{replay_id}")
def _one_replay(world: World) -> Seed:
    made = world.ask("POST", "/api/quarantine/replay", role="steward", json={"months": ["2026-01"]})
    return {"path": {"replay_id": made.json()["replay_id"]}}
