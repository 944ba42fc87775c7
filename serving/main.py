"""The application factory: puts the parts together, opens and closes what they share.

Belongs here: construction and the lifespan. Does not belong here: any route's body, any rule.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError

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
from app_api.identity.context import AppContext
from app_api.identity.passwords import PasswordWorkshop
from app_api.identity.session_book import SessionBook
from app_api.identity.session_uses import write_uses_forever
from app_api.identity.throttle import LoginThrottle
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
from app_api.valkey import Valkey
from app_api.vault import Vault
from app_api.verifications import router as verifications
from core import sealing
from core.db.engine import async_engine
from core.sealing_box import Box, derived_key
from core.settings import Settings
from serving import background, doors, health, openapi, problems, receipts, static
from serving.analytics import export
from serving.analytics import router as analytics
from serving.analytics.fast_path import FastPath, hot_pages
from serving.analytics.realtime import RealtimeBoard
from serving.analytics.store import AnalyticsStore
from serving.audit_sealer import seal_forever
from serving.edge import Edge
from serving.fhir import appointments_router as fhir_appointments
from serving.fhir import metadata_router as fhir_metadata
from serving.fhir import risk_router as fhir_risk
from serving.fhir import slots_router as fhir_slots
from serving.fhir import smart_router as fhir_smart
from serving.guard import Guard
from serving.linking import link_forever
from serving.methods import AllowedMethods
from serving.metrics import Metrics
from serving.operations import router as operations
from serving.operations.pipeline import PipelineProbe
from serving.operations.service import Operations
from serving.outlook import router as outlook
from serving.realtime import events
from serving.realtime import router as realtime
from serving.realtime.hub import Hub
from serving.realtime.listener import Listener
from serving.realtime.outbox import drain_forever
from serving.reports import router as reports
from serving.reports.press import Press
from serving.risk import card_router as cards
from serving.risk import models_router as models
from serving.risk import override_router as overrides
from serving.risk import patient_router as patient_risk
from serving.risk import router as risk
from serving.risk.holder import ModelHolder
from serving.risk.receipts import ReceiptWriter
from serving.risk.registry import AliasClient
from serving.schema_head import schema_head
from serving.served_minutes import note_forever
from serving.sweeping import sweep_forever
from serving.told_waits import watch_told_waits
from serving.tracing import make_tracing
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


def create_app(settings: Settings, *, web_dist: Path = static.WEB_DIST) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        Where its servers are, and its secrets.
    web_dist : Path
        Folder of the built dashboard.
    """
    check_permissions(api_routes())
    metrics = Metrics()
    app = FastAPI(
        title="MediSync",
        version=version("medisync"),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=openapi.operation_id,
    )
    tracing = make_tracing(settings)
    app.state.settings, app.state.tracing = settings, tracing
    app.state.metrics = metrics
    app.state.web_dist = web_dist
    problems.install(app)
    openapi.install(app, routes=api_routes)
    for router in (*ROUTERS, realtime.router, static.router):
        app.include_router(router)
    app.add_middleware(FastPath, pages=hot_pages(api_routes(), analytics.HOT_PAGES))
    app.add_middleware(Guard, methods=AllowedMethods(api_routes()))
    app.add_middleware(Edge, observe=metrics.observe, tracing=tracing)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the database, Valkey and the registry's client; keep up to date; close all in order."""
    settings, metrics = app.state.settings, app.state.metrics
    async with AsyncExitStack() as stack:
        stack.callback(metrics.close)
        stack.callback(app.state.tracing.close)
        engine = async_engine(settings.async_database_dsn)
        app.state.tracing.watch(engine.sync_engine)
        metrics.watch(engine.sync_engine)
        stack.push_async_callback(engine.dispose)
        valkey = Valkey(settings.redis_dsn)
        stack.push_async_callback(valkey.close)
        workshop, press = PasswordWorkshop(), Press()
        stack.callback(workshop.close)
        stack.callback(press.close)
        alias = AliasClient(settings)
        book, hub = SessionBook(), Hub(metrics.sockets)
        book.watch(session_ended=hub.end_session, user_ended=hub.end_user)
        store = AnalyticsStore(engine, valkey, metrics, is_synthetic=settings.is_demo)
        holder = ModelHolder(
            engine,
            alias,
            metrics,
            public=sealing.public_key(settings.secrets["release_signing_key"]),
            tell=partial(_tell_alarm, valkey),
            needs_four_eyes=settings.needs_four_eyes,
        )
        writer = ReceiptWriter(engine, metrics, pseudonym_key=settings.secrets["pseudonym_key"])
        stack.push_async_callback(writer.close)
        answers = Box(derived_key(settings.secrets["phi_master_key"], "idempotency answers"))
        vault = Vault(settings.secrets["phi_master_key"])
        context = AppContext(settings, engine, valkey, workshop, book, LoginThrottle(valkey), answers, vault)
        app.state.context, app.state.analytics, app.state.models = context, store, holder
        app.state.board = RealtimeBoard(engine, is_synthetic=settings.is_demo)
        pipeline = PipelineProbe(settings.dagster_address)
        app.state.operations = Operations(engine, store, app.state.board, metrics, pipeline, settings.is_demo)
        app.state.alias, app.state.receipts, app.state.hub = alias, writer, hub
        app.state.press, app.state.schema_head = press, schema_head()
        await _warm(store, holder)
        listener = Listener(context, store, hub, holder)
        works = (
            listener.listen(),
            listener.poll(),
            holder.follow(),
            writer.write_forever(),
            drain_forever(context, told=metrics.news.observe),
            sweep_forever(context),
            link_forever(context),
            watch_told_waits(context, metrics),
            seal_forever(context),
            write_uses_forever(context),
            note_forever(engine, metrics),
        )
        for work in works:
            stack.push_async_callback(background.end, background.begin(work))
        stack.callback(hub.close)
        yield


async def _tell_alarm(valkey: Valkey, alarm: dict[str, Any]) -> None:
    """Tell every screen of staff that the champion was moved past the gate."""
    await events.relay(valkey, name=f"{alarm['version']}:{alarm['reason']}", topic="model_alarm", data=alarm)


async def _warm(store: AnalyticsStore, holder: ModelHolder) -> None:
    """Have pages and model ready before the first request; with the database away they come later."""
    try:
        await store.renew()
    except (SQLAlchemyError, OSError, TimeoutError):
        return
    await holder.start()
