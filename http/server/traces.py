"""Spans to an OpenTelemetry collector (OTLP over HTTP), where an endpoint is set. No other file knows OpenTelemetry.

| what raises, hangs or is cut | then |
|---|---|
| the collector is away, slow, or refuses | a thread of its own tries; 2,048 spans wait, older ones are dropped |
| it hangs as the server stops | it gets `STOP_WITHIN`; then the thread is left, and ends with the process |
| a span cannot be begun or ended | logged once, and done without |
| the server is killed | what was not sent is lost: at most five seconds' worth |
| it is restarted between an effect's commit and its call | the effect's span has no link: causes are in memory only |
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import trio
from opentelemetry.context import Context as Surroundings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanKind,
    Status,
    StatusCode,
    TracerProvider as AnyProvider,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from plixa import __version__
from plixa.engine.tracing import HERE, Context, Sort, Tracing

EVERY, AT_ONCE, WAITING, WITHIN = 5_000, 256, 2_048, 10
"""Milliseconds between two exports, spans in one, spans in memory, seconds that a request may take."""
STOP_WITHIN = 2.0
KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "inside": SpanKind.INTERNAL}
NOWHERE = Surroundings()
W3C = TraceContextTextMapPropagator()


class OtelTraces:
    """As `Traces`."""

    def __init__(self, provider: AnyProvider) -> None:
        self._tracer = provider.get_tracer("plixa", __version__)

    @contextmanager
    def span(
        self, name: str, sort: Sort, parent: Context, cause: Context, about: dict[str, str | int]
    ) -> Generator[None]:
        span = self._tracer.start_span(
            name,
            NOWHERE if parent is None else set_span_in_context(NonRecordingSpan(parent), NOWHERE),
            KINDS[sort],
            {f"plixa.{key}": value for key, value in about.items()},
            () if cause is None else (Link(cause),),
            record_exception=False,  # its text may quote what somebody wrote
            set_status_on_exception=False,
        )
        before, here = HERE.get(), span.get_span_context()
        HERE.set(here)
        try:
            yield
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            HERE.set(before)
            span.end()

    def told(self, here: Context) -> str:
        said = dict[str, str]()
        W3C.inject(said, set_span_in_context(NonRecordingSpan(here), NOWHERE))
        return said.get("traceparent", "")

    def heard(self, text: str) -> Context:
        here = get_current_span(W3C.extract({"traceparent": text}, NOWHERE)).get_span_context()
        return here if here.is_valid else None


def provider_of(exporter: SpanExporter, node: str, share: float) -> TracerProvider:
    """What makes spans and hands them on. share: of how many beginnings, 0 to 1."""
    about = {SERVICE_NAME: "plixa", SERVICE_VERSION: __version__, SERVICE_INSTANCE_ID: node}
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(share)),
        resource=Resource(about),
        shutdown_on_exit=False,  # it is shut down by us, within a time
    )
    provider.add_span_processor(BatchSpanProcessor(exporter, WAITING, EVERY, AT_ONCE))
    return provider


@asynccontextmanager
async def traced(tracing: Tracing, endpoint: str, node: str, share: float) -> AsyncGenerator[None]:
    """Send spans to this endpoint's `/v1/traces` while the block lasts; nowhere if it is empty."""
    if not endpoint:
        yield
        return
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # a collector that is away is no news of ours
    provider = provider_of(OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=WITHIN), node, share)
    tracing.listener = OtelTraces(provider)
    try:
        yield
    finally:
        tracing.listener = None
        with trio.move_on_after(STOP_WITHIN, shield=True):
            await trio.to_thread.run_sync(provider.shutdown, abandon_on_cancel=True)
