"""Whether the standard variables ask for telemetry."""

import pytest

from gridctl.runtime.telemetry.environment import wanted


@pytest.mark.parametrize(
    ("environ", "metrics", "spans"),
    [
        ({}, False, False),
        ({"OTEL_SERVICE_NAME": "ingest", "OTEL_TRACES_SAMPLER": "always_on"}, False, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c:4318/v1/metrics"}, True, False),
        ({"OTEL_METRICS_EXPORTER": "prometheus"}, True, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, False, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, True, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_METRICS_EXPORTER": " None "}, False, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "True"}, False, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "", "OTEL_METRICS_EXPORTER": ""}, False, False),
    ],
)
def test_each_signal_is_asked_for_by_its_exporter_or_by_an_endpoint(
    environ: dict[str, str], metrics: bool, spans: bool
) -> None:
    assert wanted(environ) == (metrics, spans)
