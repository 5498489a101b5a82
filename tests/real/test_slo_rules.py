"""The committed rules, judged and run by Prometheus' own tool: a burst fires, quiet does not, nothing is not good."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gridctl.slo.dashboard import dashboard, queries
from gridctl.slo.model import Slos
from tests.support.paths import ROOT
from tests.support.promtool import promtool, run_rules

pytestmark = pytest.mark.real

RULES = ROOT / "ci" / "slo" / "slo-rules.yaml"
TOPIC = 'messaging_destination_name="iot.thermostat"'
FIRING = 'count by (slo, severity, window) (ALERTS{alertname="SloBudgetBurns",alertstate="firing"})'
REFUSED = '{slo="schema-violations"}'
RECORDS = {f"gridstream_ingest_records_total{{{TOPIC}}}": "0+100x400"}


def expects(expression: str, at: str, *samples: tuple[str, float]) -> dict[str, Any]:
    return {
        "expr": expression,
        "eval_time": at,
        "exp_samples": [{"labels": labels, "value": value} for labels, value in samples],
    }


def run(directory: Path, series: dict[str, str], *expected: dict[str, Any]) -> None:
    made_up = [{"series": name, "values": values} for name, values in series.items()]
    run_rules(directory, [{"interval": "15s", "input_series": made_up, "promql_expr_test": list(expected)}], RULES)


def test_the_committed_rules_are_valid() -> None:
    assert "rules found" in promtool("check", "rules", RULES)


def test_a_burst_of_violations_fires_and_quiet_does_not(tmp_path: Path) -> None:
    """From the 30th minute 40 % are refused. The first batch makes the series: it counts, from nothing."""
    violations = (
        f'gridstream_schema_violations_total{{{TOPIC},gridstream_rule="out_of_range",gridstream_firmware_family="9.x"}}'
    )
    run(
        tmp_path,
        {**RECORDS, violations: "_x120 40+40x40 1640x240"},
        expects(f"slo:sli_error:ratio_rate5m{REFUSED} * 1", "29m", (REFUSED, 0)),
        expects(FIRING, "29m"),
        expects(
            FIRING, "41m",
            ('{slo="schema-violations",severity="page",window="1h"}', 1),
            ('{slo="schema-violations",severity="page",window="6h"}', 1),
            ('{slo="schema-violations",severity="ticket",window="1d"}', 1),
            ('{slo="schema-violations",severity="ticket",window="3d"}', 1),
        ),
        # It is over: the short windows are good again, while the long ones still remember it.
        expects('count(ALERTS{alertname="SloBudgetBurns",severity="page",alertstate="firing"})', "80m"),
        expects(f"slo:sli_error:ratio_rate5m{REFUSED} > bool 0", "80m", (REFUSED, 0)),
    )  # fmt: skip


@pytest.mark.parametrize("afterwards", ["1000x60", "stale"], ids=["the process goes on", "the process has ended"])
def test_the_first_batch_of_a_burst_counts(tmp_path: Path, afterwards: str) -> None:
    """A counter that appears with its first value and then stands still: `increase` alone sees nothing."""
    violations = f'gridstream_schema_violations_total{{{TOPIC},gridstream_rule="bad_json"}}'
    ratio = f"slo:sli_error:ratio_rate1h{REFUSED}"
    run(
        tmp_path,
        {**RECORDS, violations: f"_x40 1000 {afterwards}"},
        expects(f"{ratio} > bool 0.2", "11m", (REFUSED, 1)),
        expects(f"{ratio} > bool 0.15", "15m", (REFUSED, 1)),
    )


def test_late_readings_burn_the_budget_of_latency(tmp_path: Path) -> None:
    def of(part: str) -> str:
        return f"gridstream_ingestion_latency_seconds_{part}"

    kind, late = 'gridstream_kind="thermostat"', '{slo="ingestion-latency"}'
    run(
        tmp_path,
        {
            f'{of("bucket")}{{{kind},le="5.0"}}': "0+10x60",
            f'{of("bucket")}{{{kind},le="10.0"}}': "0+50x60",
            f'{of("bucket")}{{{kind},le="+Inf"}}': "0+100x60",
            f'{of("count")}{{{kind}}}': "0+100x60",
        },
        expects(f"slo:sli_error:ratio_rate5m{late} * 1", "10m", (late, 0.5)),
        expects('count(ALERTS{slo="ingestion-latency",severity="page",alertstate="firing"})', "10m", ("{}", 2)),
    )  # fmt: skip


def test_lag_is_bad_while_it_is_high_unknown_or_not_measured(tmp_path: Path) -> None:
    """Good, above the bound, good, a partition UNKNOWN, good, the exporter gone: five minutes each."""
    of = '{consumergroup="gridstream.process",topic="t",partition="0"}'
    lost = '{consumergroup="gridstream.process",topic="t",partition="0",class="UNKNOWN"}'
    bad = 'slo:lag_bad:bool{slo="processing-lag"}'
    run(
        tmp_path,
        {
            'up{job="x"}': "1x120",
            f"kafka_consumergroup_lag{of}": "5x59 stale _x19 5x19 stale",
            f"gridstream_consumergroup_lag_seconds{of}": "1x19 90x19 1x19 stale _x19 1x19 stale",
            f"gridstream_consumergroup_lag_class{lost}": "_x60 1x19 stale",
            "gridstream_lag_measurement_timestamp_seconds": "0+15x99 stale",
        },
        *(
            expects(bad, at, (bad, value))
            for at, value in (("4m", 0), ("9m", 1), ("14m", 0), ("19m", 1), ("24m", 0), ("29m", 1))
        ),
        expects('slo:sli_error:ratio_rate30m{slo="processing-lag"} > bool 0.4', "29m", ('{slo="processing-lag"}', 1)),
    )


def test_what_is_not_measured_is_not_good(tmp_path: Path) -> None:
    """Only records: latencies and lag have no value at all, and after a quarter of an hour somebody is told."""
    silent = ("ingestion-latency", "processing-latency", "processing-lag")
    told = 'count by (slo) (ALERTS{alertname="SloNotMeasured",alertstate="firing"})'
    run(
        tmp_path,
        RECORDS,
        expects("count(slo:sli_error:ratio_rate30d) by (slo)", "10m", ('{slo="schema-violations"}', 1)),
        expects(told, "10m"),
        expects(told, "20m", *((f'{{slo="{name}"}}', 1) for name in silent)),
    )  # fmt: skip


def test_prometheus_can_read_every_query_of_the_dashboard(tmp_path: Path) -> None:
    slos = Slos.from_toml((ROOT / "ci" / "slo.toml").read_text(), "ci/slo.toml")
    asked = queries(dashboard(slos))
    assert len(asked) > 20
    rules = [{"record": f"x{number}", "expr": expression} for number, expression in enumerate(asked)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    promtool("check", "rules", file)
