"""How the objectives stand: attainment, what is left of the error budget, burn rates; UNKNOWN where not measured."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from gridctl.slo.burn import BURNS, WINDOWS_S, budget_factor, duration
from gridctl.slo.model import Lag, Latency, Objective, Ratio, Slos

SINCE_START = "since_start"

Measure = Callable[[Latency | Lag | Ratio, int], float | None]
"""The share that was bad within a window in seconds, None where it is not known."""


class Status(StrEnum):
    """How an objective stands; of several that fit the first."""

    UNKNOWN = "UNKNOWN"
    MISSED = "MISSED"
    """The budget of the window is used up."""
    BURNING = "BURNING"
    """It goes so fast that an alert fires."""
    MET = "MET"


@dataclass(frozen=True)
class Standing:
    """One objective, in the order of the JSON document. Shares are 0 to 1; a budget that is overspent is below 0."""

    name: str
    target: float
    status: Status
    attainment: float | None
    error_budget_left: float | None
    burn_rates: dict[str, float | None]
    cause: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the stable document."""
        return asdict(self)


def over_window(slos: Slos, measure: Measure, chosen: Sequence[str]) -> list[Standing]:
    """Return how the objectives stand over their window, for a source that has a history."""
    return [_over_window(each, slos.window_s, measure) for each in _chosen(slos, chosen)]


def since_start(slos: Slos, measure: Measure, chosen: Sequence[str]) -> list[Standing]:
    """Return how the objectives stand since a process started, as its own counters say; a lag has no history there."""
    standings = []
    for each in _chosen(slos, chosen):
        cause = "one look at a lag is no history; ask a Prometheus" if isinstance(each, Lag) else None
        bad = None if cause else measure(each, 0)
        rates = {SINCE_START: _rate(each, bad)}
        standings.append(_standing(each, bad, rates, burning=False, cause=cause))
    return standings


def _chosen(slos: Slos, chosen: Sequence[str]) -> list[Latency | Lag | Ratio]:
    return [each for each in slos.objectives if not chosen or each.name in chosen]


def _over_window(objective: Latency | Lag | Ratio, window_s: int, measure: Measure) -> Standing:
    bad = measure(objective, window_s)
    rates = {within_s: _rate(objective, measure(objective, within_s)) for within_s in WINDOWS_S}
    burning = any(
        min(rates[burn.long_s] or 0, rates[burn.short_s] or 0) > budget_factor(burn, window_s) for burn in BURNS
    )
    named = {duration(within_s): rate for within_s, rate in rates.items()}
    return _standing(objective, bad, named, burning=burning, cause=None)


def _standing(
    objective: Objective, bad: float | None, rates: dict[str, float | None], *, burning: bool, cause: str | None
) -> Standing:
    if bad is None:
        return Standing(
            objective.name, objective.target, Status.UNKNOWN, None, None, rates, cause or "nothing was measured"
        )
    left = 1 - bad / objective.budget
    status = Status.MISSED if left < 0 else Status.BURNING if burning else Status.MET
    return Standing(objective.name, objective.target, status, 1 - bad, left, rates, None)


def _rate(objective: Objective, bad: float | None) -> float | None:
    return None if bad is None else bad / objective.budget
