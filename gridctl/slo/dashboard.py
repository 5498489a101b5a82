"""A dashboard for Grafana: how the objectives stand, and the indicators behind them."""

from collections.abc import Iterator
from typing import Any

from gridctl.lag.series import LAG, LAG_CLASS, LAG_SECONDS, MEASURED
from gridctl.runtime.telemetry.names import (
    INGEST_RECORDS,
    INGESTION_LATENCY,
    PROCESSING_LATENCY,
    SCHEMA_VIOLATIONS,
    Metric,
)
from gridctl.slo.burn import duration
from gridctl.slo.model import Lag, Latency, Ratio, Slos
from gridctl.slo.promql import series_of
from gridctl.slo.rules import recorded

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard(slos: Slos) -> dict[str, Any]:
    """Return the document that Grafana imports; every query needs one Prometheus with the rules of `rule_groups`."""
    panels: list[dict[str, Any]] = []
    y = 0
    for row in _rows(slos):
        height = max(panel["gridPos"]["h"] for panel in row)
        x = 0
        for panel in row:
            place = {**panel["gridPos"], "x": x, "y": y}
            panels.append({**panel, "id": len(panels) + 1, "gridPos": place})
            x += place["w"]
        y += height
    return {
        "uid": "gridstream-slo",
        "title": "GridStream: objectives and indicators",
        "tags": ["gridstream"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "panels": panels,
    }


def queries(document: dict[str, Any]) -> list[str]:
    """Return what the panels ask."""
    return [target["expr"] for panel in document["panels"] for target in panel.get("targets", ())]


def _rows(slos: Slos) -> Iterator[list[dict[str, Any]]]:
    for each in slos.objectives:
        yield _objective(each, slos)
    topic, rule, family = "messaging_destination_name", "gridstream_rule", "gridstream_firmware_family"
    yield [
        _series("Ingestion latency, p50", *_quantile(INGESTION_LATENCY, 0.5, "gridstream_kind"), unit="s", width=8),
        _series("Ingestion latency, p99", *_quantile(INGESTION_LATENCY, 0.99, "gridstream_kind"), unit="s", width=8),
        _series("Processing latency, p99", *_quantile(PROCESSING_LATENCY, 0.99, topic), unit="s", width=8),
    ]
    yield [
        _series("Records taken by ingest", *_rate(INGEST_RECORDS, topic), unit="rps", width=8),
        _series("Schema violations by rule", *_rate(SCHEMA_VIOLATIONS, rule), unit="rps", width=8),
        _series("Schema violations by firmware", *_rate(SCHEMA_VIOLATIONS, family), unit="rps", width=8),
    ]
    of_topic = "{{consumergroup}} {{topic}}"
    yield [
        _series("Lag, records", f"sum by (consumergroup, topic) ({LAG})", of_topic, unit="short", width=6),
        _series("Lag, seconds", f"max by (consumergroup, topic) ({LAG_SECONDS})", of_topic, unit="s", width=6),
        _series("Partitions by class", f"sum by (class) ({LAG_CLASS})", "{{class}}", unit="short", width=6),
        _series("Age of the measurement", f"time() - min({MEASURED})", "age", unit="s", width=6),
    ]


def _objective(each: Latency | Lag | Ratio, slos: Slos) -> list[dict[str, Any]]:
    of = f'{{slo="{each.name}"}}'
    whole = f"{recorded(slos.window_s)}{of}"
    title = f"{each.name}: burn rate (1 uses up the budget in {slos.window_days} days)"
    rates = [
        (f"{recorded(window_s)}{of} / {each.budget:.6g}", duration(window_s)) for window_s in (300, 3600, 6 * 3600)
    ]
    burn = _series(title, *rates[0], unit="short", width=14)
    burn["targets"] = [_target(expression, name, index) for index, (expression, name) in enumerate(rates)]
    return [
        _number(f"{each.name}: attained, target {each.target:.6g}", f"1 - {whole}", each.target),
        _number(f"{each.name}: error budget left", f"1 - {whole} / {each.budget:.6g}", 0),
        burn,
    ]


def _rate(metric: Metric, by: str) -> tuple[str, str]:
    return f"sum by ({by}) (rate({series_of(metric)}[5m]))", f"{{{{{by}}}}}"


def _quantile(metric: Metric, quantile: float, by: str) -> tuple[str, str]:
    buckets = f"sum by (le, {by}) (rate({series_of(metric, '_bucket')}[5m]))"
    return f"histogram_quantile({quantile:g}, {buckets})", f"{{{{{by}}}}}"


def _series(title: str, expression: str, legend: str, *, unit: str, width: int) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": title,
        "datasource": _SOURCE,
        "gridPos": {"h": 8, "w": width},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"spanNulls": False}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [_target(expression, legend, 0)],
    }


def _number(title: str, expression: str, least: float) -> dict[str, Any]:
    """Red below `least`; where nothing is measured it says so, instead of a number."""
    steps = [{"color": "red", "value": None}, {"color": "green", "value": least}]
    defaults = {
        "unit": "percentunit", "decimals": 2, "noValue": "UNKNOWN",
        "color": {"mode": "thresholds"}, "thresholds": {"mode": "absolute", "steps": steps},
    }  # fmt: skip
    return {
        "type": "stat",
        "title": title,
        "datasource": _SOURCE,
        "gridPos": {"h": 8, "w": 5},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "none"},
        "targets": [{**_target(expression, "", 0), "instant": True}],
    }


def _target(expression: str, legend: str, index: int) -> dict[str, Any]:
    return {"refId": "ABC"[index], "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
