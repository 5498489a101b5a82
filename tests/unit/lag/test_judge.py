"""What a threshold makes of a measurement: over it is over, whatever is unknown; and unknown is never a pass."""

import pytest

from gridctl.lag.judge import verdict_of
from gridctl.lag.model import Reading
from gridctl.lag.source import GroupReading, Look, Measurement, measurement_of
from gridctl.streams.reader import Place
from tests.unit.lag.readings import reading

AWAY = reading(None, problem="it has no leader", place=Place("iot.thermostat", 1))


def measured(*readings: Reading, problem: str | None = None, missing: str | None = None) -> Measurement:
    group = GroupReading(group="g", state="EMPTY", readings=readings, problem=problem)
    return measurement_of(Look(groups=[group], problem=missing))


@pytest.mark.parametrize(
    ("found", "threshold", "verdict", "rules"),
    [
        (measured(reading(70)), None, "pass", []),
        (measured(reading(70)), 30, "pass", []),
        (measured(reading(70)), 29, "fail", ["lag-over-threshold"]),
        (measured(reading(70), AWAY), 29, "fail", ["lag-over-threshold", "lag-unknown"]),
        (measured(reading(70), AWAY), 30, "error", ["could-not-check"]),
        (measured(reading(70), AWAY), None, "error", ["could-not-check"]),
        (measured(problem="there is no such group"), 30, "error", ["could-not-check"]),
        (measured(reading(70), missing="broker 2 did not answer"), 30, "error", ["could-not-check"]),
        (measured(reading(70), missing="broker 2 did not answer"), 0, "fail", ["lag-over-threshold", "lag-unknown"]),
        (Measurement(), 30, "error", ["could-not-check"]),
        (Measurement(), None, "pass", []),
        (measured(reading(10, 40)), 60, "pass", ["lag-retention-lost"]),
    ],
)
def test_verdicts(found: Measurement, threshold: int | None, verdict: str, rules: list[str]) -> None:
    judged = verdict_of(found, threshold)
    assert (judged.verdict, [finding.rule for finding in judged.findings]) == (verdict, rules)


def test_a_finding_names_group_and_numbers() -> None:
    [over, unknown] = verdict_of(measured(reading(70), AWAY), 29).findings
    assert (over.subject, over.message) == ("g", "group g has a lag of ≥ 30, more than 29")
    assert unknown.message == "group g: iot.thermostat 1: it has no leader"
    [stalled] = verdict_of(
        measurement_of(
            Look(groups=[GroupReading(group="g", state="EMPTY", readings=[reading(70, at_s=30)])]),
            Look(groups=[GroupReading(group="g", state="EMPTY", readings=[reading(70)])]),
        ),
        None,
    ).findings
    assert (stalled.rule, stalled.severity) == ("lag-stalled", "warning")
    assert stalled.message == "group g, iot.thermostat 0: no progress in 30 s"
    assert "`gridctl lag watch g`" in (stalled.fix or "")


def test_what_was_checked_is_said() -> None:
    assert verdict_of(measured(reading(70), AWAY), 29).checked == {
        "groups": 1,
        "partitions": 2,
        "threshold": 29,
        "lag_is_at_least": 30,
    }
