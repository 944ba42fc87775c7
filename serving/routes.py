"""Every route of the API, and that each says who may use it.

Belongs here: the list, and the few routes that are open. Does not belong here: any route's body, the application.
"""

from fastapi import APIRouter
from fastapi.routing import APIRoute

from app_api.appointments import clinics_router as clinics
from app_api.appointments import resources_router as resources
from app_api.appointments import router as appointments
from app_api.audit import router as audit
from app_api.care import router as care
from app_api.chart_documents import router as chart_documents
from app_api.checkin import router as checkin
from app_api.demand import router as demand
from app_api.identity import mfa_router as mfa
from app_api.identity import passkeys_router as passkeys
from app_api.identity import router as auth
from app_api.identity import tokens_router as tokens
from app_api.identity import users_router as users
from app_api.identity.access import declared_actions
from app_api.layers import router as layers
from app_api.notifications import router as notifications
from app_api.patients import doubles_router as doubles
from app_api.patients import emergency_router as emergency
from app_api.patients import router as patients
from app_api.queue import figures_router as queue_figures
from app_api.queue import matching_router as matching
from app_api.queue import router as queue
from app_api.queue import told_router as told_waits
from app_api.records import doses_router as doses
from app_api.records import router as records
from app_api.records import worklist_router as worklist
from app_api.registrations import router as registrations
from app_api.shifts import router as shifts
from app_api.smart import router as smart_clients
from app_api.smart import token_router as smart_tokens
from app_api.staff import router as staff
from app_api.staffing import router as staffing
from app_api.stewardship import router as stewardship
from app_api.surge import router as surge
from app_api.verifications import router as verifications
from serving import doors, health, receipts
from serving.analytics import export
from serving.analytics import router as analytics
from serving.fhir import appointments_router as fhir_appointments
from serving.fhir import metadata_router as fhir_metadata
from serving.fhir import risk_router as fhir_risk
from serving.fhir import slots_router as fhir_slots
from serving.fhir import smart_router as fhir_smart
from serving.operations import router as operations
from serving.outlook import router as outlook
from serving.reports import router as reports
from serving.risk import card_router as cards
from serving.risk import models_router as models
from serving.risk import override_router as overrides
from serving.risk import patient_router as patient_risk
from serving.risk import router as risk
from serving.validation import router as validation

#: The router asks one after the other, so those that are asked most come first.
ROUTERS: tuple[APIRouter, ...] = (
    analytics.router,
    risk.router,
    health.router,
    auth.router,
    mfa.router,
    passkeys.router,
    tokens.router,
    registrations.router,
    receipts.router,
    export.router,
    reports.router,
    reports.stored_router,
    operations.router,
    users.router,
    users.resets_router,
    verifications.router,
    staff.router,
    doubles.router,
    patients.router,
    records.router,
    chart_documents.router,
    worklist.router,
    doses.router,
    demand.router,
    care.router,
    patient_risk.router,
    emergency.router,
    audit.router,
    models.router,
    cards.router,
    overrides.router,
    validation.router,
    layers.router,
    notifications.router,
    outlook.router,
    surge.router,
    staffing.router,
    queue.router,
    matching.router,
    queue_figures.router,
    shifts.router,
    told_waits.router,
    doors.router,
    appointments.router,
    resources.router,
    clinics.router,
    checkin.router,
    stewardship.router,
    smart_clients.router,
    smart_tokens.router,
    fhir_metadata.router,
    fhir_smart.router,
    fhir_appointments.router,
    fhir_slots.router,
    fhir_risk.router,
)
#: The only routes without a declared permission.
OPEN_ROUTES = frozenset(
    {
        "/livez",
        "/readyz",
        "/metrics",
        "/api/auth/login",
        "/api/auth/register",
        "/api/auth/mfa",
        "/api/auth/mfa/enrol",
        "/api/auth/mfa/passkey/options",
        "/api/auth/mfa/passkey",
        "/api/oauth/token",
        "/fhir/R4/metadata",
        "/fhir/R4/.well-known/smart-configuration",
    }
)


def api_routes() -> list[APIRoute]:
    """Return every route of the API."""
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def check_permissions(routes: list[APIRoute]) -> None:
    """Refuse to start with a route that says nothing about who may use it.

    Raises
    ------
    RuntimeError
        Naming the routes.
    """
    bare = [route.path for route in routes if not declared_actions(route.dependant) and route.path not in OPEN_ROUTES]
    if bare:
        raise RuntimeError(f"no permission is declared for {', '.join(bare)}: use Depends(need(action))")
