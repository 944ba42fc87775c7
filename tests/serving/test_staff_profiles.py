"""Profiles of doctors and nurses: what is one's own, what is verified, and the licence that ends with its proof."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text, update
from test_verifications import decide, pdf, upload

from core import clock
from core.db.tables import AuditEvent, Provider, UserAccount, Verification
from core.ids import new_uuid
from core.vocabulary import Role

OWN = {"unit": "Emergency, bay 3", "languages": ["de", "en", "tr"], "shift_preference": "night", "extension": "4417"}
LICENCE = {"number": "RN-CANARY 30551", "authority": "Nursing chamber of Berlin"}
FIRST = {"If-Match": '"0"'}


@pytest.fixture
async def people(signed_in):
    return {role: await signed_in(role) for role in Role}


@pytest.fixture
def ids(pg_engine, accounts):
    with pg_engine.connect() as connection:
        rows = connection.execute(select(UserAccount.role, UserAccount.user_id)).all()
    return {Role(row.role): row.user_id for row in rows}


async def _proven(people, ids, role, days=365):
    """Hand in a document for the role that somebody has, and have it approved."""
    made = (await upload(people[role], ids[role], pdf(), wanted=role.value)).json()
    assert (await decide(people[Role.ADMIN], made["verification_id"], days=days)).status_code == 200
    return made["verification_id"]


async def test_a_nurse_writes_down_the_own_part_and_reads_it_again(people):
    nurse = people[Role.NURSE]
    blank = await nurse.get("/api/staff/me")
    assert (blank.status_code, blank.headers["etag"], blank.json()["version"]) == (200, '"0"', 0)
    assert (blank.json()["languages"], blank.json()["licence"]["state"]) == ([], "none")
    assert (await nurse.patch("/api/staff/me", json=OWN)).status_code == 428
    made = await nurse.patch("/api/staff/me", json=OWN, headers=FIRST)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    read = (await nurse.get("/api/staff/me")).json()
    assert {name: read[name] for name in OWN} == OWN
    assert (await nurse.patch("/api/staff/me", json=OWN, headers=FIRST)).status_code == 412
    less = await nurse.patch("/api/staff/me", json={"extension": None}, headers={"If-Match": '"1"'})
    assert (less.json()["extension"], less.json()["unit"]) == (None, OWN["unit"]), "what is not named stays"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"languages": ["xx"]}, "languages"), ({"languages": ["German"]}, "languages"),
        ({"shift_preference": "never"}, "shift_preference"), ({"extension": "call me"}, "extension"),
        ({"unit": ""}, "unit"), ({"qualifications": ["triage_trained"]}, "qualifications"),
        ({"licence": LICENCE}, "licence"),
    ],
)  # fmt: skip
async def test_what_may_not_be_said_is_refused_by_name(people, wish, field):
    answer = await people[Role.NURSE].patch("/api/staff/me", json=wish, headers=FIRST)
    assert answer.status_code == 422
    assert field in json.dumps(answer.json())


async def test_an_administrator_writes_down_what_was_seen_and_the_nurse_cannot(people, ids):
    admin, url = people[Role.ADMIN], f"/api/staff/{ids[Role.NURSE]}"
    wish = {"qualifications": ["registered_nurse", "triage_trained"]}
    assert (await people[Role.NURSE].patch(url, json=wish, headers=FIRST)).status_code == 403
    assert (await admin.patch(url, json={}, headers=FIRST)).status_code == 422
    done = await admin.patch(url, json=wish, headers=FIRST)
    assert (done.status_code, done.json()["verified_by"]) == (200, "A admin")
    mine = (await people[Role.NURSE].get("/api/staff/me")).json()
    assert mine["qualifications"] == wish["qualifications"]
    assert (await admin.patch(f"/api/staff/{new_uuid()}", json=wish, headers=FIRST)).status_code == 404
    steward = await admin.patch(f"/api/staff/{ids[Role.STEWARD]}", json=wish, headers=FIRST)
    assert (steward.status_code, steward.json()["code"]) == (404, "staff_not_found")


async def test_a_licence_needs_an_approved_proof_and_ends_with_it(app, people, ids):
    admin, nurse, url = people[Role.ADMIN], people[Role.NURSE], f"/api/staff/{ids[Role.NURSE]}"
    refused = await admin.patch(url, json={"licence": LICENCE}, headers=FIRST)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_proven")
    verification_id = await _proven(people, ids, Role.NURSE, days=365)
    done = await admin.patch(url, json={"licence": LICENCE}, headers=FIRST)
    assert done.status_code == 200, done.text
    licence = done.json()["licence"]
    assert (licence["number"], licence["authority"], licence["state"]) == (*LICENCE.values(), "valid")
    async with app.state.context.engine.begin() as connection:
        end = (await connection.execute(select(Verification.expires_at))).scalar_one()
        assert licence["expires_at"] == end.isoformat().replace("+00:00", "Z")
        one = update(Verification).where(Verification.verification_id == verification_id)
        await connection.execute(one.values(expires_at=clock.now() + timedelta(days=59)))
    assert (await nurse.get("/api/staff/me")).json()["licence"]["state"] == "expires_soon"
    async with app.state.context.engine.begin() as connection:
        await connection.execute(one.values(expires_at=clock.now() - timedelta(seconds=1)))
    assert (await nurse.get("/api/staff/me")).json()["licence"]["state"] == "expired"
    gone = await admin.patch(url, json={"licence": None}, headers={"If-Match": '"1"'})
    assert (gone.json()["licence"]["state"], gone.json()["licence"]["number"]) == ("none", None)


async def test_a_renewed_proof_is_what_a_licence_is_bound_to_next(people, ids):
    admin, url = people[Role.ADMIN], f"/api/staff/{ids[Role.NURSE]}"
    await _proven(people, ids, Role.NURSE, days=40)
    first = (await admin.patch(url, json={"licence": LICENCE}, headers=FIRST)).json()["licence"]
    await _proven(people, ids, Role.NURSE, days=700)
    second = (await admin.patch(url, json={"licence": LICENCE}, headers={"If-Match": '"1"'})).json()["licence"]
    assert (first["state"], second["state"]) == ("expires_soon", "valid")


async def test_one_licence_belongs_to_one_account(people, ids):
    admin = people[Role.ADMIN]
    for role in (Role.NURSE, Role.DOCTOR):
        await _proven(people, ids, role)
    wish = {"licence": LICENCE}
    assert (await admin.patch(f"/api/staff/{ids[Role.NURSE]}", json=wish, headers=FIRST)).status_code == 200
    spelt = {"licence": LICENCE | {"number": "rn-canary 30551"}}
    taken = await admin.patch(f"/api/staff/{ids[Role.DOCTOR]}", json=spelt, headers=FIRST)
    assert (taken.status_code, taken.json()["code"]) == (409, "licence_known")
    again = await admin.patch(f"/api/staff/{ids[Role.NURSE]}", json=wish, headers={"If-Match": '"1"'})
    assert again.status_code == 200


async def test_a_licence_number_is_sealed_and_in_no_event(app, people, ids):
    await _proven(people, ids, Role.NURSE)
    await people[Role.ADMIN].patch(f"/api/staff/{ids[Role.NURSE]}", json={"licence": LICENCE}, headers=FIRST)
    async with app.state.context.engine.connect() as connection:
        for table in ("staff_profile", "audit_event", "outbox_message", "answered_key"):
            rows = (await connection.execute(text(f'SELECT "{table}"::text FROM "{table}"'))).scalars().all()
            assert not [row for row in rows if "CANARY" in row or b"CANARY".hex() in row], table
        query = select(AuditEvent.action, AuditEvent.fields, AuditEvent.object_ids)
        events = (await connection.execute(query.where(AuditEvent.action == "staff_profile.verify"))).all()
    assert [(e.fields, e.object_ids) for e in events] == [(["licence"], [str(ids[Role.NURSE])])]


async def test_doctors_and_nurses_have_one_profile_with_what_patients_can_book(app, people, ids):
    async with app.state.context.engine.begin() as connection:
        row = {"provider_id": new_uuid(), "name": "Dr A", "specialty": "Cardiology", "facility": "North",
               "time_zone": "Europe/Berlin", "user_id": ids[Role.DOCTOR], "is_active": True, "version": 1,
               "is_synthetic": False}  # fmt: skip
        await connection.execute(insert(Provider).values(**row))
    doctor = (await people[Role.DOCTOR].get("/api/staff/me")).json()
    assert doctor["practices"] == [{"specialty": "Cardiology", "facility": "North"}]
    page = (await people[Role.ADMIN].get("/api/staff")).json()
    assert [(one["role"], one["version"]) for one in page["items"]] == [("doctor", 0), ("nurse", 0)]
    for role in (Role.PATIENT, Role.ADMIN, Role.STEWARD):
        assert (await people[role].get("/api/staff/me")).status_code == 403
    assert (await people[Role.NURSE].get("/api/staff")).status_code == 403


async def test_of_two_who_write_at_once_one_is_told_to_read_again(people):
    nurse = people[Role.NURSE]
    wishes = ({"unit": f"U{number}"} for number in range(8))
    answers = await asyncio.gather(*(nurse.patch("/api/staff/me", json=wish, headers=FIRST) for wish in wishes))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
