"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT names a receiver.

Packages are instrumented once, before the parts are forked; each process sends its own spans. The
variables of the OpenTelemetry specification apply. Without a receiver nothing of it is imported.
"""

import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.sampling import SamplingResult

_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_lock = threading.Lock()
_sending_pid = 0


def is_wanted() -> bool:
    return any(os.environ.get(name) for name in _VARIABLES)


def instrument() -> None:
    """Wrap the packages; before Django's handlers are made. Their spans go nowhere yet."""
    if not is_wanted():
        return
    from celery.signals import (  # noqa: PLC0415
        beat_init,
        worker_init,
        worker_process_init,
        worker_process_shutdown,
        worker_shutdown,
    )
    from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.django import DjangoInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.redis import RedisInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.requests import RequestsInstrumentor  # noqa: PLC0415

    # Statements come without parameters: each leaves them out unless told otherwise.
    for instrumentor in (
        DjangoInstrumentor,
        PsycopgInstrumentor,
        RedisInstrumentor,
        CeleryInstrumentor,
        RequestsInstrumentor,
    ):
        instrumentor().instrument()
    worker_process_init.connect(_begin_worker, weak=False)
    worker_init.connect(_begin_worker, weak=False)
    beat_init.connect(_begin_beat, weak=False)
    worker_process_shutdown.connect(_end, weak=False)
    worker_shutdown.connect(_end, weak=False)


def begin(part: str) -> None:
    """Send this process' spans from now on; a fork begins anew."""
    global _sending_pid  # noqa: PLW0603  (there is one such thing in a process)
    if _sending_pid == os.getpid() or not is_wanted():
        return
    with _lock:
        if _sending_pid != os.getpid():
            _sending_pid = os.getpid()
            _send(part)


def _send(part: str) -> None:
    from opentelemetry import trace  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBased  # noqa: PLC0415

    named = {"service.name": f"revenge-{part}", "service.namespace": "revenge"}
    provider = TracerProvider(
        sampler=ParentBased(_begins_with_work()), resource=Resource.create(named)
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def _begins_with_work() -> Any:  # noqa: ANN401  (a class that is made where the package is there)
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler  # noqa: PLC0415
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    class BeginsWithWork(Sampler):
        """A trace begins with a request or a job: not with a worker's questions to the broker."""

        def should_sample(
            self,
            parent_context: "Context | None",
            trace_id: int,
            name: str,
            kind: SpanKind | None = None,
            *args: Any,
            **kwargs: Any,
        ) -> "SamplingResult":
            begins = kind in {SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER}
            chosen = ALWAYS_ON if begins else ALWAYS_OFF
            return chosen.should_sample(parent_context, trace_id, name, kind, *args, **kwargs)

        def get_description(self) -> str:
            return "BeginsWithWork"

    return BeginsWithWork()


def _begin_worker(**_: Any) -> None:
    begin("worker")


def _begin_beat(**_: Any) -> None:
    begin("beat")


def _end(**_: Any) -> None:
    """Send what waits: a worker's process ends without the exit handlers that would."""
    from opentelemetry import trace  # noqa: PLC0415

    flush = getattr(trace.get_tracer_provider(), "force_flush", None)
    if flush is not None:
        flush(2000)
