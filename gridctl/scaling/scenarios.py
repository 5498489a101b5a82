"""Traces that everybody meets once: made up, the same every time."""

from collections.abc import Callable
from enum import StrEnum

from gridctl.scaling.trace import Phase, Trace

DURATION_S = 3600
_BEGIN_S = 120


class Scenario(StrEnum):
    """The names that a user gives."""

    DEMAND_RESPONSE = "demand-response"
    DEAD_PARTITION = "dead-partition"
    SLOW_LEAK = "slow-leak"
    METRIC_GAP = "metric-gap"


def made_up(scenario: Scenario, partitions: int, rate: float) -> Trace:
    """Return the trace of a scenario for a group that usually gets `rate` records a second, over all partitions."""
    phases = _PHASES[scenario](lambda factor: (rate * factor / partitions,) * partitions)
    return Trace(phases, DURATION_S, (0.0,) * partitions)


_Rates = Callable[[float], tuple[float, ...]]


def _demand_response(rates: _Rates) -> tuple[Phase, ...]:
    """Call every thermostat: eight times the records for five minutes, and a tail when they are released."""
    return (
        Phase(0, rates(1)),
        Phase(_BEGIN_S, rates(8)),
        Phase(_BEGIN_S + 300, rates(3)),
        Phase(_BEGIN_S + 600, rates(1)),
    )


def _dead_partition(rates: _Rates) -> tuple[Phase, ...]:
    """One partition stops to be consumed, as on a record that nobody can process: no number of pods helps."""
    return (Phase(0, rates(1)), Phase(_BEGIN_S, rates(1), stuck=frozenset({0})))


def _slow_leak(rates: _Rates) -> tuple[Phase, ...]:
    """Let a little more arrive every five minutes, up to two and a half times the usual."""
    return tuple(Phase(300 * step, rates(1 + step * 0.15)) for step in range(11))


def _metric_gap(rates: _Rates) -> tuple[Phase, ...]:
    """Let nobody read the lag for ten minutes, two minutes into the spike."""
    return (
        Phase(0, rates(1)),
        Phase(_BEGIN_S, rates(8)),
        Phase(_BEGIN_S + 120, rates(8), metric_missing=True),
        Phase(_BEGIN_S + 300, rates(3), metric_missing=True),
        Phase(_BEGIN_S + 600, rates(1), metric_missing=True),
        Phase(_BEGIN_S + 720, rates(1)),
    )


_PHASES: dict[Scenario, Callable[[_Rates], tuple[Phase, ...]]] = {
    Scenario.DEMAND_RESPONSE: _demand_response,
    Scenario.DEAD_PARTITION: _dead_partition,
    Scenario.SLOW_LEAK: _slow_leak,
    Scenario.METRIC_GAP: _metric_gap,
}
