"""A small hospital in which every operation has something to work on.

Belongs here: rows that no operation of the API makes. Does not belong here: requests (`fuzz_seeds`).
"""

import uuid
from datetime import date

from sqlalchemy import Engine, insert, update
from test_care import ILL
from test_outlook_api import _board as board
from test_outlook_api import _kind as ledger
from test_outlook_api import _publish as publish

from core import clock
from core.db.tables import (
    CareTeam,
    LayerProfile,
    Notification,
    Patient,
    QuarantinedRegistration,
    Registration,
    StoredReport,
    SurgeAlert,
    UserAccount,
    ValidationRun,
)
from core.vocabulary import Role

PATIENT = "p-treated"


def fill(engine: Engine) -> None:
    """Publish reports, runs, parked rows, an alert and a notification, all made up."""
    now = clock.now()
    with engine.begin() as connection:
        for role in set(Role) - {Role.PATIENT}:
            connection.execute(
                insert(StoredReport).values(
                    report_id=f"rep_{role}", role=role.value, as_of=now, made_at=now, is_suppressed=True, receipts=[],
                    dagster_run_id="run", sha256="0" * 64, content=b"%PDF-1.7",
                )
            )  # fmt: skip
        connection.execute(
            insert(ValidationRun).values(
                validation_run_id=uuid.UUID(int=5), suite="registrations", suite_version="1", month="2026-01",
                dagster_run_id="run", row_count=100, failed_row_count=0, is_success=True, rules=[], ran_at=now,
            )
        )  # fmt: skip
        connection.execute(
            insert(QuarantinedRegistration).values(
                content_hash="0" * 64, month="2026-01", source="ward.csv", source_record="line 7",
                reasons=["age_years_out_of_range"], status="open", dagster_run_id="run", quarantined_at=now,
                raw={"registration_id": "R1", "patient_id": "p", "facility": "North", "condition": "Influenza",
                     "registered_at": "2026-01-03T10:00:00Z", "age_years": "444", "sex": "female", "acuity": "3"},
            )
        )  # fmt: skip
        connection.execute(
            insert(Notification).values(
                event_key="dagster:1", kind="failed_check", severity="critical", subject="raw_registrations",
                check_name="raw_registrations_hold", summary="raw_registrations_hold failed", details={},
                happened_at=now, webhook_state="off", webhook_attempts=0,
            )
        )  # fmt: skip
        connection.execute(
            insert(LayerProfile).values(
                asset="features_risk", month="2026-10", row_count=400, null_fractions={"age_years": 0.1},
                reference_months=[], shifts=[], dagster_run_id="run", profiled_at=now,
            )
        )  # fmt: skip
        connection.execute(
            insert(SurgeAlert).values(
                alert_id=uuid.UUID(int=6), grain="week", period="2026-W47", period_start_date=date(2026, 11, 16),
                rank=1, series_id="Influenza", count=24, kind="live", expected=10.0, excess=9.0, p_exceed=0.001,
                q_value=0.02, budget=0.2, level="high", receipt_id="rcp_x", dagster_run_id="run", published_at=now,
            )
        )  # fmt: skip


def publish_outlook(engine: Engine) -> None:
    """Publish a forecast, its ledger and the detector's grade."""
    publish(engine, "volume_forecast", board())
    publish(engine, "forecast_ledger", {"live": ledger("live"), "replayed": ledger("replayed")})
    grade = {"alpha": 0.045, "method": "combined", "seed": 7, "injections": 6, "conditions": []}
    publish(engine, "surge_grade", grade)


async def admit(context, engine: Engine) -> None:
    """Make one patient: the patient's account is theirs, and doctor and nurse care for them."""
    now = clock.now()
    async with context.engine.begin() as connection:
        name = {"given_name": "Ada", "family_name": "Treated"}
        sealed = await context.vault.seal(connection, name, "patient", PATIENT)
        row = {"patient_id": PATIENT, "sex": "female", "is_synthetic": False, "version": 1, "created_at": now,
               "updated_at": now, **sealed}  # fmt: skip
        await connection.execute(insert(Patient).values(**row))
    with engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.role == "patient").values(patient_id=PATIENT))
        for user_id, role in connection.execute(UserAccount.__table__.select().with_only_columns(
                UserAccount.user_id, UserAccount.role)).all():  # fmt: skip
            if role in ("doctor", "nurse"):
                connection.execute(insert(CareTeam).values(patient_id=PATIENT, user_id=user_id, assigned_at=now))
        visit = {"registration_id": "r-treated", "patient_id": PATIENT, "facility": "North", "registered_at": now,
                 "recorded_at": now, **ILL}  # fmt: skip
        connection.execute(insert(Registration).values(**visit))
