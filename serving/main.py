"""The application factory: puts the parts together, opens and closes what they share.

Belongs here: construction and the lifespan. Does not belong here: any route's body, any rule.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from app_api.identity.context import AppContext
from app_api.identity.passwords import PasswordWorkshop
from app_api.identity.session_book import SessionBook
from app_api.identity.session_uses import write_uses_forever
from app_api.identity.throttle import LoginThrottle
from app_api.valkey import Valkey
from app_api.vault import Vault
from core import sealing
from core.db.engine import async_engine
from core.sealing_box import Box, derived_key
from core.settings import Settings
from serving import background, openapi, problems, routes, static
from serving.analytics import router as analytics
from serving.analytics.fast_path import FastPath, hot_pages
from serving.analytics.realtime import RealtimeBoard
from serving.analytics.store import AnalyticsStore
from serving.audit_sealer import seal_forever
from serving.edge import Edge
from serving.guard import Guard
from serving.linking import link_forever
from serving.methods import AllowedMethods
from serving.metrics import Metrics
from serving.operations.pipeline import PipelineProbe
from serving.operations.service import Operations
from serving.realtime import events
from serving.realtime import router as realtime
from serving.realtime.hub import Hub
from serving.realtime.listener import Listener
from serving.realtime.outbox import drain_forever
from serving.reports.press import Press
from serving.risk.holder import ModelHolder
from serving.risk.receipts import ReceiptWriter
from serving.risk.registry import AliasClient
from serving.schema_head import schema_head
from serving.served_minutes import note_forever
from serving.sweeping import sweep_forever
from serving.told_waits import watch_told_waits
from serving.tracing import make_tracing


def create_app(settings: Settings, *, web_dist: Path = static.WEB_DIST) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        Where its servers are, and its secrets.
    web_dist : Path
        Folder of the built dashboard.
    """
    routes.check_permissions(routes.api_routes())
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
    openapi.install(app, routes=routes.api_routes)
    for router in (*routes.ROUTERS, realtime.router, static.router):
        app.include_router(router)
    app.add_middleware(FastPath, pages=hot_pages(routes.api_routes(), analytics.HOT_PAGES))
    app.add_middleware(Guard, methods=AllowedMethods(routes.api_routes()))
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
