"""What commands measure, as a collector and as Prometheus get it, and that a command without it pays nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gridctl.cli.wiring.telemetry import exports_of
from tests.running_stack import RunningStack
from tests.support.command import call
from tests.support.otlp import COLLECTORS, HTTP, Collector, attributes_of, points_of
from tests.support.paths import GRIDCTL, ROOT
from tests.support.readings import READINGS

pytestmark = [pytest.mark.stack]

SOUND = 200
BROKEN = [b'{"kind":"thermostat","device_id":"th-broken","event_time_ms":1,"firmware":"3.0.1"}'] * 8
PROCESS_GROUP = "gridstream.process"


@pytest.fixture(params=list(COLLECTORS))
def collector(request: pytest.FixtureRequest) -> Iterator[Collector]:
    with COLLECTORS[request.param]() as running:
        yield running


def measured(stack: RunningStack, collector: Collector, *words: object, stdin: bytes = b"") -> str:
    done = call(*words, cwd=ROOT, stdin=stdin, env={**stack.variables, **collector.variables})
    assert done.returncode == 0, done.stderr
    assert "telemetry" not in done.stderr
    return done.stdout


def lines() -> bytes:
    now_ms = time.time_ns() // 1_000_000
    sound = [
        {
            **READINGS["thermostat"],
            "kind": "thermostat",
            "device_id": f"th-{os.urandom(4).hex()}",
            "event_time_ms": now_ms - 2_000,
        }
        for _ in range(SOUND)
    ]
    return b"\n".join([*(json.dumps(line).encode() for line in sound), *BROKEN, b"{"])


def test_a_collector_gets_what_ingest_and_process_did(platform: RunningStack, collector: Collector) -> None:
    account = json.loads(measured(platform, collector, "ingest", "jsonl", "-", "-o", "json", stdin=lines()))
    assert (account["published"], account["rejected"]) == (SOUND, len(BROKEN) + 1)
    metrics = collector.metrics()
    latency = points_of(metrics["gridstream.ingestion.latency"])
    assert {series: point.count for series, point in latency.items()} == {("thermostat", "UNKNOWN"): SOUND}
    assert 2.0 <= latency["thermostat", "UNKNOWN"].sum / SOUND < 60.0
    records = {series: point.as_int for series, point in points_of(metrics["gridstream.ingest.records"]).items()}
    assert records == {("iot.thermostat",): SOUND + len(BROKEN), ("unrouted",): 1}
    violations = {series: point.as_int for series, point in points_of(metrics["gridstream.schema.violations"]).items()}
    assert violations == {
        ("thermostat other", "field_missing", "iot.thermostat"): 4,
        ("thermostat 3.0", "field_missing", "iot.thermostat"): 4,
        ("unknown", "json_truncated", "unrouted"): 1,
    }
    sent = {series: point.as_int for series, point in points_of(metrics["messaging.client.sent.messages"]).items()}
    assert sent["iot.thermostat", "send", "kafka"] == SOUND
    assert {resource["service.name"] for resource in collector.resources()} == {"gridctl-ingest"}
    assert sum(attributes_of(span)["messaging.batch.message_count"] for span in collector.spans()) == account["read"]

    account = json.loads(measured(platform, collector, "process", "--until-idle", "-o", "json"))
    metrics = collector.metrics()
    latency = points_of(metrics["gridstream.processing.latency"])
    assert latency[PROCESS_GROUP, "iot.thermostat"].count == account["consumed"] >= SOUND
    consumed = points_of(metrics["messaging.client.consumed.messages"])
    assert consumed[PROCESS_GROUP, "iot.thermostat", "poll", "kafka"].as_int == account["consumed"]
    batches = [span for span in collector.spans() if span.name == "process iot.thermostat"]
    assert sum(attributes_of(span)["messaging.batch.message_count"] for span in batches) == account["consumed"]
    [worked] = points_of(metrics["messaging.process.duration"]).values()
    assert worked.count == len(batches)
    shown = f"{collector.metric_requests}{collector.span_requests}"
    assert "th-" not in shown  # no device in any label or span


def test_the_span_that_reads_a_dead_letter_is_linked_to_the_one_that_wrote_it(
    platform: RunningStack, collector: Collector
) -> None:
    measured(platform, collector, "ingest", "jsonl", "-", stdin=BROKEN[0])
    [writer] = collector.spans()
    measured(platform, collector, "dlq", "show", "--topic", "iot.thermostat", "--limit", "1")
    assert collector.spans()[-1].name == "receive iot.thermostat.dlq"
    measured(platform, collector, "dlq", "summary")
    reader = collector.spans()[-1]
    assert reader.name == "receive"
    assert (writer.trace_id, writer.span_id) in [(link.trace_id, link.span_id) for link in reader.links]
    assert len({link.span_id for link in reader.links}) == len(reader.links)


def test_the_span_that_reads_the_ledger_is_linked_to_the_one_that_wrote_it(
    platform: RunningStack, collector: Collector
) -> None:
    subject = f"t.{os.urandom(4).hex()}-value"
    schema = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
    url = f"{platform.registry}/subjects/{subject}/versions"
    httpx.post(url, json={"schema": schema}, trust_env=False).raise_for_status()
    measured(platform, collector, "schema", "register", "--execute", "--adopt", "a test registered it")
    [writer] = [span for span in collector.spans() if span.name == "send grid.audit"]
    measured(platform, collector, "audit", "verify")
    reader = collector.spans()[-1]
    assert reader.name == "receive grid.audit"
    assert (writer.trace_id, writer.span_id) in [(link.trace_id, link.span_id) for link in reader.links]


def test_prometheus_scrapes_a_command_that_listens(platform: RunningStack) -> None:
    platform.run("ingest", "jsonl", "-", stdin=lines())
    process = platform.start("process", "--listen", "127.0.0.1:0", "--group", "test-scraped")
    try:
        assert process.stderr is not None
        url = process.stderr.readline().decode().split()[-1]
        found: dict[str, float] = {}
        deadline_s = time.monotonic() + 30
        while found.get("gridstream_processing_latency_seconds_count", 0.0) < SOUND and time.monotonic() < deadline_s:
            time.sleep(0.2)
            text = httpx.get(f"{url}/metrics", trust_env=False).text
            found = {each.name: each.value for one in text_string_to_metric_families(text) for each in one.samples}
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert found["gridstream_processing_latency_seconds_count"] >= SOUND
    assert found["messaging_client_consumed_messages_total"] >= SOUND


PROBE = """
import json, sys
sys.argv = ["gridctl", *json.loads(sys.argv[1])]
from gridctl.__main__ import main
try:
    main()
finally:
    sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def modules_after(stack: RunningStack, *words: str, stdin: bytes, **variables: str) -> set[str]:
    plain = {name: value for name, value in stack.environment.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(words)],
        input=stdin,
        env={**plain, **variables},
        cwd=ROOT,
        capture_output=True,
        timeout=60,
    )
    return set(json.loads(done.stderr.decode().splitlines()[-1]))


def test_a_command_that_nobody_measures_imports_nothing_for_it(platform: RunningStack) -> None:
    plain = modules_after(platform, "ingest", "jsonl", "-", stdin=BROKEN[0])
    assert "gridctl.ingest.pipeline" in plain
    assert not [name for name in plain if name.split(".")[0] in {"opentelemetry", "prometheus_client", "grpc"}]
    disabled = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}
    assert "opentelemetry" not in modules_after(platform, "ingest", "jsonl", "-", stdin=BROKEN[0], **disabled)


def test_a_collector_that_is_away_changes_nothing_for_the_work(platform: RunningStack) -> None:
    with COLLECTORS[HTTP]() as gone:
        pass
    began_s = time.monotonic()
    done = subprocess.run(
        [GRIDCTL, "ingest", "jsonl", "-", "-o", "json"],
        input=lines(),
        env={**platform.environment, **gone.variables, "OTEL_METRIC_EXPORT_INTERVAL": "100"},
        cwd=ROOT,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["published"] == SOUND
    assert done.stderr.decode().count("\n") <= 2
    assert b"telemetry: " in done.stderr
    assert b"Traceback" not in done.stderr
    assert time.monotonic() - began_s < 20


def test_console_exporters_leave_stdout_to_the_data(platform: RunningStack) -> None:
    own = {"OTEL_METRICS_EXPORTER": "console", "OTEL_TRACES_EXPORTER": "console"}
    done = call("ingest", "jsonl", "-", "-o", "json", cwd=ROOT, stdin=BROKEN[0], env={**platform.variables, **own})
    assert json.loads(done.stdout)["rejected"] == 1
    assert "gridstream.schema.violations" in done.stderr


def test_without_the_libraries_a_scrape_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    said: list[str] = []
    with exports_of("process", said.append, scraped=True) as _:
        pass
    answer = exports_of("process", said.append, scraped=True).metrics()
    assert (answer.status, answer.body) == (501, b"metrics need OpenTelemetry: pip install 'gridctl[telemetry]'\n")
    assert "pip install 'gridctl[telemetry]'" in said[0]


def test_variables_that_cannot_be_followed_are_a_usage_problem(platform: RunningStack, tmp_path: Path) -> None:
    own = {"OTEL_METRICS_EXPORTER": "carbon"}
    done = call("process", "--until-idle", cwd=tmp_path, env={**platform.variables, **own})
    assert done.returncode == 2
    assert "carbon" in done.stderr
    assert "docs/telemetry.md" in done.stderr
