"""The names: docs/telemetry.md shows them all, and only them."""

import re

from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.names import METRICS, SPANS, Metric
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
# https://prometheus.io/docs/specs/ and the exporter of OpenTelemetry: tests/unit/adapters/test_otel.py scrapes it.
PERSONAL = re.compile(r"device|customer|premise|meter")


def in_prometheus(metric: Metric) -> str:
    return metric.name.replace(".", "_") + ("_seconds" if metric.bounds_s else "_total")


def test_the_page_shows_every_metric_with_unit_attributes_and_meaning() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| `(\w+)` \| (\S+) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert rows == [
        (
            metric.name,
            in_prometheus(metric),
            metric.unit,
            ", ".join(f"`{attribute}`" for attribute in metric.attributes),
            metric.description,
        )
        for metric in METRICS
    ]


def test_the_page_shows_every_span() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([A-Z]+) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert rows == [(span.operation, span.kind, span.description) for span in SPANS]


def test_no_attribute_names_somebody() -> None:
    attributes = {attribute for metric in METRICS for attribute in metric.attributes}
    assert not [attribute for attribute in attributes if PERSONAL.search(attribute)]


def test_every_metric_of_the_module_is_in_the_table_with_bounds_that_rise() -> None:
    assert {value for value in vars(names).values() if isinstance(value, Metric)} == set(METRICS)
    for metric in METRICS:
        assert list(metric.bounds_s) == sorted(set(metric.bounds_s))
        assert (metric.unit == "s") == bool(metric.bounds_s)
