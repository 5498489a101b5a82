"""The reference model: the state is a function of the set of events."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.state.model import (
    SHARDS,
    CircuitTotal,
    DeviceState,
    Outcome,
    Register,
    judge,
    merge,
    shard_of,
    totals,
)

EVENTS = st.builds(
    Register,
    event_time_ms=st.integers(1, 4),
    power_mw=st.integers(-5, 5),
    good=st.booleans(),
    kind=st.just("thermostat"),
    circuit_id=st.sampled_from(["c-1", "c-2"]),
    frame=st.sampled_from([b"a", b"b", b"c"]),
)


def folded(events: list[Register]) -> DeviceState:
    first, *rest = events
    return reduce(merge, rest, merge(None, first))


@given(events=st.lists(EVENTS, min_size=1, max_size=8, unique_by=lambda event: event.rank), data=st.data())
def test_order_and_repetition_change_nothing(events: list[Register], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    assert folded(data.draw(st.permutations(events + again))) == folded(events)


@given(events=st.lists(EVENTS, min_size=1, max_size=8, unique_by=lambda event: event.rank))
def test_what_counts_is_the_newest_good_event(events: list[Register]) -> None:
    state = folded(events)
    good = [event for event in events if event.good]
    assert state.seen == max(events, key=lambda event: event.rank)
    assert state.good == max(good, key=lambda event: event.rank, default=None)
    assert state.current == (state.good or state.seen)


@given(events=st.lists(EVENTS, min_size=1, max_size=6, unique_by=lambda event: event.rank), event=EVENTS)
def test_the_verdict_says_whether_the_state_changes(events: list[Register], event: Register) -> None:
    state = folded(events)
    verdict, changed = judge(state, event), merge(state, event) != state
    if verdict is not Outcome.CONTESTED:
        assert (verdict is Outcome.APPLIED) == changed
    if event in state:
        assert verdict is Outcome.DUPLICATE


def test_totals_add_the_events_that_count() -> None:
    good = Register(1, 100, good=True, kind="scada", circuit_id="c-1", frame=b"a")
    bad = Register(2, 900, good=False, kind="scada", circuit_id="c-2", frame=b"b")
    states = {"one": DeviceState(good, bad), "two": DeviceState(None, bad), "three": DeviceState(good, good)}
    assert totals(states) == {"c-1": CircuitTotal(200, 2), "c-2": CircuitTotal(900, 1)}


@pytest.mark.parametrize(("device", "shard"), [(b"thermostat-0000001", 2), (b"feeder-001", 15)])
def test_shards_are_the_same_on_every_machine(device: bytes, shard: int) -> None:
    assert shard_of(device) == shard
    assert 0 <= shard < SHARDS
