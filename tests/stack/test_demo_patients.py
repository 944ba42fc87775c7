"""The demo's people: sealed names for synthetic patients, charts, second factors; and keys rotated under them."""

import json
import subprocess
import sys
from datetime import timedelta

import pandas as pd
import pyotp
from sqlalchemy import bindparam, func, insert, select, update

from app_api.identity import mfa
from core import clock, key_store
from core.db.tables import CareTeam, DataKey, Patient, QueueEntry, RecordVersion, Registration, UserAccount, UserMfa
from core.key_ring import bound
from core.settings import Settings
from core.vocabulary import Role
from medisync import demo, demo_operations, demo_patients


def _hospital(pg_engine, pg_dsn, tmp_path):
    settings = Settings(home=tmp_path, database_url=pg_dsn, redis_url=None)
    settings.ensure_secrets()
    accounts = demo.ensure_accounts(settings)
    now = clock.now()
    rows = [
        {"registration_id": f"r{i}", "patient_id": f"P{i:07d}", "facility": "North",
         "registered_at": now - timedelta(minutes=i),
         "sex": "female",
         "recorded_at": now, "age_years": float(20 + i), "condition": "Influenza"}
        for i in range(60)
    ]  # fmt: skip
    # The ninth was worse and not measured whole.
    measured = {"respiratory_rate": 23, "spo2_pct": 95, "systolic_bp": 108, "diastolic_bp": 60, "heart_rate": 115,
                "temperature_c": 38.4, "acuity": 2, "comorbidity_count": 1}  # fmt: skip
    of_one = update(Registration).where(Registration.registration_id == bindparam("who"))
    with pg_engine.begin() as connection:
        connection.execute(insert(Registration), rows)
        connection.execute(of_one.values(measured), {"who": "r7"})
        connection.execute(of_one.values(measured | {"respiratory_rate": 30, "spo2_pct": None}), {"who": "r9"})
    history = pd.DataFrame(
        [
            {"patient_id": "P0000003", "registered_at": pd.Timestamp(now) - pd.Timedelta(days=90), "facility": "North",
             "condition": "Fracture", "condition_code": "S52", "outcome": "discharged"}
        ]
    )  # fmt: skip
    assert demo_patients.fill(settings, pg_engine, history) == 60
    return settings, accounts


def test_every_registered_patient_of_the_demo_has_a_sealed_name_once(pg_engine, pg_dsn, tmp_path):
    settings, accounts = _hospital(pg_engine, pg_dsn, tmp_path)
    assert demo_patients.fill(settings, pg_engine, None) == 0
    with pg_engine.connect() as connection:
        ring = key_store.read_ring(connection, settings.secrets["phi_master_key"])
        rows = connection.execute(select(Patient)).all()
        assert len(rows) == 60 + demo_patients._TWICE
        assert all(row.is_synthetic for row in rows)
        assert all(ring.open(row.sealed, bound_to=bound("patient", row.patient_id))["family_name"] for row in rows)
        assert connection.execute(select(func.count()).select_from(RecordVersion)).scalar_one() == 1
        assert connection.execute(select(func.count()).select_from(CareTeam)).scalar_one() == 60
        patient = select(UserAccount.patient_id).where(UserAccount.role == "patient")
        assert connection.execute(patient).scalar_one() == "P0000007", "whose page has most to say"
        for role in Role:
            query = select(UserMfa.sealed).join(UserAccount, UserAccount.user_id == UserMfa.user_id)
            found = connection.execute(query.where(UserAccount.role == role.value)).all()
            assert bool(found) == (role is not Role.PATIENT) == ("totp_secret" in accounts[role])
        code = pyotp.TOTP(accounts["doctor"]["totp_secret"]).at(clock.now())
        assert mfa._step_of(accounts["doctor"]["totp_secret"], code) is not None


def test_keys_rotate_by_the_command_and_everything_opens_under_the_new_one(pg_engine, pg_dsn, tmp_path):
    settings, _ = _hospital(pg_engine, pg_dsn, tmp_path)
    environment = {"MEDISYNC_HOME": str(tmp_path), "MEDISYNC_DATABASE_URL": pg_dsn, "PATH": "/usr/bin:/bin"}
    code = "from medisync.main import run; import sys; sys.argv = ['medisync', 'keys', 'rotate', '--json']; run()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    answer = json.loads(done.stdout)
    assert answer["left"] == 0
    assert answer["rows"] >= 60 + 5 + 1
    with pg_engine.connect() as connection:
        ring = key_store.read_ring(connection, settings.secrets["phi_master_key"])
        assert ring.current == 2
        assert connection.execute(select(Patient.key_id).distinct()).scalars().all() == [2]
        for row in connection.execute(select(Patient.patient_id, Patient.sealed)):
            assert row.sealed[2] == 2
            ring.open(row.sealed, bound_to=bound("patient", row.patient_id))
        states = {row.key_id: row.state for row in connection.execute(select(DataKey.key_id, DataKey.state))}
    assert states == {1: "retired", 2: "current"}


def test_the_patient_of_the_account_waits_once_in_line(afternoon, pg_engine, pg_dsn, tmp_path):
    _hospital(pg_engine, pg_dsn, tmp_path)
    assert demo_operations.seed_operations(pg_engine, seed=20261124) > 3000
    with pg_engine.connect() as connection:
        in_line = select(QueueEntry.patient_id, QueueEntry.state).where(QueueEntry.ended_at.is_(None))
        rows = connection.execute(in_line).all()
    assert len({row.patient_id for row in rows}) == len(rows), "nobody stands in line twice"
    waiting = {row.patient_id for row in rows if row.state == "waiting"}
    assert "P0000007" in waiting
