"""Proofs of profession: what may be uploaded, who decides, what an approval gives and when it ends."""

import io
import zipfile
from datetime import timedelta

import pikepdf
import pytest
from PIL import Image, PngImagePlugin
from sqlalchemy import select, update

from app_api.uploads import documents
from app_api.verifications import service
from core import clock
from core.db.tables import AuditEvent, UserAccount, Verification
from core.ids import new_uuid
from core.vocabulary import Role
from tests.serving.conftest import give_session

CANARY = "LICENCE-CANARY-8841"
WHY = "licence number checked with the chamber"


def pdf(change=lambda document: None, **options) -> bytes:
    document = pikepdf.new()
    document.add_blank_page(page_size=(595, 842))
    document.docinfo["/Title"] = CANARY
    change(document)
    out = io.BytesIO()
    document.save(out, **options)
    return out.getvalue()


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    options = {}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("place", CANARY)
    else:
        exif = Image.Exif()
        exif[0x010E] = CANARY
        options["exif"] = exif
    Image.new("RGB", (60, 40), "white").save(out, kind, **options)
    return out.getvalue()


def _script(document):
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def _attached(document):
    document.attachments["evil.bin"] = b"payload"


def _launch(document):
    act = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe"))
    document.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary(Type=pikepdf.Name.Annot, A=act)])


def _many_pages(document):
    for _ in range(60):
        document.add_blank_page()


def _with_zip_behind() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("run.js", "alert(1)")
    return pdf() + archive.getvalue()


LOCKED = pikepdf.Encryption(owner="a", user="b")
UNFIT = {
    "html under a PDF's name": (b"<html><script>1</script></html>", "not_a_document"),
    "a program": (b"MZ\x90\x00" + bytes(200), "not_a_document"),
    "a PDF behind html": (b"<html>" + pdf(), "not_a_document"),
    "nothing": (b"", "not_a_document"),
    "a PDF with a script": (pdf(_script), "document_active"),
    "a PDF with a file in it": (pdf(_attached), "document_active"),
    "a PDF that starts a program": (pdf(_launch), "document_active"),
    "a PDF with a password": (pdf(encryption=LOCKED), "document_encrypted"),
    "a PDF cut off": (pdf()[:-200], "document_damaged"),
    "a PDF with an archive behind it": (_with_zip_behind(), "document_damaged"),
    "a PDF without its table": (b"%PDF-1.7\nhello\n%%EOF\n", "document_damaged"),
    "a book": (pdf(_many_pages), "document_too_long"),
    "a picture cut off": (picture("PNG")[:60], "document_damaged"),
}


@pytest.fixture
async def people(signed_in):
    return {role: await signed_in(role) for role in Role}


@pytest.fixture
def ids(pg_engine, accounts):
    with pg_engine.connect() as connection:
        rows = connection.execute(select(UserAccount.role, UserAccount.user_id)).all()
    return {Role(row.role): row.user_id for row in rows}


async def upload(client, user_id, content, *, wanted="doctor", kind="application/pdf"):
    data = {} if wanted is None else {"wanted_role": wanted}
    files = {"file": ("../../etc/passwd", content, kind)}
    return await client.post(f"/api/users/{user_id}/verification", files=files, data=data)


async def decide(client, verification_id, decision="approved", days=365, **more):
    body = {"decision": decision, "reason": WHY, **more}
    if days is not None:
        body["expires_at"] = (clock.now() + timedelta(days=days)).isoformat()
    return await client.post(f"/api/verifications/{verification_id}/decision", json=body)


@pytest.mark.parametrize(("content", "media_type"), [
    (pdf(), "application/pdf"), (picture("PNG"), "image/png"), (picture("JPEG"), "image/jpeg"),
])  # fmt: skip
async def test_the_type_comes_from_the_content_whatever_the_sender_says(people, ids, content, media_type):
    answer = await upload(people[Role.NURSE], ids[Role.NURSE], content, wanted=None, kind="text/html")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["media_type"], answer.json()["wanted_role"]) == (media_type, "nurse")


@pytest.mark.parametrize("case", UNFIT)
async def test_an_unfit_file_is_refused_with_its_reason(app, people, ids, case):
    content, code = UNFIT[case]
    answer = await upload(people[Role.NURSE], ids[Role.NURSE], content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    async with app.state.context.engine.connect() as connection:
        assert (await connection.execute(select(Verification.verification_id))).all() == []


async def test_a_picture_that_would_fill_the_memory_is_refused(people, ids):
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    answer = await upload(people[Role.NURSE], ids[Role.NURSE], out.getvalue())
    assert (answer.status_code, answer.json()["code"]) in ((422, "document_too_large"), (422, "document_damaged"))


@pytest.mark.parametrize("extra", [1, 60_000])
async def test_a_file_past_the_bound_is_refused_before_it_is_looked_into(people, ids, extra):
    content = pdf() + bytes(documents.MAX_BYTES)[: documents.MAX_BYTES - len(pdf()) + extra]
    answer = await upload(people[Role.NURSE], ids[Role.NURSE], content)
    assert (answer.status_code, answer.json()["code"]) in ((413, "document_too_large"), (413, "too_large"))


async def test_what_a_picture_carries_besides_the_picture_is_dropped(people, ids):
    for kind in ("PNG", "JPEG"):
        assert CANARY.encode() in picture(kind)
        made = (await upload(people[Role.NURSE], ids[Role.NURSE], picture(kind))).json()
        kept = await people[Role.NURSE].get(f"/api/verifications/{made['verification_id']}/document")
        assert CANARY.encode() not in kept.content
        assert Image.open(io.BytesIO(kept.content)).size == (60, 40)


async def test_a_document_is_sealed_and_leaves_only_as_a_harmless_attachment(app, people, ids):
    made = (await upload(people[Role.NURSE], ids[Role.NURSE], pdf())).json()
    async with app.state.context.engine.connect() as connection:
        sealed = (await connection.execute(select(Verification.sealed))).scalar_one()
    assert CANARY.encode() not in sealed
    url = f"/api/verifications/{made['verification_id']}/document"
    for reader in (Role.NURSE, Role.ADMIN):
        answer = await people[reader].get(url)
        assert answer.content == pdf() or CANARY.encode() in answer.content
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert "passwd" not in answer.headers["content-disposition"]
        assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
        assert "sandbox" in answer.headers["content-security-policy"]
    assert (await people[Role.DOCTOR].get(url)).status_code == 404


async def test_a_document_is_handed_in_for_oneself_or_by_an_administrator(people, ids):
    refused = await upload(people[Role.NURSE], ids[Role.PATIENT], pdf())
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_account")
    assert (await upload(people[Role.ADMIN], ids[Role.PATIENT], pdf())).status_code == 201
    assert (await upload(people[Role.ADMIN], new_uuid(), pdf())).status_code == 404
    steward = await upload(people[Role.STEWARD], ids[Role.STEWARD], pdf(), wanted="admin")
    assert (steward.status_code, steward.json()["code"]) == (422, "role_not_verifiable")


async def test_a_patient_becomes_a_doctor_by_approval_and_a_patient_again_when_it_ends(app, people, ids, accounts):
    client, admin = people[Role.PATIENT], people[Role.ADMIN]
    made = (await upload(client, ids[Role.PATIENT], pdf())).json()
    assert (await client.get("/api/users/me")).json()["role"] == "patient", "an upload gives nothing"
    page = (await admin.get("/api/verifications")).json()
    assert (page["pending_count"], page["items"][0]["email"]) == (1, accounts[Role.PATIENT])
    said = await decide(admin, made["verification_id"])
    assert said.status_code == 200, said.text
    assert (await client.get("/api/users/me")).status_code == 401, "a new role ends the sessions"
    mine = await _fresh(app, client, Role.PATIENT)
    assert ((await mine.get("/api/users/me")).json()["role"], (await mine.get("/api/registrations")).status_code) == (
        "doctor", 200,
    )  # fmt: skip
    async with app.state.context.engine.begin() as connection:
        moment = clock.now() - timedelta(seconds=1)
        await connection.execute(update(UserAccount).where(_is(ids)).values(role_expires_at=moment))
    app.state.context.sessions.drop_user(ids[Role.PATIENT])
    assert (await mine.get("/api/users/me")).json()["role"] == "patient", "at the very moment, before any sweep"
    assert (await mine.get("/api/registrations")).status_code == 403
    async with app.state.context.engine.begin() as connection:
        assert await service.lapse(connection, clock.now()) == [ids[Role.PATIENT]]
        assert await service.lapse(connection, clock.now()) == []
    async with app.state.context.engine.connect() as connection:
        role = (await connection.execute(select(UserAccount.role).where(_is(ids)))).scalar_one()
        actions = (await connection.execute(select(AuditEvent.action).order_by(AuditEvent.event_id))).scalars().all()
    assert role == "patient"
    assert {"verification.upload", "verification.decide", "verification.lapse"} <= set(actions)


def _is(ids):
    return UserAccount.user_id == ids[Role.PATIENT]


async def _fresh(app, client, role):
    client.cookies.clear()
    await give_session(app, client, role)
    return client


async def test_a_remembered_session_loses_the_role_with_its_end(app, people, ids):
    """The book may remember a session for seconds: the end of the role is in what it remembers."""
    async with app.state.context.engine.begin() as connection:
        soon = clock.now() + timedelta(milliseconds=400)
        await connection.execute(
            update(UserAccount).where(UserAccount.user_id == ids[Role.DOCTOR]).values(role_expires_at=soon)
        )
    doctor = people[Role.DOCTOR]
    assert (await doctor.get("/api/registrations")).status_code == 200
    while clock.now() <= soon:
        await doctor.get("/api/users/me")
    assert (await doctor.get("/api/registrations")).status_code == 403


async def test_nobody_decides_on_a_document_of_their_own(people, ids):
    own = (await upload(people[Role.ADMIN], ids[Role.ADMIN], pdf())).json()
    for_another = (await upload(people[Role.ADMIN], ids[Role.NURSE], pdf())).json()
    for made in (own, for_another):
        answer = await decide(people[Role.ADMIN], made["verification_id"])
        assert (answer.status_code, answer.json()["code"]) == (403, "second_person_needed")


@pytest.mark.parametrize("days", [None, -1, 6 * 366])
async def test_an_approval_says_until_when_it_holds(people, ids, days):
    made = (await upload(people[Role.NURSE], ids[Role.NURSE], pdf())).json()
    answer = await decide(people[Role.ADMIN], made["verification_id"], days=days)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_expiry")


async def test_a_document_is_decided_on_once_and_its_owner_reads_why(people, ids):
    nurse, admin = people[Role.NURSE], people[Role.ADMIN]
    made = (await upload(nurse, ids[Role.NURSE], pdf())).json()
    assert (await decide(nurse, made["verification_id"])).status_code == 403
    assert (await decide(admin, made["verification_id"], "rejected", days=None)).status_code == 200
    assert (await decide(admin, made["verification_id"])).status_code == 409
    (line,) = (await nurse.get("/api/verifications/mine")).json()["items"]
    assert (line["status"], line["reason"]) == ("rejected", WHY)
    assert (await nurse.get("/api/users/me")).json()["role"] == "nurse", "a rejection takes nothing away"


async def test_an_account_cannot_fill_the_disk(monkeypatch, people, ids):
    monkeypatch.setattr("app_api.verifications.policy.MAX_DOCUMENTS", 2)
    codes = [(await upload(people[Role.NURSE], ids[Role.NURSE], picture("PNG"))).status_code for _ in range(3)]
    assert codes == [201, 201, 409]


async def test_a_form_from_another_site_is_refused(people, ids):
    files = {"file": ("a.pdf", pdf(), "application/pdf")}
    answer = await people[Role.NURSE].post(
        f"/api/users/{ids[Role.NURSE]}/verification", files=files, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    elsewhere = await people[Role.NURSE].post("/api/patients", files=files)
    assert elsewhere.status_code == 415, "forms are taken in one place only"


async def test_the_same_key_uploads_once(people, ids):
    nurse, headers = people[Role.NURSE], {"Idempotency-Key": "one"}
    url, files = f"/api/users/{ids[Role.NURSE]}/verification", {"file": ("a.png", picture("PNG"), "image/png")}
    first = await nurse.post(url, files=files, headers=headers)
    again = await nurse.post(url, files=files, headers=headers)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
