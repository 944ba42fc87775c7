"""The card of a version: filled by the run, signed by people, exported to CHAI's schema; the gate waits for it."""

import xml.etree.ElementTree as ET

import pytest
from releases import put_event, put_release, sign_drafts

from core.vocabulary import Role
from ml.card import ATTRIBUTES, DRAFTS, MEASURED, STATED
from tests.serving.conftest import sign_in

REASON = {"reason": "the owner agrees"}


@pytest.fixture
async def released(app_with_registry, alias_server, pg_engine, seed, accounts):
    """Version 1 is champion and 2 may follow it; nothing is signed."""
    for version in (1, 2):
        put_release(pg_engine, version, seed_hex=seed)
    put_event(pg_engine, 1)
    alias_server.version = 1
    await app_with_registry.state.models.poll()
    return app_with_registry


def texts(card):
    return {attribute["name"]: attribute["text"] for attribute in card["attributes"]}


async def test_an_unsigned_card_names_what_is_missing_and_offers_drafts(released):
    async with sign_in(released, Role.ML_ENGINEER) as engineer:
        card = (await engineer.get("/api/models/2/card")).json()
        listed = (await engineer.get("/api/models")).json()
    assert set(card["missing"]) == STATED
    assert card["verdict"] == "HOLD"
    assert len([attribute for attribute in card["attributes"] if attribute["is_source_attribute"]]) == 31
    drafts = {attribute["name"]: attribute["draft"] for attribute in card["attributes"] if attribute["draft"]}
    assert drafts == DRAFTS
    assert all(texts(card)[name] for name in MEASURED)
    assert listed["items"][0]["verdict"] == "HOLD"
    assert listed["items"][0]["missing"] == card["missing"]


async def test_a_signed_card_carries_owner_and_date_and_holds_for_the_next_version(released, pg_engine, seed):
    async with sign_in(released, Role.ML_ENGINEER) as engineer:
        answer = await engineer.post(
            "/api/models/statements", json={"owner": "Clinical safety lead", "statements": DRAFTS}
        )
        assert answer.status_code == 201
        assert answer.json() == {"changed": sorted(STATED), "missing": []}
        put_release(pg_engine, 3, seed_hex=seed)
        for version in (2, 3):
            card = (await engineer.get(f"/api/models/{version}/card")).json()
            assert (card["verdict"], card["missing"]) == ("PROMOTE", [])
            stated = next(item for item in card["attributes"] if item["name"] == "intended_use")
            assert (stated["owner"], stated["revision"]) == ("Clinical safety lead", 1)
            assert stated["signed_by"] and stated["signed_at"]


async def test_a_changed_statement_is_a_new_revision_and_the_old_one_is_kept(released, pg_engine):
    sign_drafts(pg_engine)
    wish = {
        "owner": "clinical safety lead",
        "statements": {"intended_use": "Only at triage", "developer": DRAFTS["developer"]},
    }
    async with sign_in(released, Role.ADMIN) as admin:
        assert (await admin.post("/api/models/statements", json=wish)).json()["changed"] == ["intended_use"]
        listed = (await admin.get("/api/models/statements", params={"attribute": "intended_use"})).json()
        card = (await admin.get("/api/models/1/card")).json()
    assert [(item["revision"], item["text"]) for item in listed["items"]] == [
        (2, "Only at triage"), (1, DRAFTS["intended_use"]),
    ]  # fmt: skip
    assert texts(card)["intended_use"] == "Only at triage"


@pytest.mark.parametrize("attribute", [attribute.name for attribute in ATTRIBUTES])
async def test_whichever_attribute_is_empty_no_promotion_is_made_and_it_is_named(
    released, pg_engine, seed, alias_server, attribute
):
    sign_drafts(pg_engine, leave_out=(attribute,))
    card = {name: "measured" for name in MEASURED if name != attribute}
    put_release(pg_engine, 3, seed_hex=seed, card=card)
    async with sign_in(released, Role.ADMIN) as admin:
        answer = await admin.post("/api/models/3/promote", json=REASON)
    assert (answer.status_code, answer.json()["code"]) == (409, "card_incomplete")
    assert attribute in answer.json()["detail"]
    assert alias_server.moves == []


async def test_what_a_run_measures_can_not_be_signed_by_a_person(released):
    async with sign_in(released, Role.ADMIN) as admin:
        wish = {"owner": "somebody", "statements": {"validity_measures": "perfect"}}
        answer = await admin.post("/api/models/statements", json=wish)
        blank = await admin.post(
            "/api/models/statements", json={"owner": "somebody", "statements": {"developer": "  "}}
        )
    assert (answer.status_code, answer.json()["code"]) == (404, "card_attribute_not_found")
    assert blank.status_code == 422


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.STEWARD])
async def test_only_administrators_and_engineers_sign(released, role):
    async with sign_in(released, role) as person:
        answer = await person.post("/api/models/statements", json={"owner": "me", "statements": DRAFTS})
        assert answer.status_code == 403
        assert (await person.get("/api/models/1/card")).status_code == 200


async def test_the_export_is_the_same_in_json_and_xml_and_says_what_is_not_stated(released, pg_engine):
    sign_drafts(pg_engine, leave_out=("funding_source",))
    async with sign_in(released, Role.DOCTOR) as doctor:
        as_json = (await doctor.get("/api/models/1/card/chai")).json()["AppliedModelCard"]
        as_xml = await doctor.get("/api/models/1/card/chai", params={"format": "xml"})
        missing = await doctor.get("/api/models/9/card")
    assert as_xml.headers["content-type"].startswith("application/xml")
    root = ET.fromstring(as_xml.content)
    space = "{https://mc.chai.org/v0.2/schema.xsd}"
    assert [child.tag.removeprefix(space) for child in root] == list(as_json)
    assert root.find(f"{space}ReleaseInfo/{space}ReleaseVersion").text == "1"
    assert as_json["TrustIngredients"]["TransparencyInformation"]["FundingSource"] == "Not stated"
    assert as_json["BasicInfo"]["ModelDeveloper"] == DRAFTS["developer"]
    assert (missing.status_code, missing.json()["code"]) == (404, "model_version_not_found")
