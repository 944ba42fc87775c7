"""OpenTelemetry, where an operator asks for it: a span a request, a span a statement, no content in either.

Belongs here: making the tracer, and what a span may say. Does not belong here: when a request begins (`edge`).

Off unless `MEDISYNC_OTLP_ENDPOINT` is set; the packages are the extra `telemetry`. A span names the route template, the
method, the status and the request id: never a path, a query, a header, a statement's text or a value.
"""

import importlib.util
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from core.errors import InputError
from core.settings import Settings

_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


class Tracing:
    """Spans of this worker, by a tracer of OpenTelemetry; without one, nothing at all."""

    def __init__(self, tracer: Any = None, *, close: Callable[[], None] = lambda: None) -> None:
        self._tracer = tracer
        self.close = close

    @contextmanager
    def request(self, method: str, headers: list[tuple[bytes, bytes]]) -> Iterator[Callable[[str, int, str], None]]:
        """Span one request, below the caller's where it says so; the yielded function tells how it ended."""
        if self._tracer is None:
            yield _nothing
            return
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {name.decode(): value.decode("latin-1") for name, value in headers if name == b"traceparent"}
        parent = TraceContextTextMapPropagator().extract(carrier)
        # Exceptions are not recorded: their text may quote a value.
        with self._tracer.start_as_current_span(
            method, context=parent, kind=trace.SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:

            def ended(route: str, status: int, request_id: str) -> None:
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": status,
                        "medisync.request_id": request_id,
                    }
                )
                if status >= 500:
                    span.set_status(trace.StatusCode.ERROR)

            yield ended

    def watch(self, engine: Engine) -> None:
        """Span every statement of an engine by its first word alone."""
        if self._tracer is None:
            return
        from opentelemetry import trace

        def before(_c: Any, _k: Any, _s: str, _p: Any, context: Any, _m: bool) -> None:
            context.medisync_began = time.time_ns()

        def after(_c: Any, _k: Any, statement: str, _p: Any, context: Any, _m: bool) -> None:
            word = statement.lstrip()[:8].split(maxsplit=1)[0].upper()
            span = self._tracer.start_span(
                word, kind=trace.SpanKind.CLIENT, start_time=context.medisync_began,
                attributes={"db.system.name": "postgresql", "db.operation.name": word},
            )  # fmt: skip
            span.end()

        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)


def _nothing(route: str, status: int, request_id: str) -> None:
    """Take what a span would be told."""


def make_tracing(settings: Settings) -> Tracing:
    """Return the tracing that the settings ask for.

    Raises
    ------
    InputError
        `telemetry_missing`: an endpoint is set and the packages are not installed.
    """
    if settings.otlp_endpoint is None:
        return Tracing()
    missing = [name for name in _NEEDED if not _is_there(name)]
    if missing:
        raise InputError(
            f"MEDISYNC_OTLP_ENDPOINT is set and {missing[0]} is not installed: install medisync[telemetry]",
            code="telemetry_missing",
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "medisync-api"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint)))
    return Tracing(provider.get_tracer("medisync"), close=provider.shutdown)


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
