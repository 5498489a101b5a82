"""Attainment, budgets, burn rates and status, from shares that were bad; a process's own counters as such a source."""

import pytest

from gridctl.slo.burn import BURNS, budget_factor, duration
from gridctl.slo.counters import Sample, bad_share
from gridctl.slo.model import Lag, Latency, Ratio, Slos
from gridctl.slo.report import Status, over_window, since_start

SLOS = Slos.from_toml(
    """
    window_days = 30
    [[latency]]
    name = "late"
    why = "w"
    metric = "gridstream.ingestion.latency"
    within_s = 5.0
    match = {"gridstream.priority_level" = "LIFE_SUSTAINING"}
    target = 0.99
    [[lag]]
    name = "lag"
    why = "w"
    group = "g"
    within_records = 10
    target = 0.99
    [[ratio]]
    name = "refused"
    why = "w"
    bad = "gridstream.schema.violations"
    total = "gridstream.ingest.records"
    target = 0.99
    """,
    "slo.toml",
)
HOUR_S = 3600
LATE, LAG, REFUSED = SLOS.objectives


def of(name: str, series: str, value: float, **labels: str) -> Sample:
    return Sample(f"gridstream_{name}_{series}", labels, value)


def test_the_rates_are_those_of_the_workbook() -> None:
    assert [round(budget_factor(burn, 30 * 86_400), 6) for burn in BURNS] == [14.4, 6, 3, 1]
    assert [duration(burn.long_s) for burn in BURNS] == ["1h", "6h", "1d", "3d"]
    assert [duration(burn.short_s) for burn in BURNS] == ["5m", "30m", "2h", "6h"]


@pytest.mark.parametrize(
    ("whole", "short", "long", "status"),
    [
        (0.0, 0.0, 0.0, Status.MET),
        (0.009, 0.0, 0.0, Status.MET),
        (0.011, 0.0, 0.0, Status.MISSED),
        (0.002, 0.15, 0.15, Status.BURNING),
        (0.002, 0.15, 0.001, Status.MET),  # it only began
        (0.002, 0.0, 0.15, Status.MET),  # it is over
        (0.02, 0.15, 0.15, Status.MISSED),
        (None, 0.5, 0.5, Status.UNKNOWN),
    ],
)
def test_the_status(whole: float | None, short: float, long: float, status: Status) -> None:
    def measure(_: Latency | Lag | Ratio, window_s: int) -> float | None:
        return {SLOS.window_s: whole, HOUR_S: long, 300: short}.get(window_s, 0.0)

    (standing,) = over_window(SLOS, measure, ["late"])
    assert standing.status is status
    assert standing.burn_rates["1h"] == pytest.approx(long / 0.01)
    if whole is None:
        assert (standing.attainment, standing.error_budget_left, standing.cause) == (None, None, "nothing was measured")
    else:
        assert standing.attainment == pytest.approx(1 - whole)
        assert standing.error_budget_left == pytest.approx(1 - whole / 0.01)


def test_a_window_that_is_not_known_is_null_and_no_zero() -> None:
    (standing, *_) = over_window(SLOS, lambda _, window_s: None if window_s == HOUR_S else 0.001, [])
    assert standing.burn_rates["1h"] is None
    assert standing.status is Status.MET


def test_counters_of_one_process() -> None:
    device = {"gridstream_kind": "thermostat", "gridstream_priority_level": "LIFE_SUSTAINING"}
    other = {**device, "gridstream_priority_level": "UNKNOWN"}
    samples = [
        of("ingestion_latency", "seconds_bucket", 60, le="2.5", **device),
        of("ingestion_latency", "seconds_bucket", 90, le="5.0", **device),
        of("ingestion_latency", "seconds_bucket", 100, le="+Inf", **device),
        of("ingestion_latency", "seconds_count", 100, **device),
        of("ingestion_latency", "seconds_bucket", 0, le="5.0", **other),
        of("ingestion_latency", "seconds_count", 900, **other),
        of("ingest_records", "total", 200, messaging_destination_name="a"),
        of("ingest_records", "total", 200, messaging_destination_name="b"),
    ]
    assert bad_share(samples, LATE) == pytest.approx(0.1)
    assert bad_share(samples, REFUSED) == 0
    assert bad_share([*samples, of("schema_violations", "total", 40, gridstream_rule="r")], REFUSED) == 0.1
    assert bad_share([*samples, of("schema_violations", "total", 999, gridstream_rule="r")], REFUSED) == 1
    assert bad_share([], LATE) is bad_share([], REFUSED) is None
    assert bad_share([of("ingest_records", "total", 0)], REFUSED) is None


def test_since_the_start_a_lag_is_not_known() -> None:
    late, lag, refused = since_start(SLOS, lambda each, _: 0.02 if each is LATE else 0.0, [])
    assert late.status is Status.MISSED
    assert late.burn_rates == {"since_start": pytest.approx(2)}
    assert (lag.status, lag.attainment, lag.burn_rates) == (Status.UNKNOWN, None, {"since_start": None})
    assert lag.cause == "one look at a lag is no history; ask a Prometheus"
    assert refused.status is Status.MET
