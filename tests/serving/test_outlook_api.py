"""Forecasts, promises, alerts, dispositions and staffing through HTTP."""

import uuid
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, insert, text

from core.db.tables import AnalyticsResult, ForecastActual, ForecastPromise, SurgeAlert, SurgeClosedPeriod
from core.vocabulary import Role

NOW = datetime(2026, 11, 24, tzinfo=UTC)
_BOUNDS = {"lo80": 290.0, "hi80": 330.0, "lo95": 280.0, "hi95": 340.0}
_REPORTED = {"complete_share": 0.5, "estimate": 24.0, "estimate_low": 19.0, "estimate_high": 30.0}
_SCORE = {"scored": 1, "coverage80": 1.0, "coverage95": 1.0, "wis": 2.0, "mase": 0.7, "skill": 0.2}


def _publish(engine: Engine, section: str, payload: dict) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(AnalyticsResult).values(
                section=section, as_of=NOW, receipt_id=f"rcp_{section}", payload=payload, published_at=NOW
            )
        )


def _step(period: str, mean: float = 310.0) -> dict:
    return {"step": 1, "period": period, "mean": mean, **_BOUNDS}


def _board(**series) -> dict:
    one = {
        "series_id": "all", "model": "structural", "refused": None, "notes": [], "steps": [_step("2026-11")],
        "record": {"origins": 3, "periods": 36, "mae": 9.0, "naive_mae": 12.0, "mase": 0.8, "skill": 0.25,
                   "coverage80": 0.81, "coverage95": 0.97},
        "baseline": [_step("2026-11", 305.0)], "baseline_note": None, "baseline_split": None,
    }  # fmt: skip
    week = {"model": "seasonal_naive", "refused": "structural did not beat seasonal naive", "notes": [], "record": None}
    grains = {
        "months": ["2026-12"], "notes": [], "daily": [_step("2026-11-25", 12.0)],
        "weekly": [_step("2026-W48", 70.0)], "daily_source": {**week, "model": "structural", "refused": None},
        "weekly_source": week,
    }  # fmt: skip
    return {"horizon": 12, "series": [{**one, **series}], "errors": [], "grains": grains}


def _kind(kind: str) -> dict:
    return {
        "kind": kind, "promised": 12, "still_open": 11, "first_as_of": "2026-09", "last_as_of": "2026-10",
        "served": _SCORE, "baseline": _SCORE, "served_beside_baseline": _SCORE,
        "steps": [{"step": 1, "score": _SCORE}],
        "series": [{"series_id": "Influenza", "model": "structural", "score": _SCORE}],
        "months": ["2026-10"], "calendar": [{"series_id": "Influenza", "step": 1, "states": ["kept80"]}],
        "warnings": [],
    }  # fmt: skip


@pytest.fixture
def promises(pg_engine: Engine) -> None:
    """Two live promises for October, one for a small condition, and a replayed one."""
    common = {
        "role": "served", "made_at": NOW, "as_of_month": "2026-09", "step": 1, "month": "2026-10", "mean": 6.0,
        "lo80": 4.0, "hi80": 8.0, "lo95": 2.0, "hi95": 10.0, "naive_mean": 5.0, "scale": 2.0, "model": "structural",
        "dagster_run_id": "run", "code_commit": "abc", "data_sha256": "f" * 64,
    }  # fmt: skip
    rows = [
        {"forecast_id": "a", "kind": "live", "series_id": "Influenza"},
        {"forecast_id": "b", "kind": "live", "series_id": "Fracture"},
        {"forecast_id": "c", "kind": "replayed", "series_id": "Influenza"},
    ]
    counts = {"Influenza": 5, "Fracture": 40, "Pneumonia": 30, "all": 75}
    with pg_engine.begin() as connection:
        connection.execute(insert(ForecastPromise), [{**common, **row} for row in rows])
        connection.execute(
            insert(ForecastActual),
            [
                {"series_id": name, "month": "2026-10", "count": count, "observed_at": NOW, "dagster_run_id": "run"}
                for name, count in counts.items()
            ],
        )
    _publish(pg_engine, "forecast_ledger", {"live": _kind("live"), "replayed": _kind("replayed")})


@pytest.fixture
def alerts(pg_engine: Engine) -> list[uuid.UUID]:
    """Two live alerts and a replayed one; the second has a small count."""
    ids = [uuid.uuid4() for _ in range(3)]
    common = {
        "grain": "week", "expected": 4.0, "excess": 20.0, "p_exceed": 0.001, "q_value": 0.02, "level": "high",
        "budget": 0.2, "receipt_id": "rcp_x", "dagster_run_id": "run", "published_at": NOW, **_REPORTED,
    }  # fmt: skip
    rows = [
        ("2026-W47", date(2026, 11, 16), 1, "Influenza", 24, "live"),
        ("2026-W47", date(2026, 11, 16), 2, "Measles", 5, "live"),
        ("2026-W20", date(2026, 5, 11), 1, "Influenza", 30, "replayed"),
    ]
    names = ("period", "period_start_date", "rank", "series_id", "count", "kind")
    with pg_engine.begin() as connection:
        connection.execute(
            insert(SurgeAlert),
            [
                {"alert_id": one, **common, **dict(zip(names, row, strict=True))}
                for one, row in zip(ids, rows, strict=True)
            ],
        )
        connection.execute(
            insert(SurgeClosedPeriod).values(
                grain="week", period="2026-W47", judged_count=16, alert_count=2, budget=0.2, kind="live",
                receipt_id="rcp_x", published_at=NOW,
            )
        )  # fmt: skip
    return ids


async def test_a_forecast_carries_its_measured_coverage_and_the_baseline(signed_in, pg_engine):
    client = await signed_in(Role.DOCTOR)
    _publish(pg_engine, "volume_forecast", _board())
    (one,) = (await client.get("/api/forecasts")).json()["series"]
    assert one["record"]["coverage80"] == 0.81
    assert one["baseline"][0]["mean"] == 305.0


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.ADMIN])
async def test_before_the_first_publication_each_answer_is_there_and_says_that_nothing_is(signed_in, role, pg_engine):
    client, empty = await signed_in(role), {"as_of": None, "receipt": None}
    answers = [await client.get(f"/api/{path}") for path in ("forecasts", "promises", "surge/grade")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json() for answer in answers] == [
        empty | {"horizon": None, "series": [], "errors": [], "grains": None, "week_profile": None},
        empty | {"live": None, "replayed": None},
        empty | {"alpha": None, "method": None, "seed": None, "injections": None, "conditions": []},
    ]
    assert (await client.get("/api/analytics/")).json()["sections"]["patient_volume"] is None, "as the analyses do"


async def test_a_refused_forecast_that_repeats_small_counts_is_not_shown_to_administrators(signed_in, pg_engine):
    _publish(pg_engine, "volume_forecast", _board(model="seasonal_naive", refused="no", steps=[_step("2026-11", 3.0)]))
    doctor = (await (await signed_in(Role.DOCTOR)).get("/api/forecasts")).json()["series"][0]
    admin = (await (await signed_in(Role.ADMIN)).get("/api/forecasts")).json()["series"][0]
    assert len(doctor["steps"]) == 1 and admin["steps"] == []
    assert admin["refused"] == "no"


async def test_promises_come_with_what_came_and_never_mix_kinds(signed_in, promises):
    page = (await (await signed_in(Role.DOCTOR)).get("/api/promises/rows")).json()
    assert [(row["series_id"], row["actual"], row["state"]) for row in page["items"]] == [
        ("Fracture", 40, "broken"), ("Influenza", 5, "kept80"),
    ]  # fmt: skip
    replayed = (await (await signed_in(Role.DOCTOR)).get("/api/promises/rows?kind=replayed")).json()["items"]
    assert [row["forecast_id"] for row in replayed] == ["c"]


async def test_small_counts_cannot_be_read_or_computed_from_the_ledger(signed_in, promises):
    client = await signed_in(Role.STEWARD)
    rows = {row["series_id"]: row for row in (await client.get("/api/promises/rows")).json()["items"]}
    assert rows["Influenza"]["actual"] is None and rows["Influenza"]["state"] == "none"
    assert rows["Influenza"]["naive_mean"] is None, "it is a count of last year"
    assert rows["Fracture"]["actual"] == 40
    calendar = (await client.get("/api/promises")).json()["live"]["calendar"]
    assert calendar[0]["states"] == ["none"]
    assert (await (await signed_in(Role.NURSE)).get("/api/promises")).json()["live"]["calendar"][0]["states"] == [
        "kept80"
    ]


async def test_a_disposition_yields_the_live_predictive_value_and_keeps_its_history(signed_in, alerts, pg_engine):
    client = await signed_in(Role.DOCTOR)
    path = f"/api/surge/alerts/{alerts[0]}/dispositions"
    first = await client.post(path, json={"disposition": "investigated", "why": "asked the ward"})
    assert first.status_code == 201 and first.json()["disposition"]["disposition"] == "investigated"
    await client.post(path, json={"disposition": "real", "why": "three siblings, PCR positive"})
    await client.post(
        f"/api/surge/alerts/{alerts[2]}/dispositions", json={"disposition": "noise", "why": "double entry"}
    )
    page = (await client.get("/api/surge/alerts")).json()
    assert page["ppv"]["live"] | {"low": 0, "high": 0} == {
        "real": 1, "noise": 0, "investigated": 0, "untouched": 1, "ppv": 1.0, "low": 0, "high": 0,
    }  # fmt: skip
    assert page["ppv"]["replayed"]["noise"] == 1 and page["ppv"]["replayed"]["ppv"] == 0.0
    assert (page["closed_period"], page["closed_alerts"], page["budget"]) == ("2026-W47", 2, 0.2)
    history = (await client.get(path)).json()["items"]
    assert [row["disposition"] for row in history] == ["real", "investigated"]
    only_open = (await client.get("/api/surge/alerts?only_open=true")).json()["items"]
    assert [row["alert_id"] for row in only_open] == [str(alerts[1])]
    with pg_engine.connect() as connection:
        audit = connection.execute(text("SELECT action, reason_code FROM audit_event ORDER BY event_id")).all()
    assert [tuple(row) for row in audit][:2] == [("surge.dispose", "investigated"), ("surge.dispose", "real")]


async def test_small_counts_of_alerts_are_hidden_from_administrators(signed_in, alerts):
    page = (await (await signed_in(Role.ADMIN)).get("/api/surge/alerts")).json()
    assert [row["count"] for row in page["items"]] == [24, None, 30]
    assert page["items"][1]["p_exceed"] is None


@pytest.mark.parametrize("role", [Role.NURSE, Role.ML_ENGINEER, Role.PATIENT])
async def test_who_may_not_dispose_of_an_alert_is_refused(signed_in, alerts, role):
    answer = await (await signed_in(role)).post(
        f"/api/surge/alerts/{alerts[0]}/dispositions", json={"disposition": "real", "why": "because"}
    )
    assert answer.status_code == 403


async def test_weeks_that_do_not_beat_seasonal_naive_say_so_where_they_are_used(signed_in, pg_engine):
    _publish(pg_engine, "volume_forecast", _board())
    nurse = await signed_in(Role.NURSE)
    source = (await nurse.get("/api/forecasts")).json()["grains"]["weekly_source"]
    assert (source["model"], source["refused"]) == ("seasonal_naive", "structural did not beat seasonal naive")
    assert (await nurse.get("/api/staffing/needs?grain=W")).json()["refused"] == source["refused"]
    assert (await nurse.get("/api/staffing/needs?grain=D")).json()["refused"] is None


async def test_an_alert_says_how_much_of_its_week_was_reported(signed_in, alerts):
    told = (await (await signed_in(Role.DOCTOR)).get("/api/surge/alerts")).json()["items"]
    assert {name: told[0][name] for name in _REPORTED} == _REPORTED
    small = min(told, key=lambda one: one["count"])
    assert small["count"] < 11
    hidden = (await (await signed_in(Role.ADMIN)).get("/api/surge/alerts")).json()["items"]
    same = next(one for one in hidden if one["alert_id"] == small["alert_id"])
    assert {same[name] for name in ("count", "estimate", "estimate_low", "estimate_high")} == {None}


async def test_an_unknown_alert_is_named(signed_in, accounts):
    answer = await (await signed_in(Role.DOCTOR)).post(
        f"/api/surge/alerts/{uuid.uuid4()}/dispositions", json={"disposition": "real", "why": "because"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "alert_not_found")


async def test_needs_follow_the_ratios_in_force_and_every_version_stays(signed_in, pg_engine):
    _publish(pg_engine, "volume_forecast", _board(steps=[_step("2026-11", 900.0) | {"hi80": 1200.0}]))
    admin = await signed_in(Role.ADMIN)
    nurse = await signed_in(Role.NURSE)
    before = (await nurse.get("/api/staffing/needs")).json()
    assert before["ratio_version"] == 0 and before["items"][0]["staff"]["registrar"] == 1
    seen = await admin.get("/api/staffing/ratios")
    wish = {
        "ratios": {"nurse": {"visits_per_shift": 2.0, "shifts_per_day": 3.0, "minimum": 2}},
        "beds": {"admitted_share": 0.5, "stay_days": 4, "occupancy": 0.8},
        "why": "winter plan",
    }
    assert (await admin.put("/api/staffing/ratios", json=wish)).status_code == 428
    done = await admin.put("/api/staffing/ratios", json=wish, headers={"If-Match": seen.headers["etag"]})
    assert done.status_code == 200, done.text
    after = (await nurse.get("/api/staffing/needs")).json()
    assert after["items"][0]["staff"] == {"nurse": 5} and after["items"][0]["staff_hi80"] == {"nurse": 7}
    assert after["items"][0]["beds"] == 75
    stale = await admin.put("/api/staffing/ratios", json=wish, headers={"If-Match": seen.headers["etag"]})
    assert stale.status_code == 412
    assert [row["version"] for row in (await nurse.get("/api/staffing/ratios")).json()["items"]] == [1, 0]
    assert (await nurse.put("/api/staffing/ratios", json=wish)).status_code == 403
    assert (await nurse.get("/api/staffing/needs?grain=D")).json()["items"][0]["period"] == "2026-11-25"


@pytest.mark.parametrize("bad", [{"occupancy": 0}, {"admitted_share": 1.2}, {"stay_days": -1}])
async def test_ratios_that_no_roster_can_be_made_from_are_refused(signed_in, accounts, bad):
    wish = {
        "ratios": {"nurse": {"visits_per_shift": 2.0}},
        "beds": {"admitted_share": 0.5, "stay_days": 4, "occupancy": 0.8} | bad,
        "why": "a trial",
    }
    answer = await (await signed_in(Role.ADMIN)).put("/api/staffing/ratios", json=wish)
    assert answer.status_code == 422


async def test_a_disposition_cannot_be_rewritten(signed_in, alerts, pg_engine):
    client = await signed_in(Role.ADMIN)
    await client.post(
        f"/api/surge/alerts/{alerts[0]}/dispositions", json={"disposition": "noise", "why": "a public holiday"}
    )
    with pytest.raises(Exception, match="only ever added"), pg_engine.begin() as connection:
        connection.execute(text("UPDATE surge_disposition SET disposition = 'real'"))
