"""The SDK as the `OTEL_*` variables want it. It reads them itself; here it is told who we are and when to end."""

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Thread
from typing import Any, Literal, Self
from uuid import uuid4

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk._configuration import _get_exporter_entry_point, _get_exporter_names, _import_exporters
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from gridctl import __version__
from gridctl.adapters.otel.tallies import view_of
from gridctl.adapters.otel.telemetry import OtelTelemetry
from gridctl.errors import UsageProblem
from gridctl.runtime.http import Answer
from gridctl.runtime.telemetry.environment import wanted
from gridctl.runtime.telemetry.names import METRICS

# For the last export of each signal: a collector that does not answer must not keep a command.
END_S = 3.0
QUIET_S = 60.0
SCOPE = "gridctl"


class Sdk:
    """Implements Exports; leaving it exports what is left for at most END_S.

    `service` is the service's name where no variable gives one. `scraped` says that `metrics` will be asked.
    `warn` is told, at most once a minute, when an export fails. UsageProblem where the variables cannot be followed.
    """

    def __init__(self, service: str, *, scraped: bool, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._registry = CollectorRegistry()
        self._logged = _Logged(warn)
        self._exporters: list[Any] = []
        try:
            resource = _resource(service)
            self._meters = self._meter_provider(resource, scraped=scraped)
            self._tracers = self._tracer_provider(resource)
        except Exception as error:
            raise UsageProblem(f"OTEL_*: {error}", next_step="docs/telemetry.md names the variables") from error
        self.telemetry = OtelTelemetry(
            None if self._meters is None else self._meters.get_meter(SCOPE, __version__),
            None if self._tracers is None else self._tracers.get_tracer(SCOPE, __version__),
        )

    def __enter__(self) -> Self:
        logger = logging.getLogger("opentelemetry")
        logger.handlers = [self._logged]
        logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        ending = [
            Thread(target=provider.shutdown, name="telemetry", daemon=True)
            for provider in (self._meters, self._tracers)
            if provider is not None
        ]
        give_up_s = time.monotonic() + END_S
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join(max(0.0, give_up_s - time.monotonic()))
        if any(thread.is_alive() for thread in ending):
            self._warn(f"telemetry: the last export was not done after {END_S:g} s; what it held is lost")
            self._logged.is_over = True
            for exporter in self._exporters:
                exporter.shutdown()  # else it tries again and again until the process has ended
        self._logged.is_over = True

    def _meter_provider(self, resource: Resource, *, scraped: bool) -> MeterProvider | None:
        made = [self._made(exporter) for exporter in _exporters("metrics")]
        readers: list[MetricReader] = [
            each if isinstance(each, MetricReader) else PeriodicExportingMetricReader(each) for each in made
        ]
        if scraped:
            # Without labels that change with every release of ours.
            readers.append(PrometheusMetricReader(scope_info_enabled=False, registry=self._registry))
        views = [view_of(metric) for metric in METRICS if metric.bounds_s]
        return MeterProvider(readers, resource, shutdown_on_exit=False, views=views) if readers else None

    def _tracer_provider(self, resource: Resource) -> TracerProvider | None:
        exporters = [self._made(exporter) for exporter in _exporters("traces")]
        if not exporters:
            return None
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        for exporter in exporters:
            provider.add_span_processor(BatchSpanProcessor(exporter))
        return provider

    def _made(self, exporter: type[Any]) -> Any:
        is_console = exporter in (ConsoleMetricExporter, ConsoleSpanExporter)
        made = exporter(out=sys.stderr) if is_console else exporter()  # stdout is for data
        self._exporters.append(made)
        return made

    def metrics(self) -> Answer:
        """Answer a scrape with what Prometheus reads."""
        return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._registry))

    def trace_ids(self) -> Mapping[str, str]:
        """Return `trace_id` and `span_id` of the span that is open, for log lines; nothing without one."""
        return self.telemetry.trace_ids()


class _Logged(logging.Handler):
    """Passes on what the SDK logs, which is about exports that failed, in one line and not too often."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._warn_line = warn
        self._next_s = 0.0
        self.is_over = False

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on a message."""
        now_s = time.monotonic()
        if now_s >= self._next_s and not self.is_over:
            self._next_s = now_s + QUIET_S
            self._warn_line(f"telemetry: {record.getMessage()}")


def _resource(service: str) -> Resource:
    """Return who we are: the variables win, and every process is an instance of its own, since it counts by itself."""
    named = Resource.create()
    is_named = not str(named.attributes[SERVICE_NAME]).startswith("unknown_service")
    own = {} if is_named else {SERVICE_NAME: service}
    fallback = Resource({SERVICE_VERSION: __version__, SERVICE_INSTANCE_ID: str(uuid4())})
    return fallback.merge(named).merge(Resource(own))


def _exporters(signal: Literal["metrics", "traces"]) -> list[type[Any]]:
    """Return the exporters that the variables name; OTLP where they name only an endpoint."""
    asked = wanted(os.environ)
    if not (asked.metrics if signal == "metrics" else asked.spans):
        return []
    found = _get_exporter_names(signal) or [_get_exporter_entry_point("otlp", signal)]
    spans, metrics, _ = _import_exporters(found if signal == "traces" else [], found if signal == "metrics" else [], [])
    return list((spans if signal == "traces" else metrics).values())
