"""A home backed up while it works and brought back elsewhere: all tables equal, the champion served again."""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from releases import put_event, put_release
from sqlalchemy import Engine, insert, text

from app_api.envelope.audit import Entry, append
from core import audit_seals, clock
from core.backup import databases, making, restoring
from core.db import migrate
from core.db.engine import async_engine, sync_engine
from core.db.tables import Registration, UserAccount
from core.embedded import ports, postgres, service
from core.embedded.home import make_home, room_of
from core.errors import ConflictError, InputError, IntegrityError
from core.ids import new_uuid
from core.settings import Settings, child_environment
from serving.main import create_app

PASSPHRASE = "a passphrase of the night shift"
_CANARY = "Canary Nightingale"


def _quiet(name: str, count: int) -> None:
    assert name
    assert count >= 0


def _home(prefix: str) -> Settings:
    home = Path(tempfile.mkdtemp(prefix=prefix))
    home.chmod(0o711)
    return Settings(
        home=home,
        pg_port=ports.find_free(),
        valkey_port=ports.find_free(),
        database_url=None,
        redis_url=None,
        mlflow_url=f"http://127.0.0.1:{ports.find_free()}",
    )


_READS, _SEALS = 12, 3


def _audit(settings: Settings, engine: Engine) -> None:
    """Write what people read into the audit, seal by seal, anchored beside the database."""

    async def read(turn: int) -> None:
        writing = async_engine(settings.async_database_dsn, pool_size=1)
        async with writing.begin() as connection:
            for number in range(_READS):
                read = Entry(None, "nurse", "patient.read", "patient", object_ids=(f"pat_{turn}_{number}",))
                await append(connection, read)
        await writing.dispose()

    for turn in range(_SEALS):
        asyncio.run(read(turn))
        with engine.begin() as connection:
            made = audit_seals.seal_waiting(connection, seed_hex=settings.secrets["audit_signing_key"])
        assert made is not None
        audit_seals.anchor(settings.audit_anchor_file, *made)


def _verified(settings: Settings) -> tuple[int, dict[str, Any]]:
    """Run `medisync audit verify` on a home as its administrator does."""
    told = {"MEDISYNC_HOME": str(settings.home), "MEDISYNC_DATABASE_URL": settings.database_dsn}
    argv = [Path(sys.executable).with_name("medisync"), "audit", "verify", "--json"]
    done = subprocess.run(argv, env=child_environment(told), capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@dataclass(frozen=True)
class Kept:
    """A working home and its backup."""

    settings: Settings
    place: Path
    digests: dict[str, databases.Digests]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A home with rows, a champion and files, backed up while its PostgreSQL runs."""
    settings = _home("medisync-kept-")
    make_home(settings)
    server = postgres.service(settings, is_durable=False)
    try:
        service.start(server, room_of(settings))
        engine = sync_engine(settings.database_dsn)
        migrate.upgrade(engine)
        now = clock.now()
        with engine.begin() as connection:
            connection.execute(
                insert(Registration),
                [
                    {
                        "registration_id": f"R{number}",
                        "patient_id": f"P{number % 700}",
                        "facility": "Main",
                        "registered_at": now,
                        "recorded_at": now,
                        "condition": "Influenza",
                        "heart_rate": 60 + number / 7,
                    }
                    for number in range(2_000)
                ],
            )
            connection.execute(
                insert(UserAccount).values(
                    user_id=new_uuid(),
                    email="kept@clinic.example",
                    display_name=_CANARY,
                    role="admin",
                    password_hash="x",
                    is_active=True,
                    created_at=now,
                )
            )
            connection.execute(text("CREATE ROLE kept_reader NOLOGIN; GRANT SELECT ON registration TO kept_reader"))
        put_release(engine, 7, seed_hex=settings.secrets["release_signing_key"])
        put_event(engine, 7)
        _audit(settings, engine)
        engine.dispose()
        for name in ("warehouse/raw_registrations/2026-01.parquet", "mlflow/1/ab/artifacts/network.onnx"):
            path = settings.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_CANARY.encode() * 1000)
        place = tmp_path_factory.mktemp("backups") / "hospital.medisync"
        making.make(settings, place, passphrase=PASSPHRASE, told=_quiet)
        digests = {name: databases.digests_now(dsn) for name, dsn in databases.dsns(settings).items()}
        yield Kept(settings, place, digests)
    finally:
        service.stop(server, room_of(settings))
        shutil.rmtree(settings.root)


async def test_a_restored_home_has_equal_tables_and_files_and_serves_its_champion_again(kept):
    fresh = _home("medisync-restored-")
    try:
        restoring.restore(fresh, kept.place, passphrase=PASSPHRASE, told=_quiet)
        assert fresh.secrets == kept.settings.secrets
        for name in ("warehouse/raw_registrations/2026-01.parquet", "mlflow/1/ab/artifacts/network.onnx"):
            assert (fresh.root / name).read_bytes() == (kept.settings.root / name).read_bytes()
            assert (fresh.root / name).stat().st_mode & 0o077 == 0
        server = postgres.service(fresh, is_durable=False)
        service.start(server, room_of(fresh))
        try:
            found = {name: databases.digests_now(dsn) for name, dsn in databases.dsns(fresh).items()}
            assert found == kept.digests
            assert found["medisync"]["public.registration"][0] == 2_000
            _still_has_its_audit(fresh)
            await _serves_version_seven(fresh)
        finally:
            service.stop(server, room_of(fresh))
    finally:
        shutil.rmtree(fresh.root)


def _still_has_its_audit(settings: Settings) -> None:
    """Every seal of the restored home holds, its anchor included; one event that is changed there is found."""
    code, found = _verified(settings)
    assert (code, found["events"], found["seals"], found["faults"]) == (0, _READS * _SEALS, _SEALS, [])
    engine = sync_engine(settings.database_dsn)
    changed = text("UPDATE audit_event SET object_ids = ARRAY['pat_other'] WHERE object_ids = ARRAY['pat_1_3']")
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        assert connection.execute(changed).rowcount == 1
    engine.dispose()
    code, found = _verified(settings)
    assert code != 0
    assert found["faults"]


async def _serves_version_seven(settings: Settings) -> None:
    engine = sync_engine(settings.database_dsn)
    with engine.begin() as connection:
        granted = connection.scalar(text("SELECT has_table_privilege('kept_reader', 'registration', 'SELECT')"))
        assert granted
        # The next registration goes on counting where the hospital stopped.
        now = clock.now()
        new = insert(Registration).values(
            registration_id="next", patient_id="P1", facility="Main", registered_at=now, recorded_at=now
        )
        assert connection.scalar(new.returning(Registration.registration_seq)) == 2_001
    engine.dispose()
    app = create_app(settings, web_dist=settings.root / "web")
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://medisync.test") as client:
            answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["model_version"] == 7


def test_no_value_of_the_hospital_can_be_read_in_the_file(kept):
    content = kept.place.read_bytes()
    assert _CANARY.encode() not in content
    assert kept.settings.secrets["pseudonym_key"].encode() not in content
    assert kept.place.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("fault", ["flipped", "truncated", "extended"])
def test_a_backup_that_was_changed_is_refused_and_touches_nothing(kept, tmp_path, fault):
    content = bytearray(kept.place.read_bytes())
    if fault == "flipped":
        content[len(content) // 2] ^= 1
    changed = content[:-1000] if fault == "truncated" else content + b"more" if fault == "extended" else content
    place = tmp_path / "changed.medisync"
    place.write_bytes(changed)
    fresh = Settings(home=tmp_path / "fresh", database_url=None, redis_url=None, mlflow_url=None)
    with pytest.raises(IntegrityError):
        restoring.restore(fresh, place, passphrase=PASSPHRASE, told=_quiet)
    assert not fresh.root.exists()


def test_a_home_that_is_not_empty_is_refused_and_one_that_runs_even_with_replace(kept, tmp_path):
    used = Settings(home=tmp_path / "used", database_url=None, redis_url=None, mlflow_url=None)
    used.root.mkdir()
    (used.root / "secrets.json").write_text("{}")
    with pytest.raises(ConflictError, match="is not empty"):
        restoring.restore(used, kept.place, passphrase=PASSPHRASE, told=_quiet)
    assert (used.root / "secrets.json").read_text() == "{}"
    with pytest.raises(ConflictError, match="runs from"):
        restoring.require_room(kept.settings, replace=True)


def test_replace_moves_what_was_there_aside(tmp_path):
    used = Settings(home=tmp_path / "used", database_url=None, redis_url=None, mlflow_url=None)
    used.root.mkdir()
    (used.root / "secrets.json").write_text("{}")
    aside = restoring.move_aside(used)
    assert not used.root.exists()
    assert (aside / "secrets.json").read_text() == "{}"


def test_the_command_writes_into_a_folder_keeps_the_newest_and_checks_what_it_wrote(kept, tmp_path):
    for day in (1, 2, 3):
        (tmp_path / f"medisync-2025010{day}T000000Z.medisync").write_bytes(b"old")
    (tmp_path / "note.txt").write_text("not ours")
    key = tmp_path / "key"
    key.write_text(f"{PASSPHRASE}\n")
    settings = kept.settings
    environ = child_environment(
        {
            "MEDISYNC_HOME": str(settings.root),
            "MEDISYNC_PG_PORT": str(settings.pg_port),
            "MEDISYNC_VALKEY_PORT": str(settings.valkey_port),
        }
    )
    medisync = Path(sys.executable).with_name("medisync")
    argv = [medisync, "backup", tmp_path, "--key-file", key, "--keep", "2", "--json"]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["removed"] == ["medisync-20250101T000000Z.medisync", "medisync-20250102T000000Z.medisync"]
    assert report["rows"] >= 2_000
    assert len(list(tmp_path.glob("*.medisync"))) == 2
    assert (tmp_path / "note.txt").exists()
    checked = subprocess.run(
        [medisync, "restore", report["place"], "--check", "--key-file", key],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr


def test_a_backup_never_overwrites_and_never_removes_the_last(kept, tmp_path):
    with pytest.raises(ConflictError, match="never overwrites"):
        making.target(kept.place)
    with pytest.raises(InputError, match="at least 1"):
        making.prune(tmp_path, 0)
