"""The query on which KEDA and prometheus-adapter scale, run by Prometheus itself."""

from pathlib import Path

import pytest

from gridctl.lag.series import lag_query
from tests.support.promtool import run_rules

pytestmark = pytest.mark.real

QUERY = lag_query("kafka_consumergroup_lag", 'consumergroup="g"')
AT = 'consumergroup="g",topic="t",partition'


def test_unknown_and_old_lag_is_no_number(tmp_path: Path) -> None:
    """Two exporters say the same; then a partition is UNKNOWN; then nobody measures any more."""
    fresh = "0+15x40 600x20"  # measured at each scrape for ten minutes, then the clock of the measurement stands
    series = {
        f'kafka_consumergroup_lag{{{AT}="0",instance="a"}}': "100x60",
        f'kafka_consumergroup_lag{{{AT}="0",instance="b"}}': "90x60",
        f'kafka_consumergroup_lag{{{AT}="1",instance="a"}}': "7x20 _x10 7x30",
        f'gridstream_consumergroup_lag_class{{{AT}="0",class="COMMITTED",instance="a"}}': "1x60",
        f'gridstream_consumergroup_lag_class{{{AT}="1",class="COMMITTED",instance="a"}}': "1x20 stale _x10 1x30",
        f'gridstream_consumergroup_lag_class{{{AT}="1",class="UNKNOWN",instance="a"}}': "_x20 1x10 stale",
        'kafka_consumergroup_lag{consumergroup="other",topic="t",partition="0"}': "5000x60",
        'gridstream_lag_measurement_timestamp_seconds{instance="a"}': fresh,
    }
    known = [{"labels": "{}", "value": 107}]
    run_rules(
        tmp_path,
        [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {"expr": QUERY, "eval_time": "2m", "exp_samples": known},
                    {"expr": QUERY, "eval_time": "6m30s", "exp_samples": []},
                    {"expr": QUERY, "eval_time": "9m", "exp_samples": known},
                    {"expr": QUERY, "eval_time": "10m45s", "exp_samples": known},
                    {"expr": QUERY, "eval_time": "11m15s", "exp_samples": []},
                ],
            }
        ],
    )
