"""The demo hospital of `medisync up`: six accounts, a synthetic history, and today's registrations.

Belongs here: what the demo consists of and in which order it is put in. Does not belong here: how a hospital is
generated (`ml.synthetic`), imported (`assets.intake`) or signed in to (`app_api.identity`).
"""

import json
import os
import secrets
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyotp
from rich.console import Console
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app_api.identity.passwords import hash_password
from assets.intake import import_file
from core import clock
from core.db.engine import sync_engine
from core.db.tables import ImportBatch, Registration, UserAccount, UserMfa
from core.ids import new_uuid
from core.key_store import read_ring, sealed_columns
from core.settings import Settings
from core.vocabulary import REGISTRATION_COLUMNS, Role
from medisync import demo_patients
from medisync.demo_operations import seed_operations
from medisync.synth import write
from ml.synthetic import generate_hospital, with_faults

#: These last days are entered in the application, as if by the clerks; what is older comes as a file.
_DAYS_IN_APPLICATION = 2
#: Share of the file's rows with a planted error of entry, so that stewards have something to see.
_FAULT_SHARE = 0.004

_NAMES = {
    Role.DOCTOR: "Dr. Amara Okafor",
    Role.NURSE: "Lena Hoffmann",
    Role.PATIENT: "Grace Lim",
    Role.ADMIN: "Jonas Weber",
    Role.STEWARD: "Priya Nair",
    Role.ML_ENGINEER: "Mateo Rossi",
}


def seed(settings: Settings, console: Console | None = None) -> None:
    """Put the demo hospital in, once: a home that already has it is left as it is."""
    console = console or Console(stderr=True)
    accounts = ensure_accounts(settings)
    engine = sync_engine(settings.database_dsn)
    with engine.connect() as connection:
        there = connection.execute(select(func.count()).select_from(ImportBatch)).scalar_one()
    if there:
        demo_patients.fill(settings, engine, None)
        console.print(f"Demo: {len(accounts)} accounts, the hospital is already there")
        engine.dispose()
        return
    now = pd.Timestamp(clock.now())
    hospital = generate_hospital(
        patients=settings.demo_patients, years=settings.demo_years, seed=settings.demo_seed, end=clock.today()
    )
    known = as_known_at(hospital.registrations, now)
    is_fresh = known["registered_at"] >= now.normalize() - timedelta(days=_DAYS_IN_APPLICATION - 1)
    history, planted = with_faults(
        known[~is_fresh].reset_index(drop=True), share=_FAULT_SHARE, rng=np.random.default_rng(settings.demo_seed)
    )
    folder = settings.root / "demo"
    write(type(hospital)(history, hospital.truth), folder)
    report = import_file(folder / "registrations.parquet", settings=settings)
    rows = known[is_fresh][list(REGISTRATION_COLUMNS)].astype(object)
    records = rows.where(rows.notna(), None).to_dict("records")
    if records:
        with engine.begin() as connection:
            connection.execute(insert(Registration), records)
    people = demo_patients.fill(settings, engine, history)
    visits = seed_operations(engine, seed=settings.demo_seed)
    engine.dispose()
    console.print(
        f"Demo: {len(accounts)} accounts, {report.accepted} registrations imported, {report.quarantined} quarantined "
        f"({len(planted)} faults were planted), {len(records)} entered today and yesterday "
        f"by {people} patients with made-up names, {visits} visits in the queues"
    )


def as_known_at(registrations: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Return what a hospital can know at `now`: no later registration, no outcome that is still to come."""
    known = registrations[registrations["recorded_at"] <= now].reset_index(drop=True)
    is_open = known["outcome_at"] > now
    known.loc[is_open, "outcome"] = None
    known.loc[is_open, "outcome_at"] = pd.NaT
    return known


def ensure_accounts(settings: Settings) -> dict[str, dict[str, str]]:
    """Make one account for each role with a generated password; return `{role: {email, password, totp_secret?}}`.

    Staff have a second factor: any authenticator takes the secret, `pyotp.TOTP(secret).now()` gives the code.

    The passwords are written (mode 0600) before the accounts are made: a crash between the two leaves no account that
    nobody can sign in to.
    """
    path = settings.root / "demo-accounts.json"
    accounts: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    for role in Role:
        accounts.setdefault(role, {"email": f"{role}@demo.medisync.example", "password": secrets.token_urlsafe(15)})
        if role is not Role.PATIENT:
            accounts[role].setdefault("totp_secret", pyotp.random_base32())
    _write_private(path, json.dumps(accounts, indent=1))
    engine = sync_engine(settings.database_dsn)
    with engine.begin() as connection:
        patient = connection.execute(select(Registration.patient_id).limit(1)).scalar()
        for role in Role:
            account = accounts[role]
            connection.execute(
                upsert(UserAccount)
                .values(
                    user_id=new_uuid(),
                    email=account["email"],
                    display_name=_NAMES[role],
                    role=str(role),
                    patient_id=patient if role is Role.PATIENT else None,
                    password_hash=hash_password(account["password"]),
                    is_active=True,
                    created_at=clock.now(),
                )
                .on_conflict_do_nothing(index_elements=[UserAccount.email])
            )
        _ensure_factors(connection, settings, accounts)
    engine.dispose()
    return accounts


def _ensure_factors(connection: Connection, settings: Settings, accounts: dict[str, dict[str, str]]) -> None:
    """Give the demo's staff their second factor, where they have none yet."""
    ring = read_ring(connection, settings.secrets["phi_master_key"])
    for account in accounts.values():
        if "totp_secret" not in account:
            continue
        query = select(UserAccount.user_id).where(UserAccount.email == account["email"])
        user_id = connection.execute(query).scalar_one()
        columns = sealed_columns(ring, {"secret": account["totp_secret"]}, "user_mfa", user_id)
        row = {"user_id": user_id, "last_step": 0, "confirmed_at": clock.now(), **columns}
        connection.execute(upsert(UserMfa).values(**row).on_conflict_do_nothing(index_elements=[UserMfa.user_id]))


def _write_private(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
