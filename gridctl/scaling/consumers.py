"""A consumer group as it reacts to scaling: pods that start, rebalances that pause, partitions that only one reads."""

from dataclasses import dataclass

from gridctl.scaling.trace import Phase


@dataclass(frozen=True)
class Workload:
    """How the consumer behaves: measure it (`gridctl process` prints its rate, `lag watch` the members)."""

    pod_rate: float
    """Records that one pod consumes in a second."""
    startup_s: int
    """From the decision to a pod that is a member of the group: scheduling, image, start, readiness."""
    rebalance_s: int
    """For how long nobody consumes when a member comes or goes."""


class Consumers:
    """The pods of one group and the lag of each partition, second by second. All of the group pauses in a rebalance."""

    def __init__(self, workload: Workload, initial_lag: tuple[float, ...], replicas: int) -> None:
        self._workload = workload
        self._lag = list(initial_lag)
        self._ready_at_s = [0] * replicas
        self._members = replicas
        self._paused_until_s = 0

    @property
    def lag(self) -> int:
        """Whole records that are waiting, over all partitions."""
        return int(sum(self._lag) + 1e-6)

    @property
    def replicas(self) -> int:
        """Pods that exist, ready or not."""
        return len(self._ready_at_s)

    def ready(self, now_s: int) -> int:
        """Pods that are ready."""
        return sum(at_s <= now_s for at_s in self._ready_at_s)

    def scale(self, now_s: int, replicas: int) -> None:
        """Add pods, which take their time, or end the youngest at once."""
        added = replicas - len(self._ready_at_s)
        self._ready_at_s = self._ready_at_s[:replicas] + [now_s + self._workload.startup_s] * added

    def advance(self, now_s: int, phase: Phase) -> None:
        """Let one second pass: records arrive, and members consume what their partitions hold."""
        self._lag = [lag + rate for lag, rate in zip(self._lag, phase.rates, strict=True)]
        members = self.ready(now_s)
        if members != self._members:
            self._members = members
            self._paused_until_s = now_s + self._workload.rebalance_s
        if now_s < self._paused_until_s:
            return
        for member in range(min(members, len(self._lag))):
            self._consume([index for index in range(member, len(self._lag), members) if index not in phase.stuck])

    def _consume(self, partitions: list[int]) -> None:
        """Share one pod's second between its partitions: the shorter ones end first, the others get what is left."""
        left = self._workload.pod_rate
        waiting = sorted(partitions, key=lambda index: self._lag[index])
        for done, index in enumerate(waiting):
            taken = min(self._lag[index], left / (len(waiting) - done))
            self._lag[index] -= taken
            left -= taken
