"""All tables, one file per area; importing this package registers every one with `Base.metadata`.

Belongs here: columns, keys and constraints with explicit names. Does not belong here: queries and rules.
"""

from core.db.tables.base import Base
from core.db.tables.envelope import AnsweredKey, AuditEvent, AuditSeal, AuditUnsealed, OutboxMessage
from core.db.tables.identity import UserAccount, UserSession
from core.db.tables.models import (
    ChampionEvent,
    ModelMonitoring,
    ModelRelease,
    ModelStatement,
    PromotionRequest,
    RiskAssessment,
)
from core.db.tables.outlook import (
    ForecastActual,
    ForecastPromise,
    StaffingRatioVersion,
    SurgeAlert,
    SurgeClosedPeriod,
    SurgeDisposition,
)
from core.db.tables.patients import BreakGlass, CareTeam, Patient, PatientIndex
from core.db.tables.quality import QuarantinedRegistration, ValidationRun
from core.db.tables.records import CareTask, Medication, Record, RecordVersion
from core.db.tables.registrations import ImportBatch, Registration
from core.db.tables.results import AnalyticsResult, Receipt
from core.db.tables.sealed import DataKey

__all__ = [
    "AnalyticsResult",
    "AnsweredKey",
    "AuditEvent",
    "AuditSeal",
    "AuditUnsealed",
    "Base",
    "BreakGlass",
    "CareTask",
    "CareTeam",
    "ChampionEvent",
    "DataKey",
    "ForecastActual",
    "ForecastPromise",
    "ImportBatch",
    "Medication",
    "ModelMonitoring",
    "ModelRelease",
    "ModelStatement",
    "OutboxMessage",
    "Patient",
    "PatientIndex",
    "PromotionRequest",
    "QuarantinedRegistration",
    "Receipt",
    "Record",
    "RecordVersion",
    "Registration",
    "RiskAssessment",
    "StaffingRatioVersion",
    "SurgeAlert",
    "SurgeClosedPeriod",
    "SurgeDisposition",
    "UserAccount",
    "UserSession",
    "ValidationRun",
]
