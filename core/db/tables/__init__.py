"""All tables, one file per area; importing this package registers every one with `Base.metadata`.

Belongs here: columns, keys and constraints with explicit names. Does not belong here: queries and rules.
"""

from core.db.tables.appointments import Appointment, Clinic, Provider, Room, Schedule, WaitListEntry
from core.db.tables.base import Base
from core.db.tables.duty import DutySpan
from core.db.tables.envelope import AnsweredKey, AuditEvent, AuditSeal, AuditUnsealed, OutboxMessage
from core.db.tables.identity import (
    ApiToken,
    LoginChallenge,
    MfaResetRequest,
    Passkey,
    PasskeyCeremony,
    RecoveryCode,
    StaffProfile,
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
    RiskOverride,
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
from core.db.tables.patients import BreakGlass, CareTeam, LinkageEstimate, Patient, PatientIndex, PatientPair
from core.db.tables.quality import QuarantinedRegistration, ValidationRun
from core.db.tables.queues import BedModel, Queue, QueueEntry, QueueMove, WaitingModel, WaitPromise
from core.db.tables.records import (
    CareTask,
    ChartDocument,
    ChartDocumentFile,
    Medication,
    MedicationDose,
    Record,
    RecordVersion,
)
from core.db.tables.registrations import ImportBatch, Registration
from core.db.tables.results import AnalyticsResult, Receipt, StoredReport
from core.db.tables.sealed import DataKey
from core.db.tables.smart import SmartAccessToken, SmartAssertion, SmartClient
from core.db.tables.stewardship import (
    MonthCount,
    QuarantineDecision,
    ReplayRequest,
    SourceContract,
    VisitMonth,
    VisitMove,
)
from core.db.tables.uptime import ServedMinute

__all__ = [
    "AnalyticsResult",
    "AnsweredKey",
    "ApiToken",
    "Appointment",
    "AuditEvent",
    "AuditSeal",
    "AuditUnsealed",
    "Base",
    "BedModel",
    "BreakGlass",
    "CareTask",
    "CareTeam",
    "ChampionEvent",
    "ChartDocument",
    "ChartDocumentFile",
    "Clinic",
    "DataKey",
    "DutySpan",
    "ForecastActual",
    "ForecastPromise",
    "ImportBatch",
    "LayerProfile",
    "LinkageEstimate",
    "LoginChallenge",
    "Medication",
    "MedicationDose",
    "MfaResetRequest",
    "ModelMonitoring",
    "ModelRelease",
    "ModelStatement",
    "MonthCount",
    "Notification",
    "NotificationReading",
    "OutboxMessage",
    "Passkey",
    "PasskeyCeremony",
    "Patient",
    "PatientIndex",
    "PatientPair",
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
    "RiskOverride",
    "Room",
    "Schedule",
    "ServedMinute",
    "SmartAccessToken",
    "SmartAssertion",
    "SmartClient",
    "SourceContract",
    "StaffProfile",
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
    "WaitPromise",
    "WaitingModel",
]
