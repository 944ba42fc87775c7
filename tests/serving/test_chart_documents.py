"""Documents of a chart: filed sealed, seen by relation only, each look told, an error marked and never deleted."""

import asyncio
import uuid

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from test_verifications import CANARY, UNFIT, pdf, picture

from app_api.identity.session_book import Principal
from app_api.patients import policy, wall
from app_api.patients.policy import Relation
from app_api.uploads import documents
from core.db.tables import AuditEvent, ChartDocument, ChartDocumentFile, UserAccount
from core.vocabulary import Role

FORM = {"kind": "discharge_letter", "title": "Letter of the Zebra clinic"}
REASON = "of another patient, filed by mistake"
GLASS = {"reason": "unconscious in the shock room, allergies unknown"}


@pytest.fixture
async def people(signed_in):
    return {role: await signed_in(role) for role in Role}


@pytest.fixture
async def grace(people):
    wish = {"given_name": "Grace", "family_name": "Canarywood", "birth_date": "1961-02-03"}
    return (await people[Role.DOCTOR].post("/api/patients", json=wish)).json()["patient_id"]


async def file_in(client, patient_id, content, **form):
    files = {"file": ("../../etc/passwd", content, "text/html")}
    return await client.post(f"/api/patients/{patient_id}/documents", files=files, data=FORM | form)


async def _is_grace(app, accounts, grace):
    """Link the patient's account to the chart."""
    async with app.state.context.engine.begin() as connection:
        mine = update(UserAccount).where(UserAccount.email == accounts[Role.PATIENT])
        await connection.execute(mine.values(patient_id=grace))
    app.state.context.sessions._remembered.clear()


@pytest.mark.parametrize(("content", "media_type"), [
    (pdf(), "application/pdf"), (picture("PNG"), "image/png"), (picture("JPEG"), "image/jpeg"),
])  # fmt: skip
async def test_a_document_is_filed_listed_and_handed_out_as_a_harmless_attachment(people, grace, content, media_type):
    doctor = people[Role.DOCTOR]
    made = await file_in(doctor, grace, content)
    assert made.status_code == 201, made.text
    assert (made.json()["media_type"], made.json()["uploaded_by"]) == (media_type, "A doctor")
    (listed,) = (await doctor.get(f"/api/patients/{grace}/documents")).json()["items"]
    assert listed == made.json()
    assert {name: listed[name] for name in FORM} == FORM
    answer = await doctor.get(f"/api/patients/{grace}/documents/{listed['document_id']}/file")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    if media_type == "application/pdf":
        assert answer.content == content
    else:
        assert CANARY.encode() not in answer.content, "a picture is drawn anew"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "passwd" not in answer.headers["content-disposition"]
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("case", ["html under a PDF's name", "a PDF with a script", "a picture cut off", "nothing"])
async def test_a_file_is_judged_as_a_proof_of_profession_is(app, people, grace, case):
    content, code = UNFIT[case]
    answer = await file_in(people[Role.DOCTOR], grace, content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    async with app.state.context.engine.connect() as connection:
        assert (await connection.execute(select(ChartDocument.document_id))).all() == []


async def test_a_form_that_lacks_something_is_refused_by_name(people, grace):
    doctor, url = people[Role.DOCTOR], f"/api/patients/{grace}/documents"
    unknown = await file_in(doctor, grace, pdf(), kind="novel")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "bad_form_field")
    assert "discharge_letter" in unknown.json()["detail"]
    untitled = await doctor.post(url, files={"file": ("a.pdf", pdf(), "application/pdf")}, data={"kind": "other"})
    assert "title" in untitled.json()["detail"]
    assert (await doctor.post(url, data=FORM, files={"other": b"x"})).json()["code"] == "bad_form"
    large = await file_in(doctor, grace, pdf() + bytes(documents.MAX_BYTES))
    assert large.status_code == 413


async def test_title_file_and_reason_are_sealed_and_bound_to_their_row(app, people, grace):
    doctor = people[Role.DOCTOR]
    one = (await file_in(doctor, grace, pdf())).json()
    two = (await file_in(doctor, grace, picture("PNG"))).json()
    url = f"/api/patients/{grace}/documents/{one['document_id']}"
    done = await doctor.post(f"{url}/entered-in-error", json={"reason": REASON}, headers={"If-Match": '"1"'})
    assert done.status_code == 200
    async with app.state.context.engine.begin() as connection:
        for table in ("chart_document", "chart_document_file", "audit_event", "outbox_message"):
            rows = (await connection.execute(text(f'SELECT "{table}"::text FROM "{table}"'))).scalars().all()
            for canary in ("Zebra", REASON, CANARY):
                assert not [row for row in rows if canary in row or canary.encode().hex() in row], table
        sealed = (
            await connection.execute(
                select(ChartDocumentFile.sealed).where(ChartDocumentFile.document_id == uuid.UUID(one["document_id"]))
            )
        ).scalar_one()
        moved = update(ChartDocumentFile).where(ChartDocumentFile.document_id == uuid.UUID(two["document_id"]))
        await connection.execute(moved.values(sealed=sealed))
    answer = await doctor.get(f"/api/patients/{grace}/documents/{two['document_id']}/file")
    assert (answer.status_code, answer.json()["code"]) == (503, "unsealable")


async def test_the_same_file_is_filed_once_however_many_press(people, grace):
    doctor, content = people[Role.DOCTOR], pdf()
    answers = await asyncio.gather(*(file_in(doctor, grace, content) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"document_known"}


async def test_a_retried_upload_is_answered_again(people, grace):
    doctor, content = people[Role.DOCTOR], pdf()
    send = {"files": {"file": ("a.pdf", content, "application/pdf")}, "data": FORM, "headers": {"Idempotency-Key": "k"}}
    first, again = [await doctor.post(f"/api/patients/{grace}/documents", **send) for _ in range(2)]
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")


async def test_who_is_not_near_the_patient_sees_no_document_until_the_glass_is_broken(people, grace):
    nurse, url = people[Role.NURSE], f"/api/patients/{grace}"
    made = (await file_in(people[Role.DOCTOR], grace, pdf())).json()
    one = f"{url}/documents/{made['document_id']}/file"
    assert (await nurse.get(f"{url}/documents")).json()["code"] == "patient_not_found"
    assert (await nurse.get(one)).json()["code"] == "patient_not_found"
    assert (await file_in(nurse, grace, picture("PNG"))).json()["code"] == "patient_not_found"
    assert (await nurse.post(f"{url}/break-glass", json=GLASS)).status_code == 201
    assert (await nurse.get(one)).status_code == 200
    assert (await people[Role.ADMIN].get(f"{url}/documents")).status_code == 403


async def test_a_document_is_reached_through_its_own_patient_only(people, grace):
    doctor = people[Role.DOCTOR]
    made = (await file_in(doctor, grace, pdf())).json()
    other = {"given_name": "Omar", "family_name": "Zielinski", "birth_date": "1999-12-24"}
    other_id = (await doctor.post("/api/patients", json=other)).json()["patient_id"]
    answer = await doctor.get(f"/api/patients/{other_id}/documents/{made['document_id']}/file")
    assert (answer.status_code, answer.json()["code"]) == (404, "document_not_found")


async def test_the_patient_reads_own_documents_and_who_looked_at_them(app, people, accounts, grace):
    made = (await file_in(people[Role.DOCTOR], grace, pdf())).json()
    await _is_grace(app, accounts, grace)
    patient, url = people[Role.PATIENT], f"/api/patients/{grace}/documents"
    assert [one["title"] for one in (await patient.get(url)).json()["items"]] == [FORM["title"]]
    assert CANARY.encode() in (await patient.get(f"{url}/{made['document_id']}/file")).content
    assert (await file_in(patient, grace, picture("PNG"))).status_code == 403
    await people[Role.DOCTOR].get(f"{url}/{made['document_id']}/file")
    looks = (await patient.get(f"/api/patients/{grace}/access-log")).json()["items"]
    said = [(look["actor"], look["action"]) for look in looks]
    assert ("A doctor", "document.read") in said
    assert ("A doctor", "document.write") in said
    async with app.state.context.engine.connect() as connection:
        query = select(AuditEvent.object_ids, AuditEvent.relation, AuditEvent.fields)
        rows = (await connection.execute(query.where(AuditEvent.action == "document.read"))).all()
    assert ([made["document_id"]], "assigned", ["document"]) in [tuple(row) for row in rows]


async def test_an_error_is_marked_once_with_a_reason_kept_and_hidden_from_the_patient(app, people, accounts, grace):
    doctor, url = people[Role.DOCTOR], f"/api/patients/{grace}/documents"
    content = pdf()
    made = (await file_in(doctor, grace, content)).json()
    await _is_grace(app, accounts, grace)
    one, wish = f"{url}/{made['document_id']}", {"reason": REASON}
    assert (await doctor.post(f"{one}/entered-in-error", json={"reason": "oops"})).status_code == 422
    assert (await doctor.post(f"{one}/entered-in-error", json=wish)).status_code == 428
    done = await doctor.post(f"{one}/entered-in-error", json=wish, headers={"If-Match": '"1"'})
    assert (done.json()["status"], done.json()["reason"], done.json()["marked_by"]) == (
        "entered_in_error", REASON, "A doctor",
    )  # fmt: skip
    again = await doctor.post(f"{one}/entered-in-error", json=wish, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (409, "document_marked")
    (kept,) = (await doctor.get(url)).json()["items"]
    assert (kept["status"], kept["reason"], kept["title"]) == ("entered_in_error", REASON, FORM["title"])
    assert (await doctor.get(f"{one}/file")).status_code == 200, "it is never deleted"
    patient = people[Role.PATIENT]
    assert (await patient.get(url)).json()["items"] == [], "it may be another person's"
    assert (await patient.get(f"{one}/file")).status_code == 404
    assert (await file_in(doctor, grace, content)).status_code == 201, "an error does not stand in its way"


async def test_with_the_first_wall_removed_the_second_one_still_holds(app, people, grace, monkeypatch):
    """The planted fault: the rule of relations lets everybody pass."""
    made = (await file_in(people[Role.DOCTOR], grace, pdf())).json()
    monkeypatch.setattr(policy, "relation", lambda role, ties: Relation.ASSIGNED)
    nurse, url = people[Role.NURSE], f"/api/patients/{grace}/documents"
    assert (await nurse.get(url)).json()["items"] == []
    assert (await nurse.get(f"{url}/{made['document_id']}/file")).status_code == 404
    assert (await file_in(nurse, grace, picture("PNG"))).status_code >= 400


@pytest.mark.parametrize("act", [
    "DELETE FROM chart_document_file", "DELETE FROM chart_document", "UPDATE chart_document_file SET sealed = 'x'",
    "UPDATE chart_document SET file_sha256 = 'x'",
])  # fmt: skip
async def test_behind_the_wall_nobody_deletes_or_rewrites_a_document(app, people, accounts, grace, act):
    await file_in(people[Role.DOCTOR], grace, pdf())
    async with app.state.context.engine.connect() as connection:
        query = select(UserAccount.user_id).where(UserAccount.email == accounts[Role.DOCTOR])
        user_id = (await connection.execute(query)).scalar_one()
        await wall.enter(connection, Principal(user_id, "e", "n", Role.DOCTOR, None))
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text(act))


async def test_a_chart_has_a_bound(people, grace, monkeypatch):
    monkeypatch.setattr("app_api.chart_documents.service.MAX_DOCUMENTS", 1)
    assert (await file_in(people[Role.DOCTOR], grace, pdf())).status_code == 201
    full = await file_in(people[Role.DOCTOR], grace, picture("PNG"))
    assert (full.status_code, full.json()["code"]) == (409, "too_many_documents")
