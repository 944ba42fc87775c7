"""A hospital with a history for measurements of serving: PostgreSQL, Valkey and the API, filled; gone at the end.

Belongs here: what stands there before the clock starts. Does not belong here: load, figures.
"""

import io
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import Engine, insert

from app_api.identity.sessions import token_hash
from core import clock
from core.db import migrate
from core.db.engine import sync_engine
from core.db.tables import AnalyticsResult, Receipt, UserAccount, UserSession
from core.embedded import api, ports, postgres, service, valkey
from core.embedded.home import make_home, room_of
from core.ids import new_uuid
from core.settings import Settings
from core.vocabulary import Role
from ml import analytics
from ml.synthetic import generate_hospital

#: Of a registration, as the application stores it.
_COLUMNS = (
    "registration_id", "patient_id", "facility", "registered_at", "recorded_at", "age_years", "sex", "condition",
    "condition_code", "acuity", "comorbidity_count", "systolic_bp", "diastolic_bp", "heart_rate", "respiratory_rate",
    "temperature_c", "spo2_pct", "outcome", "outcome_at",
)  # fmt: skip
_SECTIONS = {
    "health_trends": analytics.perform_patient_health_trends,
    "demographics": analytics.analyze_patient_demographics,
    "associations": analytics.analyze_illness_prediction_chi_square,
    "patient_volume": analytics.predict_patient_volume,
    "illness_surge": analytics.predict_illness_surge,
}


@contextmanager
def hospital(
    *,
    patients: int,
    years: int,
    is_durable: bool = True,
    furnish: Callable[[Settings, Engine], None] | None = None,
) -> Iterator[tuple[Settings, Engine]]:
    """Start PostgreSQL, Valkey and the API on a history of so many patients; stop them and remove all at the end.

    Parameters
    ----------
    patients, years : int
        No patients: an empty hospital with an empty schema.
    is_durable : bool
        False plants a fault: PostgreSQL then acknowledges what it has not written down.
    furnish : callable, optional
        Puts more into the database before the API starts.
    """
    home = Path(tempfile.mkdtemp(prefix="medisync-bench-"))
    names = ("api_port", "mlflow_port", "pg_port", "valkey_port")
    settings = Settings(home=home, is_mfa_required=False, **{name: ports.find_free() for name in names})
    make_home(settings)
    database, cache, web = servers(settings, is_durable=is_durable)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        stack.enter_context(service.started(database, cache, room=room_of(settings)))
        engine = _schema(settings)
        if patients:
            _fill(engine, patients=patients, years=years)
        if furnish is not None:
            furnish(settings, engine)
        stack.enter_context(service.started(web, room=room_of(settings)))
        yield settings, engine
        engine.dispose()


def servers(settings: Settings, *, is_durable: bool = True) -> tuple[service.Service, ...]:
    """Return PostgreSQL, Valkey and the API, in the order in which they start."""
    return postgres.service(settings, is_durable=is_durable), valkey.service(settings), api.service(settings)


def _schema(settings: Settings) -> Engine:
    engine = sync_engine(settings.database_dsn)
    migrate.upgrade(engine)
    return engine


def _fill(engine: Engine, *, patients: int, years: int) -> None:
    rows = generate_hospital(patients=patients, years=years, seed=7, end=clock.today()).registrations
    copy_registrations(engine, rows)
    publish(engine, {name: run(rows) for name, run in _SECTIONS.items()})


def copy_registrations(engine: Engine, rows: pd.DataFrame, *, at_a_time: int = 100_000) -> None:
    """Put registrations into the table by COPY."""
    raw = engine.raw_connection()
    with raw.cursor() as cursor:
        for start in range(0, len(rows), at_a_time):
            part = rows.iloc[start : start + at_a_time].reindex(columns=list(_COLUMNS))
            for name in ("acuity", "comorbidity_count"):
                part[name] = part[name].astype("Int64")
            buffer = io.StringIO()
            part.to_csv(buffer, index=False, header=False)
            buffer.seek(0)
            cursor.copy_expert(f"COPY registration ({', '.join(_COLUMNS)}) FROM STDIN WITH (FORMAT csv)", buffer)
    raw.commit()
    with raw.cursor() as cursor:
        cursor.execute("ANALYZE registration")
    raw.commit()
    raw.close()


def publish(engine: Engine, results: dict[str, Any]) -> None:
    """Publish analyses with a receipt each."""
    now = clock.now()
    with engine.begin() as connection:
        for name, result in results.items():
            payload = orjson.loads(orjson.dumps(asdict(result), option=orjson.OPT_SERIALIZE_NUMPY, default=str))
            receipt = {"receipt_id": f"rcp_{name}", "kind": "analytics", "created_at": now,
                       "provenance": {"asset": f"analytics_{name}", "dagster_run_id": "bench"}}  # fmt: skip
            connection.execute(insert(Receipt).values(**receipt))
            row = {"section": name, "as_of": now, "receipt_id": receipt["receipt_id"], "payload": payload,
                   "published_at": now}  # fmt: skip
            connection.execute(insert(AnalyticsResult).values(**row))


def sessions(engine: Engine, count: int, role: Role = Role.DOCTOR) -> list[str]:
    """Make so many accounts with an open session each; return the tokens. No password is hashed."""
    now, tokens = clock.now(), [secrets.token_urlsafe(32) for _ in range(count)]
    users = [new_uuid() for _ in range(count)]
    with engine.begin() as connection:
        connection.execute(
            insert(UserAccount),
            [{"user_id": user, "email": f"bench-{role}-{number}@clinic.example", "display_name": f"Bench {number}",
              "role": role.value, "password_hash": "-", "is_active": True, "created_at": now}
             for number, user in enumerate(users)],
        )  # fmt: skip
        connection.execute(
            insert(UserSession),
            [_session(user, token, now) for user, token in zip(users, tokens, strict=True)],
        )
    return tokens


def _session(user: Any, token: str, now: datetime) -> dict[str, Any]:
    return {"token_hash": token_hash(token), "user_id": user, "created_at": now, "last_seen_at": now,
            "expires_at": now + timedelta(hours=12)}  # fmt: skip
