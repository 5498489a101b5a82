"""The SDK as the variables want it: the same numbers over OTLP by HTTP, OTLP by gRPC and as Prometheus' text."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from socket import create_server
from threading import enumerate as enumerate_threads

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gridctl.adapters.otel import sdk as sdk_module
from gridctl.adapters.otel.sdk import Sdk
from gridctl.adapters.otel.spans import LINKS
from gridctl.errors import UsageProblem
from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.tally import ages, tally_of
from gridctl.streams.publisher import Headers
from tests.support.otlp import COLLECTORS, HTTP, Collector, attributes_of
from tests.support.wait import wait_until

NOW_MS = 1_768_435_200_000
SERIES = {names.KIND: "thermostat", names.PRIORITY_LEVEL: "UNKNOWN"}
AGES_MS = [10, 50, 51, 900, 7_200_000]


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture(params=list(COLLECTORS))
def collector(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with COLLECTORS[request.param]() as running:
        _set(monkeypatch, running.variables)
        yield running


def _set(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def _measure(sdk: Sdk, times: int) -> None:
    for _ in range(times):
        tally, _ = ages(names.INGESTION_LATENCY, [NOW_MS - age_ms for age_ms in AGES_MS], NOW_MS)
        assert tally is not None
        sdk.telemetry.record(names.INGESTION_LATENCY, tally, SERIES)
        sdk.telemetry.count(names.CLOCK_AHEAD, 2, SERIES)


def _samples(sdk: Sdk) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = sdk.metrics()
    assert (answer.status, answer.content_type.split(";")[0]) == (200, "text/plain")
    families = text_string_to_metric_families(answer.body.decode())
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for one in families for each in one.samples}


def test_metrics_and_spans_arrive_with_who_they_are_from(collector: Collector, warnings: list[str]) -> None:
    with Sdk("gridctl-ingest", scraped=False, warn=warnings.append) as sdk:
        _measure(sdk, times=3)
        span = sdk.telemetry.span(names.SEND, "iot.thermostat", {names.BATCH_COUNT: 5}, 1_768_435_200_000_000_000)
        span.end()
    assert warnings == []
    metrics = collector.metrics()
    latency = metrics["gridstream.ingestion.latency"]
    assert (latency.unit, latency.description) == ("s", names.INGESTION_LATENCY.description)
    [point] = latency.histogram.data_points
    assert attributes_of(point) == SERIES
    assert tuple(point.explicit_bounds) == names.LATENCY_BOUNDS_S
    assert list(point.bucket_counts) == [6, 3, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 3]
    assert (point.count, point.min, point.max) == (15, 0.01, 7200.0)
    assert point.sum == pytest.approx(3 * sum(AGES_MS) / 1000)
    assert point.start_time_unix_nano < point.time_unix_nano
    [ahead] = metrics["gridstream.ingestion.clock_ahead"].sum.data_points
    assert (ahead.as_int, metrics["gridstream.ingestion.clock_ahead"].sum.is_monotonic) == (6, True)
    assert set(metrics) == {"gridstream.ingestion.latency", "gridstream.ingestion.clock_ahead"}
    [sent] = collector.spans()
    assert (sent.name, sent.kind, sent.start_time_unix_nano) == ("send iot.thermostat", 4, 1_768_435_200_000_000_000)
    assert attributes_of(sent) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "iot.thermostat",
        "messaging.batch.message_count": 5,
    }
    assert {resource["service.name"] for resource in collector.resources()} == {"gridctl-ingest"}
    assert len({resource["service.instance.id"] for resource in collector.resources()}) == 1


def test_a_link_leads_to_the_span_whose_headers_a_record_has(collector: Collector, warnings: list[str]) -> None:
    with Sdk("gridctl", scraped=False, warn=warnings.append) as sdk:
        writer = sdk.telemetry.span(names.SEND, "t.dlq", {})
        headers: Headers = [
            ("content-type", b"application/avro"),
            *((name, str(value).encode()) for name, value in writer.headers),
        ]
        reader = sdk.telemetry.span(names.RECEIVE, "t.dlq", {})
        for _ in range(3):
            reader.link(headers)
        reader.link([("traceparent", b"00-nonsense\xff")])
        reader.link([])
        reader.end("Unavailable")
        writer.end()
    spans = {span.name: span for span in collector.spans()}
    [link] = spans["receive t.dlq"].links
    assert (link.trace_id, link.span_id) == (spans["send t.dlq"].trace_id, spans["send t.dlq"].span_id)
    assert spans["receive t.dlq"].trace_id != spans["send t.dlq"].trace_id
    assert spans["receive t.dlq"].status.code == 2
    assert attributes_of(spans["receive t.dlq"])["error.type"] == "Unavailable"


def test_links_are_bounded(monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> None:
    with COLLECTORS[HTTP]() as collector:
        _set(monkeypatch, {**collector.variables, "OTEL_METRICS_EXPORTER": "none"})
        with Sdk("gridctl", scraped=False, warn=warnings.append) as sdk:
            reader = sdk.telemetry.span(names.RECEIVE, None, {})
            for number in range(1, LINKS + 50):
                reader.link([("traceparent", f"00-{number:032x}-{number:016x}-01")])
            reader.end()
    [span] = collector.spans()
    assert len(span.links) == LINKS
    assert collector.metric_requests == []


def test_the_standard_variables_name_the_service_and_its_headers(
    monkeypatch: pytest.MonkeyPatch, warnings: list[str]
) -> None:
    with COLLECTORS[HTTP]() as collector:
        own = {
            "OTEL_SERVICE_NAME": "usa-ingest",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-token=abc",
            "OTEL_TRACES_SAMPLER": "always_off",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
        }
        _set(monkeypatch, {**collector.variables, **own})
        with Sdk("gridctl-ingest", scraped=False, warn=warnings.append) as sdk:
            sdk.telemetry.span(names.SEND, None, {}).end()
            for _ in range(3):
                _measure(sdk, times=2)
                time.sleep(0.25)
    assert collector.spans() == []
    resource = collector.resources()[0]
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("usa-ingest", "test")
    assert collector.headers[0]["x-token"] == "abc"
    counts = [
        point.count
        for request in collector.metric_requests
        for metric in request.resource_metrics[0].scope_metrics[0].metrics
        if metric.name == "gridstream.ingestion.latency"
        for point in metric.histogram.data_points
    ]
    assert sum(counts) == 6 * len(AGES_MS)
    assert len(counts) > 1


def test_prometheus_reads_the_same(monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> None:
    _set(monkeypatch, {})
    with Sdk("gridctl-ingest", scraped=True, warn=warnings.append) as sdk:
        for scrape in (1, 2):
            _measure(sdk, times=2)
            sdk.telemetry.record(names.PROCESS_DURATION, tally_of(names.PROCESS_DURATION, 0.05), {})
            found = _samples(sdk)
            labels = (("gridstream_kind", "thermostat"), ("gridstream_priority_level", "UNKNOWN"))
            assert found["gridstream_ingestion_clock_ahead_total", labels] == 4 * scrape
            assert found["gridstream_ingestion_latency_seconds_count", labels] == 2 * len(AGES_MS) * scrape
            assert found["gridstream_ingestion_latency_seconds_bucket", (*labels, ("le", "0.05"))] == 4 * scrape
            assert found["gridstream_ingestion_latency_seconds_bucket", (*labels, ("le", "3600"))] == 8 * scrape
            assert found["messaging_process_duration_seconds_count", ()] == scrape
    assert sdk.telemetry.span(names.SEND, None, {}).headers == []


def test_without_a_signal_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> None:
    _set(monkeypatch, {"OTEL_TRACES_EXPORTER": "console"})
    with Sdk("gridctl", scraped=False, warn=warnings.append) as sdk:
        _measure(sdk, times=2)
        assert _samples(sdk) == {}


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_METRICS_EXPORTER": "carbon"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "smoke"},
    ],
)
def test_variables_that_cannot_be_followed_end_the_command(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, warnings: list[str]
) -> None:
    _set(monkeypatch, variables)
    with pytest.raises(UsageProblem, match=r"^OTEL_\*: .*(carbon|smoke)"):
        Sdk("gridctl", scraped=False, warn=warnings.append)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", list(COLLECTORS))
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "closed"])
def test_a_collector_that_is_away_costs_a_bounded_time_at_the_end(
    protocol: str, silent: bool, monkeypatch: pytest.MonkeyPatch, warnings: list[str]
) -> None:
    monkeypatch.setattr(sdk_module, "END_S", 0.5)
    with closing(create_server(("127.0.0.1", 0))) as server:  # accepts, and says nothing
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        if not silent:
            server.close()
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol}
        _set(monkeypatch, {**variables, "OTEL_METRIC_EXPORT_INTERVAL": "200", "OTEL_BSP_SCHEDULE_DELAY": "200"})
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
        with Sdk("gridctl", scraped=False, warn=warnings.append) as sdk:
            began_s = time.monotonic()
            for _ in range(2000):
                _measure(sdk, times=1)
                sdk.telemetry.span(names.SEND, None, {}).end()
            worked_s = time.monotonic() - began_s
            ending_s = time.monotonic()
        ended_s = time.monotonic() - ending_s
        # Nothing goes on after that: it would speak into the next command of this process.
        wait_until(lambda: not [each for each in enumerate_threads() if each.name.startswith("Otel")])
    assert worked_s < 8.0
    assert ended_s < 1.9  # shorter than one export that waits
    assert warnings
    assert all(line.startswith("telemetry: ") and "\n" not in line for line in warnings)
    assert len(warnings) <= 2  # the first one, and the end's
