"""What arrives at a consumer group over time: the input of a simulation, recorded or made up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """A stretch of time, from `start_s` to the next phase's, in which nothing changes.

    `rates` are the records that arrive in a second, by partition. From `stuck` partitions nothing can be consumed.
    While `metric_missing` the autoscaler cannot read the lag.
    """

    start_s: int
    rates: tuple[float, ...]
    stuck: frozenset[int] = frozenset()
    metric_missing: bool = False


@dataclass(frozen=True)
class Trace:
    """Phases in order, the first at 0, each with as many rates as there are partitions; the last one goes on."""

    phases: tuple[Phase, ...]
    duration_s: int
    initial_lag: tuple[float, ...]

    @property
    def partitions(self) -> int:
        """How many partitions there are: more consumers than that have nothing to do."""
        return len(self.initial_lag)
