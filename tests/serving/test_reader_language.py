"""Each person is answered in their language: the account's, else the browser's."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core import clock
from core.db.tables import AuditEvent, UserAccount
from core.vocabulary import Language, Role
from serving import problems

SPANISH = {"accept-language": "es-ES,es;q=0.9,en;q=0.5"}


async def test_the_language_is_chosen_told_and_taken_back(signed_in, pg_engine):
    patient = await signed_in(Role.PATIENT)
    before = (await patient.get("/api/users/me")).json()
    assert before["language"] is None
    changed = await patient.patch("/api/users/me", json={"language": "es"})
    assert (changed.status_code, changed.json()["language"]) == (200, "es")
    assert changed.json()["display_name"] == before["display_name"], "what is not named stays"
    assert (await patient.get("/api/users/me")).json()["language"] == "es"
    renamed = await patient.patch("/api/users/me", json={"display_name": "Gracia"})
    assert (renamed.json()["display_name"], renamed.json()["language"]) == ("Gracia", "es")
    assert (await patient.patch("/api/users/me", json={"language": None})).json()["language"] is None
    assert (await patient.patch("/api/users/me", json={})).json()["display_name"] == "Gracia"
    with pg_engine.connect() as connection:
        query = (
            select(AuditEvent.fields).where(AuditEvent.action == "user.update_self").order_by(AuditEvent.occurred_at)
        )
        assert [list(fields) for fields in connection.execute(query).scalars()] == [
            ["language"], ["display_name"], ["language"],
        ]  # fmt: skip


async def test_an_unknown_language_is_refused_with_what_is_allowed(signed_in):
    patient = await signed_in(Role.PATIENT)
    answer = await patient.patch("/api/users/me", json={"language": "fr"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "'en' or 'es'" in answer.json()["detail"]


async def test_a_limit_is_named_with_its_field_and_never_with_what_was_sent(signed_in):
    nurse = await signed_in(Role.NURSE)
    answer = await nurse.post("/api/patients", json={"given_name": "Ada", "family_name": "Q" * 500})
    assert answer.status_code == 422
    assert "allowed in body.family_name is at most" in answer.json()["detail"]
    assert "QQ" not in answer.text
    visit = {"patient_id": "P1", "facility": "Main", "condition": "Influenza", "age_years": -1}
    spanish = await nurse.post("/api/registrations", json=visit, headers={"accept-language": "es"})
    assert "en body.age_years se admite 0" in spanish.json()["detail"]


@pytest.mark.parametrize(("language", "allowed"), [
    ("en", "a date that exists, YYYY-MM-DD"), ("es", "una fecha que exista, AAAA-MM-DD"),
])  # fmt: skip
async def test_a_rule_of_ours_says_what_is_allowed_and_never_what_was_sent(signed_in, language, allowed):
    nurse = await signed_in(Role.NURSE)
    sent = {"given_name": "Ada", "family_name": "Quill", "birth_date": "1981-02-31"}
    answer = await nurse.post("/api/patients", json=sent, headers={"accept-language": language})
    assert (answer.status_code, answer.headers["content-language"]) == (422, language)
    assert answer.json()["errors"] == [{"loc": ["body", "birth_date"], "type": "value_error", "allowed": allowed}]
    assert answer.json()["detail"].endswith(f"body.birth_date {'is' if language == 'en' else 'se admite'} {allowed}")
    assert "02-31" not in answer.text


async def test_a_rule_between_fields_names_each_of_them(signed_in, pg_engine):
    admin = await signed_in(Role.ADMIN)
    answer = await admin.patch(f"/api/staff/{uuid.uuid4()}", json={})
    assert [(fault["loc"], fault["allowed"]) for fault in answer.json()["errors"]] == [
        (["body", "qualifications"], "at least one of them"), (["body", "licence"], "at least one of them"),
    ]  # fmt: skip


def test_what_somebody_elses_rule_says_is_not_passed_on():
    """Other libraries quote the value: «invalid literal for int() with base 10: 'Ada'»."""
    fault = {"loc": ("body", "age"), "type": "value_error", "ctx": {"error": ValueError("canary-81723")}}
    assert problems._faults(fault, Language.ENGLISH) == [{"loc": ["body", "age"], "type": "value_error"}]


async def test_only_ones_own_language_can_be_changed(signed_in, client):
    admin, nurse = await signed_in(Role.ADMIN), await signed_in(Role.NURSE)
    user_id = (await nurse.get("/api/users/me")).json()["user_id"]
    assert (await admin.patch(f"/api/users/{user_id}", json={"language": "es"})).status_code == 422
    assert (await client.patch("/api/users/me", json={"language": "es"})).status_code == 401


async def test_a_refusal_is_said_in_the_language_of_the_account_else_of_the_browser(signed_in):
    doctor = await signed_in(Role.DOCTOR)
    path = "/api/patients/nobody"
    english = await doctor.get(path)
    assert english.headers["content-language"] == "en"
    spanish = await doctor.get(path, headers=SPANISH)
    assert (spanish.status_code, spanish.json()["code"]) == (english.status_code, english.json()["code"])
    assert spanish.json()["detail"] == "Ese paciente no está entre los que usted puede ver."
    assert spanish.headers["content-language"] == "es"
    await doctor.patch("/api/users/me", json={"language": "en"})
    assert (await doctor.get(path, headers=SPANISH)).json()["detail"] == english.json()["detail"]
    await doctor.patch("/api/users/me", json={"language": "es"})
    assert (await doctor.get(path)).json()["detail"] == spanish.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "detail"),
    [
        (
            "POST",
            "/api/auth/login",
            {"email": "a@b.es", "password": "x"},
            "El correo y la contraseña no coinciden.",
        ),
        ("GET", "/api/users/me", None, "Primero inicie sesión."),
        ("GET", "/api/no-such-route", None, "No encontrado."),
        ("DELETE", "/api/auth/login", None, "Método no admitido."),
        ("POST", "/api/auth/login", {"email": 5}, "La petición no se ajusta a su esquema."),
    ],
)
async def test_who_is_not_signed_in_is_answered_as_the_browser_asks(client, accounts, method, path, body, detail):
    answer = await client.request(method, path, json=body, headers=SPANISH)
    assert (answer.json()["detail"], answer.headers["content-language"]) == (detail, "es")


async def test_a_patient_reads_what_the_rules_say_in_spanish(signed_in, pg_engine):
    patient, doctor = await signed_in(Role.PATIENT), await signed_in(Role.DOCTOR)
    made = await doctor.post(
        "/api/patients",
        json={"given_name": "Rosa", "family_name": "Gil", "birth_date": "1980-02-01", "sex": "female"},
    )
    number = made.json()["patient_id"]
    due = clock.iso(clock.now() - timedelta(hours=1))
    task = await doctor.post(f"/api/patients/{number}/tasks", json={"title": "Weigh", "due_at": due})
    assert task.status_code == 201, task.text
    user_id = (await patient.get("/api/users/me")).json()["user_id"]
    with pg_engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.user_id == user_id).values(patient_id=number))
    await patient.patch("/api/users/me", json={"language": "es"})
    told = (await patient.get(f"/api/patients/{number}/insights")).json()
    assert [(one["code"], one["sentence"]) for one in told["items"]] == [
        ("late_tasks", "Algo que estaba previsto para usted todavía no se ha hecho. Pregunte, por favor, por ello.")
    ]
    assert told["items"][0]["reason"] == "1 tarea de cuidado abierta ha pasado de su hora."
    assert (await doctor.get(f"/api/patients/{number}/insights")).json()["items"][0]["reason"].startswith("1 open care")
