"""The algorithm of the HorizontalPodAutoscaler for one external metric, as Kubernetes publishes it.

Source: kubernetes/kubernetes pkg/controller/podautoscaler (horizontal.go, replica_calculator.go), v1.35. Numbers are
64-bit floats in the same order of operations, so that a limit that is not whole rounds to the same side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gridctl.scaling.hpa import Behavior, Hpa, Policy, Rules, down_policies, up_policies

_MAX_INT32 = 2**31 - 1


@dataclass(frozen=True)
class Controller:
    """The flags of kube-controller-manager that matter, with its defaults."""

    sync_period_s: int = 15
    tolerance: float = 0.1
    downscale_stabilization_s: float = 300.0


@dataclass(frozen=True)
class Past:
    """A number at a time: a recommendation, or by how much the replicas changed."""

    number: int
    at_s: float


def remember(log: list[Past], new: Past, keep_s: float) -> None:
    """Put `new` in the place of the last entry older than `keep_s`, else at the end.

    The controller keeps its logs so, and it shows: up and down have periods of their own, and an entry that one
    direction no longer needs stays for the other until something new takes its place.
    """
    old = [index for index, past in enumerate(log) if past.at_s < new.at_s - keep_s]
    if old:
        log[old[-1]] = new
    else:
        log.append(new)


def proposal(hpa: Hpa, controller: Controller, replicas: int, ready: int, lag: int) -> int:
    """Return how many replicas the metric alone asks for, before bounds, windows and policies."""
    usage, target = lag * 1000, hpa.target.milli
    if hpa.target.type == "AverageValue":
        within = replicas > 0 and _within(hpa, controller, usage / (float(target) * float(replicas)))
        return replicas if within else min(math.ceil(usage / target), _MAX_INT32)
    ratio = usage / target
    if replicas == 0:
        return math.ceil(ratio)
    return replicas if _within(hpa, controller, ratio) else min(math.ceil(ratio * float(ready)), _MAX_INT32)


def _within(hpa: Hpa, controller: Controller, ratio: float) -> bool:
    up = down = controller.tolerance
    if hpa.behavior is not None:
        up = up if hpa.behavior.scale_up.tolerance is None else float(hpa.behavior.scale_up.tolerance)
        down = down if hpa.behavior.scale_down.tolerance is None else float(hpa.behavior.scale_down.tolerance)
    return (1.0 - down) <= ratio <= (1.0 + up)


def up_limit(rules: Rules, replicas: int, ups: Sequence[Past], downs: Sequence[Past], now_s: float) -> int:
    """Return the most replicas that the policies allow."""
    if rules.select_policy == "Disabled":
        return replicas
    limits = []
    for policy in up_policies(rules):
        start = _at_start(policy, replicas, ups, downs, now_s)
        limits.append(
            start + policy.value if policy.type == "Pods" else math.ceil(float(start) * (1 + float(policy.value) / 100))
        )
    return max(replicas, min(limits) if rules.select_policy == "Min" else max(limits))


def down_limit(rules: Rules, replicas: int, ups: Sequence[Past], downs: Sequence[Past], now_s: float) -> int:
    """Return the fewest replicas that the policies allow."""
    if rules.select_policy == "Disabled":
        return replicas
    limits = []
    for policy in down_policies(rules):
        start = _at_start(policy, replicas, ups, downs, now_s)
        limits.append(
            start - policy.value if policy.type == "Pods" else int(float(start) * (1 - float(policy.value) / 100))
        )
    return min(replicas, max(limits) if rules.select_policy == "Min" else min(limits))


def _at_start(policy: Policy, replicas: int, ups: Sequence[Past], downs: Sequence[Past], now_s: float) -> int:
    """Return how many replicas there were when the policy's period began."""
    begin_s = now_s - policy.period_seconds
    added = sum(past.number for past in ups if past.at_s > begin_s)
    removed = sum(past.number for past in downs if past.at_s > begin_s)
    return replicas - added + removed


class Autoscaler:
    """One HorizontalPodAutoscaler with the controller's memory of it. Times are seconds from any start."""

    def __init__(self, hpa: Hpa, controller: Controller) -> None:
        self._hpa = hpa
        self._controller = controller
        self.recommendations: list[Past] = []
        self.ups: list[Past] = []
        self.downs: list[Past] = []

    def sync(self, now_s: float, replicas: int, ready: int, lag: int | None) -> int:
        """Return how many replicas there are to be. `lag` None is a metric that cannot be read: replicas are held."""
        hpa = self._hpa
        if not self.recommendations:
            self.recommendations.append(Past(replicas, now_s))
        if replicas == 0 and hpa.min_replicas != 0:
            return 0  # switched off by hand
        if replicas > hpa.max_replicas:
            desired = hpa.max_replicas
        elif replicas < hpa.min_replicas:
            desired = hpa.min_replicas
        elif lag is None:
            return replicas
        else:
            desired = self.normalized(now_s, replicas, proposal(hpa, self._controller, replicas, ready, lag))
        self._remember_change(now_s, replicas, desired)
        return desired

    def normalized(self, now_s: float, replicas: int, proposed: int) -> int:
        """Return the proposal within windows, policies and bounds."""
        hpa = self._hpa
        if hpa.behavior is None:
            desired = self._highest_recent(now_s, proposed)
            most = min(hpa.max_replicas, max(2 * replicas, 4))
            return hpa.min_replicas if desired < hpa.min_replicas else min(desired, most)
        desired = self.stabilized(hpa.behavior, now_s, replicas, proposed)
        if desired > replicas:
            limit = up_limit(hpa.behavior.scale_up, replicas, self.ups, self.downs, now_s)
            return min(desired, hpa.max_replicas, limit)
        if desired < replicas:
            limit = down_limit(hpa.behavior.scale_down, replicas, self.ups, self.downs, now_s)
            return max(desired, hpa.min_replicas, limit)
        return desired

    def _highest_recent(self, now_s: float, proposed: int) -> int:
        window_s = self._controller.downscale_stabilization_s
        recent = [past.number for past in self.recommendations if past.at_s >= now_s - window_s]
        remember(self.recommendations, Past(proposed, now_s), window_s)
        return max(proposed, *recent) if recent else proposed

    def stabilized(self, behavior: Behavior, now_s: float, replicas: int, proposed: int) -> int:
        """Return the replicas, raised to the lowest recent recommendation, then lowered to the highest one."""
        up_s = behavior.scale_up.stabilization_window_seconds or 0
        down_s = behavior.scale_down.stabilization_window_seconds
        kept_s = self._controller.downscale_stabilization_s if down_s is None else down_s
        lowest = min([proposed, *(past.number for past in self.recommendations if past.at_s > now_s - up_s)])
        highest = max([proposed, *(past.number for past in self.recommendations if past.at_s > now_s - kept_s)])
        remember(self.recommendations, Past(proposed, now_s), max(up_s, kept_s))
        return min(max(replicas, lowest), highest)

    def _remember_change(self, now_s: float, replicas: int, desired: int) -> None:
        if self._hpa.behavior is None or desired == replicas:
            return
        rules, log, policies = (
            (self._hpa.behavior.scale_up, self.ups, up_policies)
            if desired > replicas
            else (self._hpa.behavior.scale_down, self.downs, down_policies)
        )
        longest_s = max(policy.period_seconds for policy in policies(rules))
        remember(log, Past(abs(desired - replicas), now_s), longest_s)
