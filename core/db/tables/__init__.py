"""All tables, one file per area; importing this package registers every one with `Base.metadata`.

Belongs here: columns, keys and constraints with explicit names. Does not belong here: queries and rules.
"""

from core.db.tables.appointments import Appointment, Provider, Room, Schedule, WaitListEntry
from core.db.tables.base import Base
from core.db.tables.envelope import AnsweredKey, AuditEvent, AuditSeal, AuditUnsealed, OutboxMessage
from core.db.tables.identity import (
    ApiToken,
    LoginChallenge,
    MfaResetRequest,
    RecoveryCode,
    UserAccount,
    UserMfa,
    UserSession,
    Verification,
)
from core.db.tables.models import (
    ChampionEvent,
    ModelMonitoring,
    ModelRelease,
    ModelStatement,
    PromotionRequest,
    RiskAssessment,
)
from core.db.tables.notices import LayerProfile, Notification, NotificationReading
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
from core.db.tables.queues import Queue, QueueEntry, QueueMove, WaitingModel
from core.db.tables.records import CareTask, Medication, Record, RecordVersion
from core.db.tables.registrations import ImportBatch, Registration
from core.db.tables.results import AnalyticsResult, Receipt, StoredReport
from core.db.tables.sealed import DataKey
from core.db.tables.stewardship import (
    MonthCount,
    QuarantineDecision,
    ReplayRequest,
    SourceContract,
    VisitMonth,
    VisitMove,
)

__all__ = [
    "AnalyticsResult",
    "AnsweredKey",
    "ApiToken",
    "Appointment",
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
    "LayerProfile",
    "LoginChallenge",
    "Medication",
    "MfaResetRequest",
    "ModelMonitoring",
    "ModelRelease",
    "ModelStatement",
    "MonthCount",
    "Notification",
    "NotificationReading",
    "OutboxMessage",
    "Patient",
    "PatientIndex",
    "PromotionRequest",
    "Provider",
    "QuarantineDecision",
    "QuarantinedRegistration",
    "Queue",
    "QueueEntry",
    "QueueMove",
    "Receipt",
    "Record",
    "RecordVersion",
    "RecoveryCode",
    "Registration",
    "ReplayRequest",
    "RiskAssessment",
    "Room",
    "Schedule",
    "SourceContract",
    "StaffingRatioVersion",
    "StoredReport",
    "SurgeAlert",
    "SurgeClosedPeriod",
    "SurgeDisposition",
    "UserAccount",
    "UserMfa",
    "UserSession",
    "ValidationRun",
    "Verification",
    "VisitMonth",
    "VisitMove",
    "WaitListEntry",
    "WaitingModel",
]
