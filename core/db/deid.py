"""What the pipeline may see of the database: views without identities, its role, and a manifest of every column.

Belongs here: the class and transformation of every column that crosses into the pipeline, the views, the role and its
rights. Does not belong here: what the pipeline does with rows, the pseudonyms (`core.sealing`, at the next layer).

What crosses is a limited data set in the sense of 45 CFR 164.514(e), not Safe Harbor data: no name, address below
facility, phone, e-mail, record number or free note; but moments to the second and ages in years stay, since features,
waiting times and weekly counts are made of them. The manifest says so for each column.

The role's search path begins with the schema `deid`: the same code reads `registration` and finds the view. Base tables
with identities are closed to it, as is every table that is not named here.
"""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Engine, text

ROLE: Final = "medisync_pipeline"
SCHEMA: Final = "deid"
#: Any two who renew the views of one database wait for each other on this advisory lock.
_LOCK: Final = 0x64656964

Privacy = Literal["direct", "quasi", "sensitive", "safe"]


@dataclass(frozen=True)
class DeidColumn:
    """One column of a view: what it says of a person, and what was done to it on its way."""

    name: str
    privacy: Privacy
    transformation: str


def _columns(*rows: tuple[str, Privacy, str]) -> tuple[DeidColumn, ...]:
    return tuple(DeidColumn(*row) for row in rows)


_AS_IS: Final = "as it is"
_LIMITED: Final = "as it is: a limited data set keeps dates and ages, and the analyses are made of them"
_VITALS: Final[tuple[tuple[str, Privacy, str], ...]] = (
    ("systolic_bp", "sensitive", _AS_IS),
    ("diastolic_bp", "sensitive", _AS_IS),
    ("heart_rate", "sensitive", _AS_IS),
    ("respiratory_rate", "sensitive", _AS_IS),
    ("temperature_c", "sensitive", _AS_IS),
    ("spo2_pct", "sensitive", _AS_IS),
)

#: View -> its columns; each view is named as the table whose rows it shows.
VIEWS: Final[dict[str, tuple[DeidColumn, ...]]] = {
    "registration": _columns(
        ("registration_seq", "safe", "as it is: counts rows"),
        ("registration_id", "quasi", "as it is: the application's own random id, in no document of the patient"),
        ("patient_id", "direct", "the application's random surrogate; replaced by a keyed pseudonym past raw"),
        ("facility", "quasi", "as it is: a limited data set may name the place of care"),
        ("registered_at", "quasi", _LIMITED),
        ("recorded_at", "quasi", _LIMITED),
        ("age_years", "quasi", _LIMITED),
        ("sex", "quasi", _AS_IS),
        ("condition", "sensitive", "as it is: a label, up to 240 characters; free notes are another table"),
        ("condition_code", "sensitive", _AS_IS),
        ("acuity", "sensitive", _AS_IS),
        ("comorbidity_count", "sensitive", _AS_IS),
        *_VITALS,
        ("outcome", "sensitive", _AS_IS),
        ("outcome_at", "quasi", _LIMITED),
    ),
    "import_batch": _columns(
        ("batch_seq", "safe", _AS_IS),
        ("batch_id", "safe", "as it is: random"),
        ("months", "safe", "as it is: months of which a file brought rows; its name stays behind"),
    ),
    "quarantine_decision": _columns(
        ("decision_seq", "safe", _AS_IS),
        ("content_hash", "safe", "as it is: SHA-256 of a row"),
        ("month", "safe", _AS_IS),
        ("new_month", "safe", _AS_IS),
        ("kind", "safe", _AS_IS),
        ("rules", "safe", "as it is: names of rules"),
        ("fields", "safe", "as it is: names of fields"),
        ("corrected", "direct", "as it is: a row of the contract as text, as from a file; pseudonymous past raw"),
        ("decided_at", "quasi", _AS_IS),
        ("expires_at", "safe", "as it is; who decided and why stays behind"),
    ),
    "queue": _columns(
        ("queue_id", "safe", "as it is: random"),
        ("strategy", "safe", _AS_IS),
    ),
    "queue_entry": _columns(
        ("entry_seq", "safe", "as it is: counts rows"),
        ("queue_id", "safe", "as it is: random"),
        ("acuity", "sensitive", _AS_IS),
        ("news2_score", "sensitive", _AS_IS),
        ("age_band", "quasi", "as it is: a band of twenty years, taken at arrival; the birth date stays behind"),
        ("state", "safe", _AS_IS),
        ("arrived_at", "quasi", "as it is: a waiting time is made of it; whose it is stays behind"),
        ("called_at", "quasi", "as it is: as above"),
        ("ended_at", "quasi", "as it is: as above"),
        ("disposition", "sensitive", "as it is: sent home, admitted or elsewhere"),
    ),
}

_WRITE: Final = "SELECT, INSERT, UPDATE, DELETE"
_ADD: Final = "SELECT, INSERT"
#: Published results and the pipeline's own books: no person in them. Table -> rights.
OPEN_TABLES: Final[dict[str, str]] = {
    "analytics_result": _WRITE,
    "receipt": _WRITE,
    "validation_run": _WRITE,
    "model_release": _WRITE,
    "model_monitoring": _ADD,
    "model_statement": "SELECT",
    "champion_event": "SELECT",
    #: A prediction by a keyed hash of its registration.
    "risk_assessment": "SELECT",
    "waiting_model": _WRITE,
    "bed_model": _WRITE,
    #: Published sections as PDF, small counts hidden by role.
    "stored_report": _WRITE,
    "forecast_promise": _ADD,
    "forecast_actual": _ADD,
    "surge_alert": _ADD,
    "surge_closed_period": _ADD,
    "surge_disposition": "SELECT",
    "staffing_ratio_version": "SELECT",
    # Its number comes back with each insert.
    "outbox_message": "INSERT, SELECT (outbox_id)",
    "notification": "SELECT, INSERT, UPDATE",
    "layer_profile": _WRITE,
    "replay_request": "SELECT",
    "month_count": _WRITE,
    "visit_month": _WRITE,
    "visit_move": _WRITE,
    "alembic_version": "SELECT",
}
#: Rows of patients that the pipeline writes and cannot read back: rights by column.
WRITTEN_TABLES: Final[dict[str, str]] = {
    "quarantined_registration": "INSERT, DELETE, SELECT (content_hash, month, status, reasons, dagster_run_id), "
    "UPDATE (status, reasons, dagster_run_id)",
}
#: Names, secrets, charts, accounts, audit: closed, written down so that a new table is a decision.
CLOSED_TABLES: Final = frozenset(
    {
        "registration", "import_batch", "quarantine_decision", "source_contract",
        "patient", "patient_index", "patient_pair", "linkage_estimate", "care_team", "break_glass", "data_key",
        "record", "record_version", "medication", "medication_dose", "care_task",
        "chart_document", "chart_document_file",
        "user_account", "user_session", "user_mfa", "recovery_code", "login_challenge", "api_token", "verification",
        "mfa_reset_request", "passkey", "passkey_ceremony", "staff_profile",
        "audit_event", "audit_unsealed", "audit_seal", "answered_key", "promotion_request",
        "provider", "clinic", "room", "schedule", "duty_span", "appointment", "wait_list_entry",
        "queue", "queue_entry", "queue_move", "wait_promise", "notification_reading", "risk_override",
        "served_minute", "smart_client", "smart_assertion", "smart_access_token",
    }
)  # fmt: skip

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_ROLE = f"""
DO $$ BEGIN
  BEGIN
    CREATE ROLE {ROLE} NOLOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  EXECUTE format('ALTER ROLE {ROLE} LOGIN PASSWORD %L', current_setting('medisync.pipeline_password'));
END $$"""


def apply(engine: Engine, password: str) -> None:
    """Make views, role and rights as they are written here; run again after each migration, by the tables' owner."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text("SELECT set_config('medisync.pipeline_password', :word, true)"), {"word": password})
        connection.execute(text(_ROLE))
        connection.exec_driver_sql(f"ALTER ROLE {ROLE} SET search_path = {SCHEMA}, public")
        there = set(connection.execute(text(_TABLES)).scalars())
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        connection.exec_driver_sql(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ROLE}")
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public, {SCHEMA} TO {ROLE}")
        for view, columns in VIEWS.items():
            if view in there:
                names = ", ".join(f'"{column.name}"' for column in columns)
                shown = f"CREATE VIEW {SCHEMA}.{view} AS SELECT {names} FROM public.{view}"  # noqa: S608  names of our own
                connection.exec_driver_sql(shown)
                connection.exec_driver_sql(f"GRANT SELECT ON {SCHEMA}.{view} TO {ROLE}")
        for table, rights in {**OPEN_TABLES, **WRITTEN_TABLES}.items():
            if table in there:
                connection.exec_driver_sql(f"GRANT {rights} ON public.{table} TO {ROLE}")


def withdraw(engine: Engine) -> None:
    """Take the views away, so that a migration may change the columns they show."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def bring_up(engine: Engine, password: str) -> None:
    """Bring the database to the newest schema with the pipeline's views and rights over it."""
    # Here and not at the top: Alembic takes a while to import, and the manifest is read without it.
    from core.db import migrate

    if migrate.current(engine) != migrate.head():
        withdraw(engine)
    migrate.upgrade(engine)
    apply(engine, password)
