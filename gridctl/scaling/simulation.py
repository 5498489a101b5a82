"""Replay a trace through an autoscaler and a consumer group, and say what came of it."""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from gridctl.scaling.autoscaler import Autoscaler, Controller
from gridctl.scaling.consumers import Consumers, Workload
from gridctl.scaling.hpa import Hpa
from gridctl.scaling.trace import Trace

FLAP_WITHIN_S = 600


@dataclass(frozen=True)
class Moment:
    """One synchronisation: `replicas` are those that exist, `desired` those that the autoscaler asks for then."""

    t_s: int
    lag: int
    replicas: int
    desired: int
    ready: int
    metric_missing: bool


@dataclass(frozen=True)
class Outcome:
    """What the gate judges. `drained_s`: how long the largest backlog lasted, from no lag to none; None: it stayed."""

    drained_s: int | None
    max_replicas: int
    flaps: int
    timeline: tuple[Moment, ...]

    def turning_points(self) -> list[Moment]:
        """Return the moments at which something changed, the highest lag, the first and the last."""
        last = self.timeline[-1]
        peak = max(self.timeline, key=lambda moment: moment.lag)
        kept = [self.timeline[0]]
        for before, moment in pairwise(self.timeline):
            changes = (
                moment.desired != moment.replicas,
                moment.ready != before.ready,
                moment.metric_missing != before.metric_missing,
                (moment.lag == 0) != (before.lag == 0),
                moment in (peak, last),
            )
            if any(changes):
                kept.append(moment)
        return kept

    def as_json(self) -> dict[str, Any]:
        """Return the stable document."""
        kept = ("t_s", "lag", "replicas", "desired")
        rows = [{key: value for key, value in asdict(moment).items() if key in kept} for moment in self.timeline]
        return {"drained_s": self.drained_s, "max_replicas": self.max_replicas, "flaps": self.flaps, "timeline": rows}


def simulate(trace: Trace, hpa: Hpa, controller: Controller, workload: Workload, replicas: int) -> Outcome:
    """Replay the whole trace in steps of a second, beginning with that many ready pods."""
    autoscaler, consumers = Autoscaler(hpa, controller), Consumers(workload, trace.initial_lag, replicas)
    timeline, lags, number = [], [], 0
    for now_s in range(trace.duration_s + 1):
        while number + 1 < len(trace.phases) and trace.phases[number + 1].start_s <= now_s:
            number += 1
        phase = trace.phases[number]
        lags.append(consumers.lag)
        if now_s % controller.sync_period_s == 0:
            before, ready = consumers.replicas, consumers.ready(now_s)
            desired = autoscaler.sync(now_s, before, ready, None if phase.metric_missing else consumers.lag)
            consumers.scale(now_s, desired)
            timeline.append(Moment(now_s, consumers.lag, before, desired, ready, phase.metric_missing))
        consumers.advance(now_s, phase)
    highest = max(max(moment.replicas, moment.desired) for moment in timeline)
    return Outcome(_drained_s(lags), highest, _flaps(timeline), tuple(timeline))


def _drained_s(lags: list[int]) -> int | None:
    """Return the seconds between the last moment without lag before the peak and the first after it."""
    peak = lags.index(max(lags))
    if lags[peak] == 0:
        return 0
    begin = next((at for at in range(peak, -1, -1) if lags[at] == 0), 0)
    end = next((at for at in range(peak, len(lags)) if lags[at] == 0), None)
    return None if end is None else end - begin


def _flaps(timeline: list[Moment]) -> int:
    """Count the changes of direction that come at most ten minutes after the change before."""
    changes = [
        (moment.t_s, moment.desired > moment.replicas) for moment in timeline if moment.desired != moment.replicas
    ]
    return sum(
        up != before_up and at_s - before_s <= FLAP_WITHIN_S for (before_s, before_up), (at_s, up) in pairwise(changes)
    )
