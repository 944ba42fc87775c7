"""Traces say which route took how long, and nothing of whom it was about."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core.errors import InputError
from core.vocabulary import Role
from serving import main, tracing
from tests.serving.conftest import sign_in

SECRET = "canary-4711"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    made = tracing.Tracing(provider.get_tracer("test"))
    monkeypatch.setattr(main, "make_tracing", lambda settings: made)
    return exporter


async def test_a_request_and_its_statements_are_spans_without_content(spans, app, accounts):
    async with sign_in(app, Role.DOCTOR) as doctor:
        spans.clear()
        answer = await doctor.get(f"/api/patients/{SECRET}?{SECRET}=1", headers={"traceparent": PARENT})
        assert answer.status_code == 404
    found = spans.get_finished_spans()
    (request,) = [one for one in found if one.name == "GET /api/patients/{patient_id}"]
    assert request.attributes["http.response.status_code"] == 404
    assert request.attributes["medisync.request_id"] == answer.headers["x-request-id"]
    assert format(request.context.trace_id, "032x") == PARENT.split("-")[1]
    below = [one for one in found if one.parent is not None and one.parent.span_id == request.context.span_id]
    assert {one.name for one in below} >= {"SELECT"}
    assert SECRET not in "".join(one.to_json() for one in found)


def test_an_endpoint_without_the_packages_is_said_at_the_start(app_settings, monkeypatch):
    wish = app_settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:4318/v1/traces"})
    monkeypatch.setattr(tracing, "_is_there", lambda name: False)
    with pytest.raises(InputError, match=r"install medisync\[telemetry\]"):
        main.create_app(wish)


def test_nobody_is_told_anything_unless_an_endpoint_is_set(app_settings):
    assert tracing.make_tracing(app_settings)._tracer is None
