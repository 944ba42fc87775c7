"""All tables, one file per area; importing this package registers every one with `Base.metadata`.

Belongs here: columns, keys and constraints with explicit names. Does not belong here: queries and rules.
"""

from core.db.tables.base import Base
from core.db.tables.envelope import AnsweredKey, AuditEvent, AuditSeal, AuditUnsealed, OutboxMessage
from core.db.tables.identity import UserAccount, UserSession
from core.db.tables.models import ChampionEvent, ModelRelease
from core.db.tables.outlook import (
    ForecastActual,
    ForecastPromise,
    StaffingRatioVersion,
    SurgeAlert,
    SurgeClosedPeriod,
    SurgeDisposition,
)
from core.db.tables.quality import QuarantinedRegistration, ValidationRun
from core.db.tables.registrations import ImportBatch, Registration
from core.db.tables.results import AnalyticsResult, Receipt

__all__ = [
    "AnalyticsResult",
    "AnsweredKey",
    "AuditEvent",
    "AuditSeal",
    "AuditUnsealed",
    "Base",
    "ChampionEvent",
    "ForecastActual",
    "ForecastPromise",
    "ImportBatch",
    "ModelRelease",
    "OutboxMessage",
    "QuarantinedRegistration",
    "Receipt",
    "Registration",
    "StaffingRatioVersion",
    "SurgeAlert",
    "SurgeClosedPeriod",
    "SurgeDisposition",
    "UserAccount",
    "UserSession",
    "ValidationRun",
]
