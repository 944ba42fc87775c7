"""Who may do what: one literal table of (action, roles).

Belongs here: the table and the question `allows`. Does not belong here: who is asking (`app_api.identity.access`), and
rules that need a row to decide. Deny is the default: a role that is not named may not.
"""

from collections.abc import Mapping
from typing import Final

from core.vocabulary import Role

_DOCTOR, _NURSE, _PATIENT = Role.DOCTOR, Role.NURSE, Role.PATIENT
_ADMIN, _STEWARD, _ENGINEER = Role.ADMIN, Role.STEWARD, Role.ML_ENGINEER
_STAFF: Final = frozenset({_DOCTOR, _NURSE, _ADMIN, _STEWARD, _ENGINEER})
_EVERYONE: Final = frozenset(Role)

#: Roles that treat patients: they see small counts as they are, all others see them suppressed.
CLINICAL_ROLES: Final = frozenset({_DOCTOR, _NURSE})

PERMISSIONS: Final[Mapping[str, frozenset[Role]]] = {
    "session.own": _EVERYONE,
    "user.read_self": _EVERYONE,
    "user.list": frozenset({_ADMIN}),
    "user.create": frozenset({_ADMIN}),
    "user.update": frozenset({_ADMIN}),
    "user.reset_mfa": frozenset({_ADMIN}),
    # One's own documents; administrators also see and hand in those of others.
    "verification.upload": _EVERYONE,
    "verification.decide": frozenset({_ADMIN}),
    "staff_profile.own": CLINICAL_ROLES,
    "staff_profile.verify": frozenset({_ADMIN}),
    "analytics.read": _STAFF,
    "analytics.doctor": frozenset({_DOCTOR}),
    "analytics.nurse": frozenset({_NURSE, _DOCTOR}),
    "analytics.admin": frozenset({_ADMIN}),
    "analytics.realtime": _STAFF,
    "analytics.export": _STAFF,
    "report.make": _STAFF,
    "report.list": _STAFF,
    "receipt.read": _STAFF,
    "registration.create": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "registration.list": CLINICAL_ROLES,
    "risk.assess": CLINICAL_ROLES,
    "risk.override": CLINICAL_ROLES,
    "risk.feedback": frozenset({_ADMIN, _ENGINEER}),
    "model.list": frozenset({_DOCTOR, _NURSE, _ADMIN, _STEWARD, _ENGINEER}),
    "model.move": frozenset({_ADMIN}),
    "model.state": frozenset({_ADMIN, _ENGINEER}),
    "validation.read": frozenset({_STEWARD, _ADMIN, _ENGINEER}),
    "quarantine.read": frozenset({_STEWARD}),
    "layer.read": frozenset({_STEWARD, _ADMIN, _ENGINEER}),
    "notification.read": frozenset({_STEWARD, _ADMIN, _ENGINEER}),
    "forecast.read": _STAFF,
    "promise.read": _STAFF,
    "surge.read": _STAFF,
    "surge.dispose": frozenset({_DOCTOR, _ADMIN, _STEWARD}),
    "staffing.read": _STAFF,
    "demand.beds": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "staffing.edit": frozenset({_ADMIN}),
    "quarantine.history": frozenset({_STEWARD, _ADMIN}),
    "quarantine.fix": frozenset({_STEWARD}),
    "quarantine.waive": frozenset({_STEWARD}),
    "quarantine.replay": frozenset({_STEWARD, _ADMIN}),
    "contract.read": frozenset({_STEWARD, _ADMIN, _ENGINEER}),
    "realtime.listen": _STAFF,
    # Of patients a role alone is not enough: the relation decides too (`app_api.patients.policy`).
    "patient.list": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "patient.create": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "patient.match": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "patient_pair.read": frozenset({_STEWARD, _ADMIN}),
    "patient_pair.decide": frozenset({_STEWARD}),
    "patient.read": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "patient.update": CLINICAL_ROLES,
    "patient.break_glass": CLINICAL_ROLES,
    "patient.access_log": frozenset({_PATIENT, _ADMIN}),
    "patient.insights": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "patient.risk": CLINICAL_ROLES,
    "protocol.read": CLINICAL_ROLES,
    "break_glass.review": frozenset({_ADMIN}),
    "record.read": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "record.write": CLINICAL_ROLES,
    "document.read": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "document.write": CLINICAL_ROLES,
    "medication.read": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "medication.write": frozenset({_DOCTOR}),
    "dose.worklist": CLINICAL_ROLES,
    "dose.record": CLINICAL_ROLES,
    "care_task.read": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "care_task.write": CLINICAL_ROLES,
    "care_task.worklist": CLINICAL_ROLES,
    "audit.read": frozenset({_ADMIN}),
    # Programs that read as themselves (`app_api.smart`).
    "smart_client.list": frozenset({_ADMIN}),
    "smart_client.register": frozenset({_ADMIN}),
    "smart_client.revoke": frozenset({_ADMIN}),
    "queue.list": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "queue.create": frozenset({_NURSE, _ADMIN}),
    "queue.figures": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "queue.configure": frozenset({_NURSE, _ADMIN}),
    "queue.read": CLINICAL_ROLES,
    "queue.add": CLINICAL_ROLES,
    "queue.call": CLINICAL_ROLES,
    "queue.move": CLINICAL_ROLES,
    "queue.assign": CLINICAL_ROLES,
    "queue.close_day": frozenset({_NURSE, _ADMIN}),
    "queue.wall": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "queue.position": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "queue.told_waits": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "shift.own": CLINICAL_ROLES,
    "shift.read": frozenset({_DOCTOR, _NURSE, _ADMIN}),
    "schedule.read": frozenset({_DOCTOR, _NURSE, _ADMIN, _PATIENT}),
    "schedule.manage": frozenset({_NURSE, _ADMIN}),
    "appointment.read": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "appointment.book": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "appointment.check_in": CLINICAL_ROLES,
    "clinic.read": frozenset({_DOCTOR, _NURSE, _ADMIN, _PATIENT}),
    "clinic.manage": frozenset({_ADMIN}),
    "appointment.change": frozenset({_DOCTOR, _NURSE, _PATIENT}),
    "dagster.run": frozenset({_ENGINEER}),
    "dagster.view": frozenset({_ENGINEER, _STEWARD, _ADMIN}),
    "mlflow.view": frozenset({_ENGINEER, _STEWARD, _ADMIN}),
}


def allows(role: Role, action: str) -> bool:
    """Say whether `role` may do `action`.

    Raises
    ------
    KeyError
        If no such action is in the table: a route that asks for one would be a route without a rule.
    """
    return role in PERMISSIONS[action]
