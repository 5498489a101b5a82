"""A collector that speaks OTLP over HTTP (protobuf) and gRPC: it keeps what it is sent, as the protocol has it."""

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import grpc  # type: ignore[import-untyped] # it ships no types
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

HTTP, GRPC = "http/protobuf", "grpc"


class Collector:
    """What has arrived, and the variables that make a command send it here."""

    def __init__(self, protocol: str, port: int) -> None:
        self.variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        }
        self.metric_requests: list[Any] = []
        self.span_requests: list[Any] = []
        self.headers: list[dict[str, str]] = []

    def metrics(self) -> dict[str, Any]:
        """Return each metric as it arrived last, by its name."""
        return {
            metric.name: metric
            for request in self.metric_requests
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def spans(self) -> list[Any]:
        """Return all spans in the order of their arrival."""
        return [
            span
            for request in self.span_requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def resources(self) -> list[dict[str, str]]:
        """Return the resource of each request."""
        found = [each.resource for request in self.metric_requests for each in request.resource_metrics]
        found += [each.resource for request in self.span_requests for each in request.resource_spans]
        return [attributes_of(resource) for resource in found]


def attributes_of(thing: Any) -> dict[str, Any]:
    """Return the attributes of a point, a span or a resource."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in thing.attributes}


def points_of(metric: Any) -> dict[tuple[Any, ...], Any]:
    """Return the points of a metric by the values of their attributes, in the order of the attributes' names."""
    data = getattr(metric, metric.WhichOneof("data"))
    return {tuple(value for _, value in sorted(attributes_of(point).items())): point for point in data.data_points}


@contextmanager
def http_collector() -> Iterator[Collector]:
    """Listen with HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.headers["Content-Type"] == "application/x-protobuf"
            collector.headers.append(dict(self.headers))
            if self.path == "/v1/metrics":
                collector.metric_requests.append(ExportMetricsServiceRequest.FromString(body))
                answer: Any = ExportMetricsServiceResponse()
            else:
                assert self.path == "/v1/traces"
                collector.span_requests.append(ExportTraceServiceRequest.FromString(body))
                answer = ExportTraceServiceResponse()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(answer.SerializeToString())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(HTTP, server.server_port)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def grpc_collector() -> Iterator[Collector]:
    """Listen with gRPC."""
    server = grpc.server(ThreadPoolExecutor(4))
    collector = Collector(GRPC, server.add_insecure_port("127.0.0.1:0"))

    class Metrics(MetricsServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 -- the protocol's name
            collector.metric_requests.append(request)
            collector.headers.append(dict(context.invocation_metadata()))
            return ExportMetricsServiceResponse()

    class Spans(TraceServiceServicer):
        def Export(self, request: Any, _: Any) -> Any:  # noqa: N802 -- as above
            collector.span_requests.append(request)
            return ExportTraceServiceResponse()

    add_MetricsServiceServicer_to_server(Metrics(), server)  # type: ignore[no-untyped-call] # generated
    add_TraceServiceServicer_to_server(Spans(), server)  # type: ignore[no-untyped-call] # as above
    server.start()
    try:
        yield collector
    finally:
        server.stop(0)


COLLECTORS: dict[str, Callable[[], Any]] = {HTTP: http_collector, GRPC: grpc_collector}
