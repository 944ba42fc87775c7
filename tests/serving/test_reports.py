"""Reports: what is in them, for whom, and that they never hold up the others."""

import asyncio
import io
import threading
import time

import orjson
import published
import pytest
import pytest_asyncio
from pypdf import PdfReader
from sqlalchemy import insert

from core.db.tables import StoredReport
from core.vocabulary import Role
from reports.plans import PLANS
from serving.reports import press as press_rules
from serving.reports.press import Press, PressBusyError

PATH = "/api/analytics/pdf/"


def words_of(body: bytes) -> str:
    """Return the text of a PDF on one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).split())


@pytest_asyncio.fixture
async def hospital(pg_engine, app):
    published.publish(pg_engine, published.everything())
    await app.state.analytics.renew()


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.STEWARD, Role.ML_ENGINEER])
async def test_each_role_gets_its_report_with_a_source_under_every_figure(signed_in, hospital, role):
    client = await signed_in(role)
    answer = await client.post(PATH, json={"role": role})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="medisync-{role}-')
    words = words_of(answer.content)
    assert PLANS[role].title in words
    assert "Synthetic data" in words
    assert "As of 22 Nov 2026, 00:00 UTC" in words
    for section in set(PLANS[role].sections) - {"staffing"}:
        assert f"rcp_{section}_" in words.replace(" ", "")


async def test_only_the_sections_that_are_asked_for_are_in_it(signed_in, hospital):
    client = await signed_in(Role.DOCTOR)
    words = words_of((await client.post(PATH, json={"role": "doctor", "sections": ["demographics"]})).content)
    assert "Who comes?" in words
    assert "How many patients should we expect?" not in words


async def test_an_unknown_section_is_refused_with_those_that_are_allowed(signed_in, hospital):
    client = await signed_in(Role.DOCTOR)
    answer = await client.post(PATH, json={"role": "doctor", "sections": ["secret-word"]})
    assert answer.status_code == 422
    for section in PLANS[Role.DOCTOR].sections:
        assert section in answer.json()["detail"]
    assert "secret-word" not in answer.text


async def test_an_unknown_role_is_refused_with_those_that_are_allowed(signed_in, hospital):
    client = await signed_in(Role.DOCTOR)
    answer = await client.post(PATH, json={"role": "secret-word"})
    assert answer.status_code == 422
    for role in PLANS:
        assert f"'{role}'" in answer.json()["detail"]
    assert "secret-word" not in answer.text


@pytest.mark.parametrize(("reader", "report"), [(Role.NURSE, "doctor"), (Role.ADMIN, "doctor"), (Role.DOCTOR, "admin")])
async def test_the_report_of_a_page_that_one_may_not_read_is_refused(signed_in, hospital, reader, report):
    client = await signed_in(reader)
    assert (await client.post(PATH, json={"role": report})).status_code == 403


async def test_patients_have_no_reports(signed_in, hospital):
    client = await signed_in(Role.PATIENT)
    assert (await client.post(PATH, json={"role": "doctor"})).status_code == 403


async def test_small_cells_are_hidden_from_those_who_do_not_treat_patients(signed_in, pg_engine, app):
    published.publish(pg_engine, {"illness_surge": published.illness_surge(observed=7)})
    await app.state.analytics.renew()
    wanted = {"sections": ["illness_surge"]}
    doctor, steward = await signed_in(Role.DOCTOR), await signed_in(Role.STEWARD)
    exact = words_of((await doctor.post(PATH, json={"role": "doctor", **wanted})).content)
    hidden = words_of((await steward.post(PATH, json={"role": "steward", **wanted})).content)
    assert "7 registrations in 2026-W47" in exact
    assert "7 registrations in 2026-W47" not in hidden
    assert "Counts of 1 to 10 are hidden" in hidden


async def test_a_section_that_was_never_published_says_so(signed_in, app):
    client = await signed_in(Role.DOCTOR)
    words = words_of((await client.post(PATH, json={"role": "doctor"})).content)
    assert words.count("Not published yet.") == len(PLANS[Role.DOCTOR].sections)


async def test_a_report_is_tagged_for_screen_readers_and_bears_its_date(signed_in, hospital):
    client = await signed_in(Role.DOCTOR)
    reader = PdfReader(io.BytesIO((await client.post(PATH, json={"role": "doctor"})).content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].startswith("en")
    assert reader.metadata.title == "MediSync: Clinical report"
    assert reader.metadata.creation_date is not None


async def test_a_full_press_says_when_to_come_back_and_keeps_what_it_took(monkeypatch):
    monkeypatch.setattr(press_rules, "MAX_WAITING", 2)
    press, may_end = Press(), threading.Event()
    slow = [asyncio.create_task(press.make(lambda: may_end.wait(20) and b"done")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(PressBusyError):
        await press.make(lambda: b"late")
    may_end.set()
    assert await asyncio.gather(*slow) == [b"done", b"done"]
    assert await press.make(lambda: b"again") == b"again"
    press.close()


async def test_the_press_gives_up_on_a_report_that_takes_too_long(monkeypatch):
    monkeypatch.setattr(press_rules, "PRESS_SECONDS", 0.05)
    press, may_end = Press(), threading.Event()
    with pytest.raises(PressBusyError):
        await press.make(lambda: may_end.wait(20) and b"slow")
    may_end.set()
    press.close()


async def test_reports_never_hold_up_the_event_loop(signed_in, hospital):
    """While reports are set, a timer on the same loop keeps its time."""
    client = await signed_in(Role.DOCTOR)
    await client.post(PATH, json={"role": "doctor"})
    gaps: list[float] = []

    async def watch():
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            gaps.append(time.perf_counter() - before)

    watcher = asyncio.create_task(watch())
    answers = await asyncio.gather(*(client.post(PATH, json={"role": "doctor"}) for _ in range(8)))
    watcher.cancel()
    assert [answer.status_code for answer in answers] == [200] * 8
    # Set on the loop, eight reports in a row would stop it for as long as all of them take: no tick between.
    assert len(gaps) > 8
    assert sorted(gaps)[len(gaps) // 2] < 0.05


async def test_a_csv_export_stays_beside_it_and_runs_no_formula(signed_in, hospital):
    client = await signed_in(Role.DOCTOR)
    answer = await client.get("/api/analytics/export/", params={"format": "csv", "section": "illness_surge"})
    assert "'=cmd()" in answer.text
    assert orjson.loads((await client.get("/api/analytics/export/")).content)["next"] is None


async def test_stored_reports_are_listed_and_given_to_their_own_role_only(signed_in, hospital, pg_engine):
    with pg_engine.begin() as connection:
        for role, is_suppressed in (("doctor", False), ("admin", True)):
            row = {
                "report_id": f"rep_{role}",
                "role": role,
                "as_of": published.AS_OF,
                "made_at": published.AS_OF,
                "is_suppressed": is_suppressed,
                "receipts": [],
                "dagster_run_id": "run",
                "sha256": "0" * 64,
                "content": b"%PDF-1.7 " + role.encode(),
            }
            connection.execute(insert(StoredReport).values(row))
    admin, nurse, doctor = await signed_in(Role.ADMIN), await signed_in(Role.NURSE), await signed_in(Role.DOCTOR)
    listed = (await admin.get("/api/reports")).json()["items"]
    assert [(row["report_id"], row["is_suppressed"], row["size_bytes"]) for row in listed] == [("rep_admin", True, 14)]
    assert (await admin.get("/api/reports/rep_admin")).content == b"%PDF-1.7 admin"
    assert (await admin.get("/api/reports/rep_doctor")).status_code == 404
    assert (await nurse.get("/api/reports")).json()["items"] == []
    assert (await nurse.get("/api/reports/rep_doctor")).status_code == 404
    assert (await doctor.get("/api/reports/rep_doctor")).content == b"%PDF-1.7 doctor"


async def test_a_report_that_takes_too_long_keeps_its_place_until_its_thread_is_free(monkeypatch):
    monkeypatch.setattr(press_rules, "MAX_WAITING", 1)
    monkeypatch.setattr(press_rules, "PRESS_SECONDS", 0.05)
    press, is_free = Press(), threading.Event()
    try:
        with pytest.raises(PressBusyError, match="took too long"):
            await press.make(lambda: is_free.wait(5) and b"")
        await asyncio.sleep(0.05)
        with pytest.raises(PressBusyError, match="too many reports"):
            await press.make(lambda: b"next")
        is_free.set()
        async with asyncio.timeout(5):
            while True:
                try:
                    assert await press.make(lambda: b"next") == b"next"
                    break
                except PressBusyError:
                    await asyncio.sleep(0.01)
    finally:
        is_free.set()
        press.close()
