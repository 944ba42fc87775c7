"""`medisync user add`, on a real database."""

import json

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app_api.identity.passwords import matches
from core.db.tables import UserAccount
from core.errors import InputError
from medisync.users import app


@pytest.fixture
def add(pg_dsn, pg_engine, tmp_path, monkeypatch):
    """Run `user add` against the session's database."""
    monkeypatch.setenv("MEDISYNC_DATABASE_URL", pg_dsn)
    monkeypatch.setenv("MEDISYNC_HOME", str(tmp_path))

    def run(*arguments: str):
        return CliRunner().invoke(app, ["add", *arguments])

    return run


def test_the_password_is_shown_once_and_only_its_hash_is_kept(add, pg_engine):
    shown = add("--email", " New.Nurse@Clinic.example", "--role", "nurse", "--json")
    assert shown.exit_code == 0, shown.output
    account = json.loads(shown.stdout)
    assert (account["email"], account["role"]) == ("new.nurse@clinic.example", "nurse")
    with pg_engine.connect() as connection:
        row = connection.execute(select(UserAccount.__table__)).one()
    assert (row.email, row.display_name, row.is_active) == ("new.nurse@clinic.example", "new.nurse", True)
    assert matches(row.password_hash, account["password"])
    assert account["password"] not in str(row)


def test_a_name_can_be_given_and_the_answer_is_a_sentence(add):
    shown = add("--email", "a@b.example", "--role", "admin", "--name", "Ada")
    assert "a@b.example (admin)" in shown.stdout


@pytest.mark.parametrize(
    ("email", "role", "code"),
    [("a@b.example", "surgeon", "unknown_role"), ("not an address", "nurse", "bad_email")],
)
def test_what_is_wrong_is_named(add, email, role, code):
    refused = add("--email", email, "--role", role)
    assert isinstance(refused.exception, InputError)
    assert refused.exception.code == code


def test_an_email_has_one_account(add):
    assert add("--email", "a@b.example", "--role", "nurse").exit_code == 0
    again = add("--email", "A@B.example", "--role", "doctor")
    assert getattr(again.exception, "code", "") == "email_taken"
