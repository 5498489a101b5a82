"""The world around the autoscaler, what is said of a run, and what a user asserts of it."""

import json

import pytest

from gridctl.errors import UsageProblem
from gridctl.scaling.assertion import parse_assertion
from gridctl.scaling.autoscaler import Controller
from gridctl.scaling.consumers import Consumers, Workload
from gridctl.scaling.hpa import Hpa, recommended
from gridctl.scaling.recorded import parse_trace
from gridctl.scaling.scenarios import Scenario, made_up
from gridctl.scaling.simulation import Moment, Outcome, _flaps, simulate
from gridctl.scaling.trace import Phase, Trace

WORKLOAD = Workload(pod_rate=100, startup_s=30, rebalance_s=10)


def run(trace: Trace, hpa: Hpa | None = None, workload: Workload = WORKLOAD, replicas: int = 1) -> Outcome:
    return simulate(trace, hpa or recommended(trace.partitions), Controller(), workload, replicas)


def seconds(consumers: Consumers, phase: Phase, begin_s: int, count: int) -> None:
    for now_s in range(begin_s, begin_s + count):
        consumers.advance(now_s, phase)


def test_a_pod_takes_its_time_and_its_arrival_pauses_the_whole_group() -> None:
    quiet = Phase(0, (0.0, 0.0))
    consumers = Consumers(WORKLOAD, (10_000.0, 10_000.0), 1)
    consumers.scale(0, 2)
    seconds(consumers, quiet, 0, 30)
    assert (consumers.lag, consumers.replicas, consumers.ready(29), consumers.ready(30)) == (17_000, 2, 1, 2)
    seconds(consumers, quiet, 30, 10)
    assert consumers.lag == 17_000
    seconds(consumers, quiet, 40, 10)
    assert consumers.lag == 15_000


def test_pods_beyond_the_partitions_consume_nothing() -> None:
    consumers = Consumers(WORKLOAD, (1000.0, 1000.0), 5)
    seconds(consumers, Phase(0, (0.0, 0.0)), 0, 1)
    assert consumers.lag == 1800


def test_a_pod_shares_its_second_between_its_partitions() -> None:
    consumers = Consumers(WORKLOAD, (10.0, 1000.0, 1000.0), 1)
    seconds(consumers, Phase(0, (0.0, 0.0, 0.0)), 0, 1)
    assert consumers.lag == 2010 - 100
    seconds(consumers, Phase(0, (0.0,) * 3, stuck=frozenset({1, 2})), 1, 100)
    assert consumers.lag == 1910


def test_the_demand_response_spike_drains() -> None:
    outcome = run(made_up(Scenario.DEMAND_RESPONSE, 12, 1000), workload=Workload(800, 30, 10), replicas=2)
    assert outcome.drained_s is not None
    assert 300 < outcome.drained_s < 600
    assert (outcome.max_replicas, outcome.flaps) == (12, 0)
    assert outcome.as_json()["timeline"][0] == {"t_s": 0, "lag": 0, "replicas": 2, "desired": 2}
    assert [moment.t_s for moment in outcome.timeline[:3]] == [0, 15, 30]


def test_a_dead_partition_never_drains_and_takes_every_pod() -> None:
    outcome = run(made_up(Scenario.DEAD_PARTITION, 12, 1000), workload=Workload(800, 30, 10), replicas=2)
    assert (outcome.drained_s, outcome.max_replicas) == (None, 12)


def test_a_slow_leak_is_a_sawtooth_for_short_windows() -> None:
    """Scaled down as soon as the lag is gone, the pods are too few again; a longer window swings less often."""
    trace = made_up(Scenario.SLOW_LEAK, 12, 1000)
    patient = recommended(12)
    assert patient.behavior is not None
    hasty = patient.behavior.scale_down.model_copy(update={"stabilization_window_seconds": 30, "policies": None})
    quick = patient.model_copy(update={"behavior": patient.behavior.model_copy(update={"scale_down": hasty})})
    workload = Workload(800, 30, 10)
    assert run(trace, quick, workload, 2).flaps > run(trace, patient, workload, 2).flaps + 3


def test_replicas_are_held_while_the_metric_is_missing() -> None:
    outcome = run(made_up(Scenario.METRIC_GAP, 12, 1000), workload=Workload(800, 30, 10), replicas=2)
    held = [moment for moment in outcome.timeline if moment.metric_missing]
    assert len(held) == 40
    assert {moment.desired for moment in held} == {held[0].replicas} == {8}
    assert max(moment.lag for moment in held) > 900_000


@pytest.mark.parametrize(
    ("changes", "flaps"),
    [
        ([(0, 2, 4), (600, 4, 2)], 1),
        ([(0, 2, 4), (601, 4, 2)], 0),
        ([(0, 2, 4), (300, 4, 8), (600, 8, 8), (900, 8, 4), (1500, 4, 8)], 2),
        ([(0, 8, 4), (15, 4, 2)], 0),
    ],
)
def test_a_flap_is_a_change_of_direction_within_ten_minutes(changes: list[tuple[int, int, int]], flaps: int) -> None:
    assert (
        _flaps([Moment(t_s, 0, before, after, before, metric_missing=False) for t_s, before, after in changes]) == flaps
    )


def test_nothing_to_drain_is_drained() -> None:
    assert run(Trace((Phase(0, (1.0,)),), 60, (0.0,))).drained_s == 0
    assert run(Trace((Phase(0, (0.0,)),), 60, (1000.0,))).drained_s == 10


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("drained_s<600", 599, True), ("drained_s<600", 600, False), ("drained_s <= 600", 600, True),
        ("flaps==0", 0, True), ("flaps>=1", 0, False), ("max_replicas > 1.5", 2, True),
        ("drained_s<600", None, False), ("drained_s>=0", None, False),
    ],
)  # fmt: skip
def test_assertions(text: str, value: float | None, holds: bool) -> None:
    assertion = parse_assertion(text, ("drained_s", "flaps", "max_replicas"))
    failure = assertion.failure({"drained_s": value, "flaps": value, "max_replicas": value})
    assert (failure is None) is holds


@pytest.mark.parametrize(
    "text",
    [
        "", "drained_s", "drained_s<", "drained_s=600", "drained_s<6e2", "lag<1", "600>drained_s", "flaps<-1",
        "drained_s<1;flaps<1", "__import__('os')", "flaps<\u0661",
    ],
)  # fmt: skip
def test_what_is_no_assertion(text: str) -> None:
    with pytest.raises(UsageProblem, match="cannot be read"):
        parse_assertion(text, ("drained_s", "flaps"))


def line(measured_ms: int, ends: list[int | None], lag: int | None = 0, group: str = "process") -> bytes:
    partitions = [
        {"topic": "iot.thermostat", "partition": number, "class": "COMMITTED", "end": end, "lag": end and 0}
        for number, end in enumerate(ends)
    ]
    found = {"group": group, "state": "STABLE", "members": 1, "lag": lag, "partitions": partitions}
    return json.dumps({"measured_ms": measured_ms, "groups": [found]}).encode()


def test_a_recorded_window_is_a_trace() -> None:
    lines = [
        line(5_000, [100, 0]),
        b"\n",
        line(15_000, [600, 0]),
        line(25_000, [None, 50], lag=None),
        line(35_000, [1600, 50]),
    ]
    trace = parse_trace(lines, "window.jsonl", None)
    assert (trace.duration_s, trace.initial_lag) == (30, (0.0, 0.0))
    assert [phase.start_s for phase in trace.phases] == [0, 10, 20, 30]
    # The second partition's records came while the first could not be seen: its own are spread over both steps.
    assert [phase.rates for phase in trace.phases] == [(50.0, 0.0), (50.0, 5.0), (50.0, 0.0), (0.0, 0.0)]
    assert [phase.metric_missing for phase in trace.phases] == [False, False, True, False]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "holds 0 measurements"),
        ([line(1_000, [1])], "holds 1 measurements"),
        ([b"{"], "line 1: .*JSON"),
        ([line(2_000, [1]), line(2_000, [1])], "line 2: is not later"),
        ([line(1_000, [None], lag=None), line(2_000, [1])], "first measurement is UNKNOWN"),
        ([line(1_000, [1]), line(2_000, [None], lag=None)], "last measurement is UNKNOWN"),
        ([line(1_000, [1]), line(2_000, [1], group="other")], "last measurement is UNKNOWN"),
        ([line(1_000, [9]), line(2_000, [3])], "iot.thermostat-0 goes back"),
        ([line(1_000, [1]), line(2_000, [1, 1])], "iot.thermostat-1 was added"),
    ],
)
def test_a_window_that_says_too_little_is_refused(lines: list[bytes], said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        parse_trace(lines, "window.jsonl", None)


def test_a_window_of_several_groups_needs_a_name() -> None:
    both = json.dumps(
        {"measured_ms": 1, "groups": [{"group": name, "lag": 0, "partitions": []} for name in ("a", "b")]}
    ).encode()
    with pytest.raises(UsageProblem, match="holds the groups a, b"):
        parse_trace([both], "window.jsonl", None)
