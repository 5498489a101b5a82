"""The algorithm against the cases that Kubernetes' own tests cover, each named after its upstream test.

Source: kubernetes/kubernetes pkg/controller/podautoscaler, horizontal_test.go and replica_calculator_test.go (v1.35).
The cases are told in our words and cut to what is about one external metric; the numbers are theirs.
"""

from decimal import Decimal
from typing import Any

import pytest

from gridctl.scaling.autoscaler import Autoscaler, Controller, Past, down_limit, proposal, remember, up_limit
from gridctl.scaling.hpa import Behavior, Hpa, Policy, Rules, Target

NOW_S = 100_000.0
LONG_AGO = Past(1, 0.0)
"""A controller that has seen the autoscaler before, so that it does not note the initial size."""


def rules(pods: int = 0, pods_s: int = 0, percent: int = 0, percent_s: int = 0, window_s: int = 0) -> Rules:
    policies = [Policy(type="Pods", value=pods, period_seconds=pods_s)] if pods else []
    policies += [Policy(type="Percent", value=percent, period_seconds=percent_s)] if percent else []
    return Rules(stabilization_window_seconds=window_s, policies=policies)


def hpa(minimum: int, maximum: int, *, average: int | None = None, value: int | None = None, **behavior: Rules) -> Hpa:
    """Targets in thousandths, as upstream's tests have them."""
    target = (
        Target(type="Value", value=Decimal(value) / 1000)
        if value is not None
        else Target(type="AverageValue", average_value=Decimal(average or 1000) / 1000)
    )
    return Hpa(
        min_replicas=minimum,
        max_replicas=maximum,
        target=target,
        behavior=Behavior(**behavior) if behavior else None,
    )


def changes(numbers: list[int], within_s: int) -> list[Past]:
    """Changes spread evenly over the last seconds, each in the middle of its part."""
    part_s = within_s / len(numbers)
    return [
        Past(number, NOW_S - int(within_s - part_s * (index + 1) + part_s / 2)) for index, number in enumerate(numbers)
    ]


MEASURED = {  # the external metric reads 8600 thousandths; (replicas, ready, target, proposal)
    "TestReplicaCalcScaleUpCMExternal": (1, 1, {"value": 4400}, 2),
    "TestReplicaCalcScaleUpCMExternalIgnoresUnreadyPods": (3, 1, {"value": 4400}, 2),
    "TestReplicaCalcScaleUpPerPodCMExternal": (3, 3, {"average": 2150}, 4),
    "TestReplicaCalcScaleDownCMExternal": (5, 5, {"value": 14334}, 3),
    "TestReplicaCalcScaleDownPerPodCMExternal": (5, 5, {"average": 2867}, 3),
    "TestReplicaCalcToleranceCMExternal": (3, 3, {"value": 8888}, 3),
    "TestReplicaCalcTolerancePerPodCMExternal": (3, 3, {"average": 2900}, 3),
    "TestScaleUpCMExternal": (3, 3, {"value": 6666}, 4),
    "TestScaleUpPerPodCMExternal": (3, 3, {"average": 2222}, 4),
    "TestScaleDownCMExternal": (5, 5, {"value": 14400}, 3),
    "TestScaleDownPerPodCMExternal": (5, 5, {"average": 3000}, 3),
    "TestToleranceCMExternal": (4, 4, {"value": 8666}, 4),
    "TestTolerancePerPodCMExternal": (4, 4, {"average": 2200}, 4),
}


@pytest.mark.parametrize(("replicas", "ready", "target", "expected"), MEASURED.values(), ids=MEASURED)
def test_the_proposal(replicas: int, ready: int, target: dict[str, int], expected: int) -> None:
    # Lag is a whole number: both sides a thousand times as large.
    scaled = {name: number * 1000 for name, number in target.items()}
    assert proposal(hpa(2, 6, **scaled), Controller(), replicas, ready, 8600) == expected  # type: ignore[arg-type]


def test_configurable_tolerance() -> None:
    """TestReplicaCalcConfigurableTolerance(PerPod)CMExternal: 1 % upwards, where the controller has 10 %."""
    narrow = Rules(tolerance=Decimal("0.01"))
    assert proposal(hpa(1, 9, value=8_800_000, scale_up=narrow), Controller(), 3, 3, 8900) == 4
    assert proposal(hpa(1, 9, average=2_800_000, scale_up=narrow), Controller(), 3, 3, 8600) == 4
    assert proposal(hpa(1, 9, value=8_800_000), Controller(), 3, 3, 8900) == 3


def test_overflow() -> None:
    """TestExternalPerPodMetricReplicaOverflow and TestReplicaCalcExternalMetricUsageOverflow."""
    assert proposal(hpa(1, 9, average=1), Controller(), 1, 1, 2**63 - 1) == 2**31 - 1
    assert proposal(hpa(1, 9, value=(2**63 - 1) * 1000), Controller(), 3, 3, 2**63 - 1) == 3


SYNCED = {  # (min, max, replicas, lag, expected), one pod for each thousandth of lag
    "TestScaleDownToZeroCMExternal": (0, 6, 5, 0, 0),
    "TestMinReplicas": (2, 5, 3, 0, 2),
    "TestMaxReplicas": (2, 5, 3, 100, 5),
    "TestZeroReplicas": (3, 5, 0, 100, 0),
    "TestTooFewReplicas": (3, 5, 2, None, 3),
    "TestTooManyReplicas": (3, 5, 10, None, 5),
    "TestMissingMetrics": (2, 6, 4, None, 4),
}


@pytest.mark.parametrize(("minimum", "maximum", "replicas", "lag", "expected"), SYNCED.values(), ids=SYNCED)
def test_a_synchronisation(minimum: int, maximum: int, replicas: int, lag: int | None, expected: int) -> None:
    autoscaler = Autoscaler(hpa(minimum, maximum), Controller())
    autoscaler.recommendations = [LONG_AGO]
    assert autoscaler.sync(NOW_S, replicas, replicas, lag) == expected


def test_upscale_cap() -> None:
    """TestUpscaleCap and TestUpscaleCapGreaterThanMaxReplicas: 700 % of three pods, then the maximum."""
    for maximum, expected in ((100, 24), (20, 20)):
        autoscaler = Autoscaler(hpa(1, maximum, scale_up=rules(percent=700, percent_s=60)), Controller())
        assert autoscaler.sync(NOW_S, 3, 3, 1000) == expected


def test_the_initial_size_is_a_recommendation() -> None:
    """TestScaleDownStabilizeInitialSize: a controller that starts does not shrink at once."""
    assert Autoscaler(hpa(2, 6), Controller()).sync(NOW_S, 5, 5, 2) == 5


def test_stabilize_downscale() -> None:
    """TestStabilizeDownscale: four were recommended a minute ago, ten too long ago."""
    autoscaler = Autoscaler(hpa(1, 5), Controller())
    autoscaler.recommendations = [Past(10, NOW_S - 600), Past(4, NOW_S - 60)]
    assert autoscaler.sync(NOW_S, 4, 4, 2) == 4


RECOMMENDED = {  # TestNormalizeDesiredReplicas: (number, minutes ago), proposed, expected, entries kept
    "nothing yet": ([], 5, 5, 1),
    "the highest recent": ([(4, 2), (5, 1)], 3, 5, 3),
    "all recent are lower": ([(1, 2), (2, 1)], 3, 3, 3),
    "all are old": ([(10, 10), (9, 9)], 3, 3, 2),
    "some are old": ([(10, 10), (4, 1), (5, 2), (9, 9)], 3, 5, 4),
}


@pytest.mark.parametrize(("past", "proposed", "expected", "kept"), RECOMMENDED.values(), ids=RECOMMENDED)
def test_windows_without_behavior(past: list[tuple[int, int]], proposed: int, expected: int, kept: int) -> None:
    autoscaler = Autoscaler(hpa(1, 1000), Controller())
    autoscaler.recommendations = [Past(number, NOW_S - 60 * minutes) for number, minutes in past]
    assert autoscaler.normalized(NOW_S, 100, proposed) == expected
    assert len(autoscaler.recommendations) == kept


BOTH_WINDOWS: dict[str, tuple[Any, ...]] = {
    # TestNormalizeDesiredReplicasWithBehavior: (number, minutes ago), replicas, proposed, up s, down s, expected, log
    "down, nothing yet": ([], 100, 5, 0, 0, 5, [5]),
    "down, held up": ([(4, 2), (5, 1)], 100, 3, 0, 180, 5, [4, 5, 3]),
    "up, held down": ([(4, 2), (5, 1)], 1, 7, 300, 0, 4, [4, 5, 7]),
    "down, only a window for up": ([(1, 2), (2, 1)], 100, 3, 300, 0, 3, [1, 2, 3]),
    "up, only a window for down": ([(4, 2), (5, 1)], 1, 3, 0, 300, 3, [4, 5, 3]),
    "down, an old entry is replaced": ([(10, 10), (9, 9)], 100, 3, 0, 0, 3, [10, 3]),
    "up, an old entry is replaced": ([(10, 10), (9, 9)], 1, 100, 0, 0, 100, [10, 100]),
    "down, the last old entry": ([(10, 10), (4, 1), (5, 2), (9, 9)], 100, 3, 0, 180, 5, [10, 4, 5, 3]),
    "up, the only old entry": ([(10, 100), (6, 1), (5, 2), (9, 3)], 1, 100, 300, 0, 5, [100, 6, 5, 9]),
    "no way up on the way down": ([(2, 100), (3, 3)], 2, 1, 300, 300, 2, [1, 3]),
    "no way down on the way up": ([(2, 100), (1, 3)], 2, 3, 300, 300, 2, [3, 1]),
}


@pytest.mark.parametrize(
    ("past", "replicas", "proposed", "up_s", "down_s", "expected", "kept"), BOTH_WINDOWS.values(), ids=BOTH_WINDOWS
)
def test_windows_with_behavior(
    past: list[tuple[int, int]], replicas: int, proposed: int, up_s: int, down_s: int, expected: int, kept: list[int]
) -> None:
    up, down = Rules(stabilization_window_seconds=up_s), Rules(stabilization_window_seconds=down_s)
    autoscaler = Autoscaler(hpa(1, 1000), Controller())
    autoscaler.recommendations = [Past(number, NOW_S - 60 * minutes) for number, minutes in past]
    behavior = Behavior(scale_up=up, scale_down=down)
    assert autoscaler.stabilized(behavior, NOW_S, replicas, proposed) == expected
    assert [entry.number for entry in autoscaler.recommendations] == kept


BOUNDED = {  # TestConvertDesiredReplicasWithRules: replicas, proposed, min, max, expected
    "within the range": (5, 7, 3, 8, 7),
    "below the minimum": (3, 1, 2, 8, 2),
    "to zero, where that is allowed": (1, 0, 0, 10, 0),
    "the maximum is the limit": (20, 1000, 1, 10, 10),
    "twice as many, or four, is the limit": (3, 1000, 1, 2000, 6),
}


@pytest.mark.parametrize(("replicas", "proposed", "minimum", "maximum", "expected"), BOUNDED.values(), ids=BOUNDED)
def test_bounds_without_behavior(replicas: int, proposed: int, minimum: int, maximum: int, expected: int) -> None:
    assert Autoscaler(hpa(minimum, maximum), Controller()).normalized(NOW_S, replicas, proposed) == expected


def test_the_smaller_step_of_two_policies() -> None:
    """TestCalculateScaleUpLimitWithScalingRules and TestCalculateScaleDownLimitWithBehaviors: selectPolicy Min."""
    both = rules(pods=2, pods_s=60, percent=50, percent_s=60, window_s=300).model_copy(update={"select_policy": "Min"})
    assert up_limit(both, 1, [], [], NOW_S) == 2
    assert down_limit(both, 5, [], [], NOW_S) == 3
    off = both.model_copy(update={"select_policy": "Disabled"})
    assert (up_limit(off, 7, [], [], NOW_S), down_limit(off, 7, [], [], NOW_S)) == (7, 7)


LIMITED: dict[str, dict[str, Any]] = {  # TestScalingWithRules
    "within the range": {"is": (5, 7, 3, 8), "gives": 7},
    "below the minimum": {"is": (3, 1, 2, 8), "gives": 2},
    "to zero, where that is allowed": {"is": (1, 0, 0, 10), "gives": 0},
    "the maximum below what is there": {"is": (20, 1000, 1, 10), "gives": 10},
    "the maximum": {"is": (100, 1000, 100, 150), "gives": 150},
    "up, one percent of three is one": {"is": (3, 1000, 1, 2000), "up": rules(percent=1, percent_s=60), "gives": 4},
    "down, twenty pods": {"is": (1000, 3, 3, 2000), "down": rules(20, 60), "gives": 980},
    "up, default policies": {"is": (10, 50, 1, 1000), "gives": 20},
    "up, pods above percent": {"is": (10, 500, 1, 1000), "up": rules(100, 60, 100, 60), "gives": 110},
    "up, percent above pods": {"is": (10, 500, 1, 1000), "up": rules(2, 60, 100, 60), "gives": 20},
    "up, policy of many pods": {"is": (10, 50, 1, 1000), "up": rules(100, 60), "gives": 50},
    "up, policy of very many pods": {"is": (10, 50, 1, 1000), "up": rules(10000, 60), "gives": 50},
    "up, thirty pods": {"is": (10, 50, 1, 1000), "up": rules(30, 60), "gives": 40},
    "up, 200 percent": {"is": (10, 50, 1, 1000), "up": rules(percent=200, percent_s=60), "gives": 30},
    "down, pods above percent": {"is": (100, 2, 1, 1000), "down": rules(20, 60, 1, 60, 300), "gives": 80},
    "down, few pods and percent": {"is": (100, 2, 1, 1000), "down": rules(2, 60, 1, 60, 300), "gives": 98},
    "down, many pods, to the minimum": {"is": (10, 0, 1, 1000), "down": rules(100, 60, window_s=300), "gives": 1},
    "down, all percent, to the minimum": {
        "is": (10, 2, 5, 1000), "down": rules(percent=100, percent_s=60, window_s=300), "gives": 5,
    },
    "down, five pods": {"is": (10, 2, 1, 1000), "down": rules(5, 60, window_s=300), "gives": 5},
    "down, 50 percent": {"is": (10, 5, 1, 1000), "down": rules(percent=50, percent_s=60), "gives": 5},
    "up again, many pods": {"is": (100, 500, 1, 200), "up": rules(300, 60), "ups": [1, 5, 9], "gives": 200},
    "up again, many percent": {
        "is": (100, 500, 1, 200), "up": rules(percent=10000, percent_s=60), "ups": [1, 5, 9], "gives": 200,
    },
    "up again, fewer pods than came already": {
        "is": (100, 500, 1, 1000), "up": rules(5, 120), "ups": [1, 5, 9], "gives": 100,
    },
    "up again, 150 pods": {"is": (100, 500, 1, 1000), "up": rules(150, 120), "ups": [1, 5, 9], "gives": 235},
    "up again, 200 percent": {
        "is": (100, 500, 1, 1000), "up": rules(percent=200, percent_s=120), "ups": [1, 5, 9], "gives": 255,
    },
    "up after up and down": {
        "is": (6, 24, 1, 1000), "up": rules(percent=300, percent_s=300), "ups": [4], "downs": [2], "gives": 16,
    },
    "down again, default policies": {"is": (10, 5, 1, 1000), "downs": [1, 5, 9], "gives": 5},
    "down again, 115 pods": {"is": (100, 0, 1, 1000), "down": rules(115, 120), "downs": [1, 5, 9], "gives": 1},
    "down again, 130 pods": {"is": (100, 0, 5, 1000), "down": rules(130, 120), "downs": [1, 5, 9], "gives": 5},
    "down again, all percent": {
        "is": (100, 2, 5, 1000), "down": rules(percent=100, percent_s=120), "downs": [1, 5, 9], "gives": 5,
    },
    "down again, fewer pods than went already": {
        "is": (100, 2, 1, 1000), "down": rules(5, 120), "downs": [1, 5, 9], "gives": 100,
    },
    "down again, 50 percent": {
        "is": (100, 0, 1, 1000), "down": rules(percent=50, percent_s=120), "downs": [2, 4, 6], "gives": 56,
    },
    "down after up and down": {
        "is": (10, 1, 1, 1000), "down": rules(percent=50, percent_s=180), "ups": [2], "downs": [4], "gives": 6,
    },
    "down again, 10 percent are used up": {
        "is": (100, 0, 1, 1000), "down": rules(percent=10, percent_s=120), "downs": [10, 10, 10], "gives": 100,
    },
    "down again, more percent than there is": {
        "is": (10, 5, 1, 1000), "down": rules(percent=1000, percent_s=120), "downs": [10, 10, 10], "gives": 5,
    },
    "up, some changes are outside the period": {
        "is": (100, 200, 1, 1000), "up": rules(1000, 60), "ups": [8, 12, 9, 11], "gives": 200,
    },
    "up, two periods, all changes inside": {
        "is": (100, 200, 1, 1000), "up": rules(1000, 120, 100, 60), "ups": [8, 12, 9, 11], "gives": 200,
    },
    "up, two periods, some changes outside": {
        "is": (100, 200, 1, 1000), "up": rules(1000, 30, 100, 60), "ups": [8, 12, 9, 11], "gives": 200,
    },
    "down, some changes are outside the period": {
        "is": (100, 5, 1, 1000), "down": rules(1000, 60), "downs": [8, 12, 9, 11], "gives": 5,
    },
    "down, two periods, all changes inside": {
        "is": (100, 5, 1, 1000), "down": rules(1000, 120, 100, 60), "downs": [8, 12, 9, 11], "gives": 5,
    },
    "down, two periods, some changes outside": {
        "is": (100, 5, 1, 1000), "down": rules(1000, 30, 100, 60), "downs": [8, 12, 9, 11], "gives": 5,
    },
}  # fmt: skip


@pytest.mark.parametrize("case", LIMITED.values(), ids=LIMITED)
def test_policies(case: dict[str, Any]) -> None:
    replicas, proposed, minimum, maximum = case["is"]
    up, down = case.get("up", Rules()), case.get("down", Rules())
    autoscaler = Autoscaler(hpa(minimum, max(minimum, maximum), scale_up=up, scale_down=down), Controller())
    autoscaler.ups, autoscaler.downs = (changes(case[name], 120) if name in case else [] for name in ("ups", "downs"))
    assert autoscaler.normalized(NOW_S, replicas, proposed) == case["gives"]


STORED: dict[str, tuple[Any, ...]] = {
    # TestStoreScaleEvents: (number, seconds ago), policies, what is in the log after a change by five
    "first change": ([], rules(10, 60, 100, 60), [5]),
    "an old change is replaced": ([(7, 61)], rules(10, 60, 100, 60), [5]),
    "a recent change stays": ([(7, 58)], rules(10, 60, 100, 60), [7, 5]),
    "the old one of two is replaced": ([(7, 61), (6, 59)], rules(10, 60), [5, 6]),
    "the last old one is replaced": ([(8, 29), (6, 59), (7, 61), (9, 61)], rules(10, 60, 100, 30), [8, 6, 7, 5]),
    "both are recent": ([(7, 58), (6, 59)], rules(10, 120, 100, 30), [7, 6, 5]),
}


@pytest.mark.parametrize(("past", "policies", "kept"), STORED.values(), ids=STORED)
def test_changes_are_remembered(past: list[tuple[int, int]], policies: Rules, kept: list[int]) -> None:
    log = [Past(number, NOW_S - ago_s) for number, ago_s in past]
    remember(log, Past(5, NOW_S), max(policy.period_seconds for policy in policies.policies or []))
    assert [entry.number for entry in log] == kept


def test_without_behavior_no_change_is_remembered() -> None:
    """TestStoreScaleEvents, without behavior."""
    autoscaler = Autoscaler(hpa(1, 20), Controller())
    assert autoscaler.sync(NOW_S, 4, 4, 8) == 8
    assert (autoscaler.ups, autoscaler.downs) == ([], [])
