"""A small hospital behind the real application, for the browser: published analyses, models, quality, accounts.

Belongs here: what the pages need to be full. Does not belong here: driving a browser. The analyses are computed by the
functions of `ml.analytics` from a synthetic hospital; they are kept in a cache until the code that makes them changes.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine, insert, text

import ml
from app_api.identity.passwords import hash_password
from core import clock
from core.db.engine import sync_engine
from core.db.tables import (
    AnalyticsResult,
    QuarantinedRegistration,
    Receipt,
    Registration,
    UserAccount,
    ValidationRun,
)
from core.embedded import api, service
from core.embedded.home import room_of
from core.ids import new_uuid
from core.settings import Settings
from core.vocabulary import ANALYTICS_SECTIONS, Role
from tests.dashboard.outlook_stage import fill_outlook
from tests.serving import releases

PASSWORD = "correct horse battery staple"
NAMES: Mapping[Role, str] = {
    Role.DOCTOR: "Dr Amara Baldé",
    Role.NURSE: "Luis Fernández",
    Role.PATIENT: "Grace Lim",
    Role.ADMIN: "Tomasz Nowak",
    Role.STEWARD: "Priya Raman",
    Role.ML_ENGINEER: "Hana Sato",
}
#: Enough for every panel; each more costs a second of forecasting.
_CONDITIONS = (
    "Influenza",
    "Fracture",
    "Pneumonia",
    "Asthma attack",
    "Gastroenteritis",
    "Heart failure",
    "Skin infection",
    "Anxiety",
)
_SEED = 7


@dataclass(frozen=True)
class Stage:
    """A running application: its settings, its address, its database, and who may sign in with `PASSWORD`."""

    settings: Settings
    url: str
    engine: Engine
    emails: Mapping[Role, str]


@contextmanager
def stage(settings: Settings, *, cache: Path) -> Iterator[Stage]:
    """Fill the database of `settings` and serve it until the caller is done."""
    settings.ensure_secrets()
    engine = sync_engine(settings.database_dsn)
    fill(engine, analyses(cache))
    fill_outlook(engine, _rows, kept=cache / f"outlook-{_code_hash()}.json")
    for version, verdict in ((1, "PROMOTE"), (2, "HOLD")):
        _release(engine, settings, version, verdict)
    releases.put_event(engine, 1)
    with service.started(api.service(settings), room=room_of(settings)):
        yield Stage(settings, settings.api_address, engine, {role: _email(role) for role in Role})
    engine.dispose()


def key_space(valkey_url: str, number: int) -> str:
    """Return the address of a key space of its own on the same Valkey.

    Events are told once by their number: two hospitals would count into each other in one key space.
    """
    return f"{valkey_url.rsplit('/', 1)[0]}/{number}"


def close_lines(engine: Engine) -> None:
    """Let nobody stand in line any more, whoever was put there."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE queue_entry SET state = 'closed', ended_at = now() WHERE state = 'waiting'"))


def analyses(cache: Path) -> dict[str, Any]:
    """Return the payload of each section, from the cache if the code that makes it has not changed."""
    kept = cache / f"analyses-{_code_hash()}.json"
    if kept.is_file():
        return orjson.loads(kept.read_bytes())
    from ml import analytics  # heavy: statsmodels

    rows = _rows()
    functions: tuple[Callable[..., Any], ...] = (
        analytics.perform_patient_health_trends,
        analytics.analyze_patient_demographics,
        analytics.analyze_illness_prediction_chi_square,
        analytics.predict_patient_volume,
        analytics.predict_illness_surge,
    )
    made = {name: run(rows) for name, run in zip(ANALYTICS_SECTIONS, functions, strict=True)}
    cache.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(orjson.dumps(made, option=orjson.OPT_SERIALIZE_NUMPY))
    return orjson.loads(kept.read_bytes())


def _rows() -> Any:
    from ml.synthetic import generate_hospital

    rows = generate_hospital(patients=6000, years=5, seed=_SEED, end=clock.today()).registrations
    return rows[rows["condition"].isin(_CONDITIONS)]


def _code_hash() -> str:
    """Return a hash over the sources of the analyses and of the synthetic hospital, and over today's week and month.

    Over the month too, as a week may begin in one and end in the next: what was forecast before has come due after.
    """
    digest = hashlib.sha256(clock.today().strftime("%G-%V %Y-%m").encode())
    for folder in ("analytics", "forecasting", "surveillance", "synthetic"):
        for file in sorted((Path(ml.__file__).parent / folder).glob("*.py")):
            digest.update(file.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:16]


def fill(engine: Engine, payloads: Mapping[str, Any]) -> None:
    """Insert accounts, a day of registrations, published analyses with receipts, validation runs, parked rows."""
    hashed = hash_password(PASSWORD)
    now = clock.now()
    with engine.begin() as connection:
        connection.execute(
            insert(UserAccount),
            [
                {"user_id": new_uuid(), "email": _email(role), "display_name": name, "role": role.value,
                 "password_hash": hashed, "is_active": True, "created_at": now}
                for role, name in NAMES.items()
            ],
        )  # fmt: skip
        connection.execute(insert(Registration), [_registration(number) for number in range(96)])
        for section, payload in payloads.items():
            receipt_id = f"rcp_{section}"
            connection.execute(insert(Receipt).values(receipt_id=receipt_id, kind="analytics", created_at=now,
                                                      provenance=_provenance(section)))  # fmt: skip
            connection.execute(insert(AnalyticsResult).values(section=section, as_of=now - timedelta(hours=2),
                                                              receipt_id=receipt_id, payload=payload,
                                                              published_at=now))  # fmt: skip
        connection.execute(insert(ValidationRun), [_run(number) for number in range(14)])
        connection.execute(insert(QuarantinedRegistration), [_parked(number) for number in range(20)])


def _email(role: Role) -> str:
    return f"{role.value}@hospital.example"


def _registration(number: int) -> dict[str, Any]:
    moment = clock.now() - timedelta(minutes=14 * number + 1)
    return {
        "registration_id": f"R-{number:04d}",
        "patient_id": f"P-{number:04d}",
        "facility": "Main",
        "registered_at": moment,
        "recorded_at": moment,
        "condition": _CONDITIONS[number * number % len(_CONDITIONS)],
        "acuity": (3, 2, 4, 3, 5, 1, 3)[number % 7],
        "sex": ("female", "male")[number % 2],
        "age_years": float((67 + 13 * number) % 84 + 4),
    }


def _provenance(section: str) -> dict[str, Any]:
    return {
        "asset": f"analytics_{section}",
        "dagster_run_id": "4b0f1c2e-9a37-4a7c-8b2f-1d5e8d1f0a11",
        "code_commit": "4411f8a2c07f0a3f2b8a9d1e5c6b7a8901234567",
        "data_sha256": hashlib.sha256(section.encode()).hexdigest(),
        "row_count": 14210,
        "first_registered_at": "2021-11-23T00:14:00Z",
        "last_registered_at": "2026-11-22T23:41:00Z",
        "sources": ["application", "synthetic"],
        "validation_run_ids": ["0b9f3c1e-4411-4c52-9a2e-77a1d6f0c0de"],
    }


def _run(number: int) -> dict[str, Any]:
    month = clock.today().replace(day=1)
    for _ in range(number // 2):
        month = (month - timedelta(days=1)).replace(day=1)
    failed = (0, 2, 0, 0, 11)[number % 5]
    rules = [
        {"rule": "age_years.plausible", "column": "age_years", "severity": "critical", "kahn": "plausibility",
         "reason": "age_implausible", "success": failed == 0, "failed_rows": failed},
        {"rule": "condition.known", "column": "condition", "severity": "warning", "kahn": "conformance",
         "reason": "condition_unknown", "success": True, "failed_rows": 0},
    ]  # fmt: skip
    return {
        "validation_run_id": new_uuid(),
        "suite": ("raw_registrations", "validated_registrations")[number % 2],
        "suite_version": "1",
        "month": month.strftime("%Y-%m"),
        "dagster_run_id": "4b0f1c2e-9a37-4a7c-8b2f-1d5e8d1f0a11",
        "row_count": 240 + 7 * number,
        "failed_row_count": failed,
        "is_success": failed == 0,
        "rules": rules,
        "ran_at": clock.now() - timedelta(hours=number),
    }


def _parked(number: int) -> dict[str, Any]:
    raw = {
        "registration_id": f"NEISS-{number}",
        "patient_id": f"N-{number}",
        "facility": "31",
        "registered_at": "2026-01-02T00:00:00Z",
        "age_years": str(200 + number),
        "sex": ("female", "unstated")[number % 2],
        "condition": "Laceration",
    }
    return {
        "content_hash": hashlib.sha256(raw["registration_id"].encode()).hexdigest(),
        "month": "2026-01",
        "source": "neiss_ed_visits.csv",
        "source_record": str(number + 2),
        "reasons": ["age_implausible", "sex_unknown"][: 1 + number % 2],
        "raw": raw,
        "status": "open",
        "dagster_run_id": "4b0f1c2e-9a37-4a7c-8b2f-1d5e8d1f0a11",
        "quarantined_at": clock.now() - timedelta(hours=3),
    }


def _release(engine: Engine, settings: Settings, version: int, verdict: str) -> None:
    metrics = {"accuracy": 0.74 + version / 100, "auroc": 0.861, "f1": 0.75, "ece": 0.024, "brier": 0.34}
    releases.put_release(
        engine,
        version,
        seed_hex=settings.secrets["release_signing_key"],
        verdict=verdict,
        metrics=metrics,
        reasons=["AUROC 0.861 is above the floor of 0.75"],
    )
