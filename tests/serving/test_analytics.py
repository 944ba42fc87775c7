"""The analytics API: pages, tags, audiences, renewal, exports."""

import asyncio
import csv
import io
import re
from datetime import timedelta

import published
import pytest
import redis
from sqlalchemy import insert

from core import clock
from core.db.tables import Registration
from core.vocabulary import Role
from serving.analytics import schemas
from serving.analytics.live_receipt import LiveRows


async def renewed(app, engine, sections, **more):
    published.publish(engine, sections, **more)
    await app.state.analytics.renew()


async def test_before_anything_is_published_every_section_is_null(signed_in):
    doctor = await signed_in(Role.DOCTOR)
    page = (await doctor.get("/api/analytics/")).json()
    schemas.AnalyticsPage.model_validate(page)
    assert set(page["sections"].values()) == {None}
    assert page["is_synthetic"] is True


@pytest.mark.parametrize(("path", "model"), [
    ("/api/analytics/", schemas.AnalyticsPage),
    ("/api/analytics/doctor/", schemas.DoctorPage),
    ("/api/analytics/nurse/", schemas.NursePage),
    ("/api/analytics/realtime/", schemas.RealtimePage),
])  # fmt: skip
@pytest.mark.parametrize("role", [Role.DOCTOR, Role.ADMIN])
async def test_what_is_served_has_the_shape_that_is_declared(app, signed_in, pg_engine, path, model, role):
    await renewed(app, pg_engine, published.everything())
    answer = await (await signed_in(role)).get(path)
    if answer.status_code != 403:
        model.model_validate(answer.json(), strict=False)


async def test_a_block_carries_its_moment_and_a_receipt_that_resolves(app, signed_in, pg_engine):
    await renewed(app, pg_engine, published.everything())
    doctor = await signed_in(Role.DOCTOR)
    page = (await doctor.get("/api/analytics/")).json()
    for section, block in page["sections"].items():
        assert block["section"] == section
        assert block["as_of"] == "2026-11-22T00:00:00Z"
        receipt = (await doctor.get(f"/api/receipts/{block['receipt']}")).json()
        assert receipt["provenance"]["asset"] == f"analytics_{section}"
    assert page["sections"]["demographics"]["data"] == published.demographics()


async def test_an_unchanged_page_is_not_sent_again(app, signed_in, pg_engine):
    await renewed(app, pg_engine, published.everything())
    doctor = await signed_in(Role.DOCTOR)
    first = await doctor.get("/api/analytics/")
    for tags in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = await doctor.get("/api/analytics/", headers={"if-none-match": tags})
        assert (again.status_code, again.content) == (304, b"")
    await renewed(
        app,
        pg_engine,
        {"patient_volume": published.patient_volume(999)},
        published_at=published.AS_OF + timedelta(days=1),
    )
    changed = await doctor.get("/api/analytics/", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.json()["sections"]["patient_volume"]["data"]["history"][0]["count"] == 999
    assert changed.json()["sections"]["demographics"] == first.json()["sections"]["demographics"]


async def test_a_publication_is_served_within_a_second_of_the_nudge(app, signed_in, pg_engine, valkey_url):
    doctor = await signed_in(Role.DOCTOR)
    assert (await doctor.get("/api/analytics/")).json()["sections"]["demographics"] is None
    published.publish(pg_engine, published.everything())
    with redis.Redis.from_url(valkey_url) as nudger:
        nudger.incr("medisync:published")
        nudger.publish("medisync:published", "demographics")
    for _ in range(50):
        if (await doctor.get("/api/analytics/")).json()["sections"]["demographics"] is not None:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the publication was not served within a second")


async def test_a_second_worker_takes_the_bytes_from_valkey(app, signed_in, pg_engine):
    from serving.analytics.pages import Audience
    from serving.analytics.store import AnalyticsStore
    from serving.metrics import Metrics

    await renewed(app, pg_engine, published.everything())
    metrics, context = Metrics(), app.state.context
    other = AnalyticsStore(context.engine, context.valkey, metrics, is_synthetic=True)
    assert await other.page("all", Audience.CLINICAL) == await app.state.analytics.page("all", Audience.CLINICAL)
    assert b'medisync_analytics_cache_total{level="valkey"} 1.0' in metrics.text()
    assert b'medisync_analytics_cache_total{level="database"} 0.0' in metrics.text()


async def test_hits_of_the_cache_are_counted_and_exported(app, signed_in, pg_engine):
    async def counted():
        page = (await doctor.get("/metrics")).text
        return {level: float(n) for level, n in re.findall(r'analytics_cache_total{level="(\w+)"} (\S+)', page)}

    doctor = await signed_in(Role.DOCTOR)
    await renewed(app, pg_engine, published.everything())
    before = await counted()
    for _ in range(9):
        assert (await doctor.get("/api/analytics/doctor/")).status_code == 200
    assert await counted() == {**before, "process": before["process"] + 9}
    await renewed(app, pg_engine, published.everything(), published_at=published.AS_OF + timedelta(days=1))
    assert (await counted())["database"] == before["database"] + 1


async def test_reading_a_page_asks_neither_database_nor_valkey(app, signed_in, pg_engine):
    from serving.analytics.pages import Audience

    await renewed(app, pg_engine, published.everything())
    store = app.state.analytics
    store._engine = store._valkey = None
    for audience in Audience:
        assert (await store.page("all", audience)).body


async def test_the_nurse_is_told_how_many_to_expect_a_day(app, signed_in, pg_engine):
    await renewed(app, pg_engine, published.everything())
    page = (await (await signed_in(Role.NURSE)).get("/api/analytics/nurse/")).json()
    month = page["staffing"]["months"][0]
    assert month == {"month": "2026-11", "days": 30, "mean_per_day": 10.33, "lo80_per_day": 9.67, "hi80_per_day": 11.0}
    assert page["staffing"]["receipt"] == page["sections"]["patient_volume"]["receipt"]


@pytest.mark.parametrize(("role", "doctor_page", "nurse_page", "all_page"), [
    (Role.DOCTOR, 200, 200, 200),
    (Role.NURSE, 403, 200, 200),
    (Role.ADMIN, 403, 403, 200),
    (Role.STEWARD, 403, 403, 200),
    (Role.ML_ENGINEER, 403, 403, 200),
    (Role.PATIENT, 403, 403, 403),
])  # fmt: skip
async def test_each_role_reads_the_pages_that_are_meant_for_it(signed_in, role, doctor_page, nurse_page, all_page):
    client = await signed_in(role)
    paths = ("/api/analytics/doctor/", "/api/analytics/nurse/", "/api/analytics/")
    assert [(await client.get(path)).status_code for path in paths] == [doctor_page, nurse_page, all_page]


async def test_an_administrator_sees_no_small_cell_and_a_doctor_sees_it(app, signed_in, pg_engine):
    await renewed(app, pg_engine, published.everything())
    shown = {}
    for role in (Role.DOCTOR, Role.ADMIN):
        page = (await (await signed_in(role)).get("/api/analytics/")).json()
        shown[role] = [band["count"] for band in page["sections"]["demographics"]["data"]["age_bands"]]
    assert shown == {Role.DOCTOR: [200, 100, 4], Role.ADMIN: [200, None, None]}


async def test_the_board_counts_the_last_day_by_hour_condition_and_acuity(signed_in):
    doctor = await signed_in(Role.DOCTOR)
    for condition, acuity in (("Influenza", 3), ("Influenza", 2), ("Sepsis", None)):
        body = {"patient_id": "p", "facility": "f", "condition": condition, "acuity": acuity}
        assert (await doctor.post("/api/registrations", json=body)).status_code == 201
    page = (await doctor.get("/api/analytics/realtime/")).json()
    today = page["today"]
    assert today["registrations_count"] == 3
    assert len(today["by_hour"]) == 24
    assert today["by_hour"][-1]["count"] == 3
    assert today["by_condition"] == [{"condition": "Influenza", "count": 2}, {"condition": "Sepsis", "count": 1}]
    assert today["by_acuity"] == [{"acuity": 2, "count": 1}, {"acuity": 3, "count": 1}, {"acuity": None, "count": 1}]
    assert page["latest_registered_at"].endswith("Z")
    admin = (await (await signed_in(Role.ADMIN)).get("/api/analytics/realtime/")).json()["today"]
    assert admin["registrations_count"] is None
    assert {row["count"] for row in admin["by_condition"]} == {None}


async def test_a_board_is_counted_at_most_once_a_second(app, signed_in):
    doctor = await signed_in(Role.DOCTOR)
    answers = await asyncio.gather(*[doctor.get("/api/analytics/realtime/") for _ in range(20)])
    assert len({answer.json()["generated_at"] for answer in answers}) == 1


async def test_a_csv_export_runs_no_formula_and_names_its_source(app, signed_in, pg_engine):
    await renewed(app, pg_engine, published.everything())
    nurse = await signed_in(Role.NURSE)
    answer = await nurse.get("/api/analytics/export/", params={"format": "csv", "section": "illness_surge"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="medisync-illness_surge.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["condition"] == "'=cmd()"
    assert row["receipt"].startswith("rcp_illness_surge")
    assert row["count"] == "50"


async def test_an_export_of_everything_has_a_row_for_each_value(app, signed_in, pg_engine):
    await renewed(app, pg_engine, published.everything())
    answer = await (await signed_in(Role.ADMIN)).get("/api/analytics/export/", params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["section"] for row in rows} == set(published.everything())
    small = [row["value"] for row in rows if row["section"] == "demographics" and row["field"] == "count"]
    assert "4" not in small


async def test_an_export_of_what_is_not_published_is_not_found(signed_in):
    nurse = await signed_in(Role.NURSE)
    answer = await nurse.get("/api/analytics/export/", params={"section": "associations"})
    assert (answer.status_code, answer.json()["code"]) == (404, "section_not_published")
    assert (await nurse.get("/api/analytics/export/")).json() == {"items": [], "next": None}


async def test_an_unknown_receipt_is_not_found(signed_in):
    answer = await (await signed_in(Role.DOCTOR)).get("/api/receipts/rcp_nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "receipt_not_found")


async def test_the_board_leads_by_its_receipt_to_the_rows_that_it_counted(signed_in, pg_engine):
    moments = [clock.now() - timedelta(minutes=minutes) for minutes in (1, 2, 2000)]
    with pg_engine.begin() as connection:
        connection.execute(insert(Registration), [_registration(number, at) for number, at in enumerate(moments)])
    doctor = await signed_in(Role.DOCTOR)
    board = (await doctor.get("/api/analytics/realtime/")).json()
    assert board["as_of"] == board["generated_at"]
    told = (await doctor.get(f"/api/receipts/{board['receipt']}")).json()
    assert (told["kind"], told["provenance"]["row_count"]) == ("live", board["today"]["registrations_count"])
    with pg_engine.begin() as connection:
        connection.execute(insert(Registration), [_registration(9, clock.now() - timedelta(minutes=3))])
    again = (await doctor.get(f"/api/receipts/{board['receipt']}")).json()["provenance"]
    assert again == told["provenance"], "rows that came later are not of this board"
    admin = (await (await signed_in(Role.ADMIN)).get(f"/api/receipts/{board['receipt']}")).json()["provenance"]
    assert "row_count" not in admin
    assert (await doctor.get("/api/receipts/live_0000000000000000_9999999999999999_1")).status_code == 404


def _registration(number, at):
    return {"registration_id": f"live-{number}", "patient_id": f"p-{number}", "facility": "Main", "registered_at": at,
            "recorded_at": at, "condition": "Influenza", "acuity": 3}  # fmt: skip


async def test_a_receipt_of_the_board_is_no_way_to_count_any_other_time(signed_in):
    steward = await signed_in(Role.STEWARD)
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    board = LiveRows(hour - timedelta(hours=23), hour + timedelta(minutes=7), 10)
    told = (await steward.get(f"/api/receipts/{board.receipt_id}")).json()
    assert told["provenance"].keys().isdisjoint({"row_count", "first_registered_at", "last_registered_at"})
    others = [
        LiveRows(hour, hour + timedelta(minutes=1), 10),
        LiveRows(hour - timedelta(hours=25), hour, 10),
        LiveRows(hour - timedelta(hours=23, minutes=30), hour, 10),
    ]
    for rows in others:
        assert (await steward.get(f"/api/receipts/{rows.receipt_id}")).status_code == 404
