"""One suite for the grid state: in memory, in Valkey, and in a real server that GRIDCTL_TEST_REDIS names."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from gridctl.adapters.redis_state import RedisState, keys_of
from gridctl.errors import Unavailable
from gridctl.process.ports import Effect, StateStore
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
from gridctl.state.reader import StateReader
from gridctl.state.record import pack, pack_register, unpack
from tests.support.memory_state import MemoryState
from tests.support.valkey import running_valkey


class GridState(StateStore, StateReader):
    """Both sides of the state; the type of what is tested here."""


@pytest.fixture(scope="module")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_valkey(tmp_path_factory.mktemp("valkey")) as address:
        yield address


@pytest.fixture(scope="module", params=["memory", "valkey", pytest.param("real", marks=pytest.mark.real)])
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[], GridState]]:
    """Return a function that gives an empty state."""
    if request.param == "memory":
        yield MemoryState  # type: ignore[misc] # it has the methods of both ports, by structure
        return
    url = os.environ.get("GRIDCTL_TEST_REDIS", "") if request.param == "real" else request.getfixturevalue("valkey_url")
    assert url, "GRIDCTL_TEST_REDIS names no server"
    prefixes: list[str] = []

    def fresh() -> GridState:
        prefixes.append(f"t-{uuid.uuid4().hex}:")
        return RedisState(url, prefix=prefixes[-1])  # type: ignore[return-value] # as above

    yield fresh
    with closing(redis.Redis.from_url(url)) as client:
        for prefix in prefixes:
            client.delete(*(key for shard in range(SHARDS) for key in keys_of(shard, prefix)))


def test_a_kind_of_a_newer_version_stops_this_one_and_is_left_alone(valkey_url: str) -> None:
    prefix, device_id = f"t-{uuid.uuid4().hex}:", b"hp-1"
    newer = pack_register(1, 2, good=True, kind_code=99, circuit=b"c-1", frame=b"newer")
    ours = pack_register(1, 2, good=True, kind_code=1, circuit=b"c-1", frame=b"ours")
    with closing(RedisState(valkey_url, prefix=prefix)) as state:
        state.apply([Effect(device_id, newer)])  # the script compares times and bytes alone
        for ask in (
            lambda: state.apply([Effect(device_id, ours)]),
            lambda: state.device("hp-1"),
            lambda: [*state.devices()],
        ):
            with pytest.raises(Unavailable, match="kind code 99, which this version does not know"):
                ask()
        assert state.effects()["applied"] == 1
    with closing(redis.Redis.from_url(valkey_url)) as client:
        devices = keys_of(shard_of(device_id), prefix)[0]
        assert client.hget(devices, device_id) == newer
        client.delete(*(key for shard in range(SHARDS) for key in keys_of(shard, prefix)))


@pytest.fixture
def state(make: Callable[[], GridState]) -> GridState:
    return make()


def event(
    time_ms: int = 10, power_mw: int = 100, frame: bytes = b"f", *, good: bool = True, at: str = "c-1"
) -> Register:
    return Register(time_ms, power_mw, good, "thermostat", at, frame)


def effect(register: Register, device: str = "d-1") -> Effect:
    return Effect(device.encode(), pack(register))


def put(state: GridState, *registers: Register, device: str = "d-1") -> list[Outcome]:
    return list(state.apply([effect(register, device) for register in registers]).outcomes)


def apply_and_settle(state: GridState, effects: list[Effect]) -> list[Outcome]:
    """Apply as the processor does where the two of a conflict say the same."""
    applied = state.apply(effects)
    outcomes = list(applied.outcomes)
    for place in applied.contested:
        device, register = effects[place].device_id, unpack(effects[place].record)
        while True:
            held = state.device(device.decode())
            verdict = judge(held, register)
            outcome = Outcome.DUPLICATE if verdict is Outcome.CONTESTED else verdict
            if state.settle(device, held, merge(held, register), outcome):
                outcomes[place] = outcome
                break
    return outcomes


def test_the_first_event_is_applied_and_the_same_again_is_a_duplicate(state: GridState) -> None:
    assert put(state, event()) == [Outcome.APPLIED]
    assert put(state, event(), event()) == [Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert state.device("d-1") == DeviceState(event(), event())
    assert state.circuits() == {"c-1": CircuitTotal(100, 1)}


def test_an_older_event_is_stale_also_within_a_batch(state: GridState) -> None:
    assert put(state, event(20), event(10), event(30)) == [Outcome.APPLIED, Outcome.STALE, Outcome.APPLIED]
    assert state.device("d-1") == DeviceState(event(30), event(30))


def test_a_bad_event_is_seen_and_does_not_displace_the_good_one(state: GridState) -> None:
    good, bad = event(10, 500), event(20, 0, good=False, at="c-2")
    assert put(state, good, bad) == [Outcome.APPLIED, Outcome.APPLIED]
    assert state.device("d-1") == DeviceState(good, bad)
    assert state.circuits() == {"c-1": CircuitTotal(500, 1)}
    between = event(15, 700)
    assert put(state, between) == [Outcome.APPLIED]
    assert state.device("d-1") == DeviceState(between, bad)
    assert put(state, good, bad, event(12, good=False)) == [Outcome.STALE, Outcome.DUPLICATE, Outcome.STALE]


def test_a_device_that_moves_leaves_no_trace_in_its_old_circuit(state: GridState) -> None:
    put(state, event(10, 100, at="c-1"))
    put(state, event(20, 70, at="c-2"))
    assert state.circuits() == {"c-2": CircuitTotal(70, 1)}


def test_another_event_of_the_same_time_is_contested_and_changes_nothing(state: GridState) -> None:
    put(state, event(10, 1, b"a"))
    applied = state.apply([effect(event(10, 2, b"b")), effect(event(5)), effect(event(10, 3, b"c"))])
    assert list(applied.outcomes) == [Outcome.CONTESTED, Outcome.STALE, Outcome.CONTESTED]
    held = DeviceState(event(10, 1, b"a"), event(10, 1, b"a"))
    assert applied.contested == {0: held, 2: held}
    assert state.device("d-1") == held
    assert state.effects() == {"applied": 1, "stale": 1, "duplicates": 0}


def test_a_settlement_needs_the_expected_state(state: GridState) -> None:
    old, new = event(10, 1, b"a"), event(10, 2, b"b")
    put(state, old)
    held, wanted = DeviceState(old, old), DeviceState(new, new)
    assert not state.settle(b"d-1", wanted, held, Outcome.DUPLICATE)
    assert not state.settle(b"d-1", None, held, Outcome.DUPLICATE)
    assert not state.settle(b"d-2", held, wanted, Outcome.DUPLICATE)
    assert state.device("d-1") == held
    assert state.effects()["duplicates"] == 0
    assert state.settle(b"d-1", held, wanted, Outcome.DUPLICATE)
    assert state.device("d-1") == wanted
    assert state.circuits() == {"c-1": CircuitTotal(2, 1)}
    assert state.effects() == {"applied": 1, "stale": 0, "duplicates": 1}


def test_a_settlement_without_a_change_is_counted_and_one_by_letter_is_not(state: GridState) -> None:
    put(state, event())
    held = DeviceState(event(), event())
    assert state.settle(b"d-1", held, held, Outcome.STALE)
    assert state.settle(b"d-1", held, held, Outcome.CONTESTED)
    assert state.effects() == {"applied": 1, "stale": 1, "duplicates": 0}
    assert state.circuits() == {"c-1": CircuitTotal(100, 1)}


def test_a_settlement_may_be_the_first_event_of_a_device(state: GridState) -> None:
    assert state.settle(b"d-1", None, DeviceState(event(), event()), Outcome.APPLIED)
    assert state.circuits() == {"c-1": CircuitTotal(100, 1)}
    assert state.effects()["applied"] == 1


def test_totals_are_exact_where_doubles_are_not(state: GridState) -> None:
    power_mw = 10**15 - 1
    effects = [effect(event(10, power_mw), f"d-{number}") for number in range(400)]
    state.apply(effects)
    assert state.circuits() == {"c-1": CircuitTotal(400 * power_mw, 400)}
    state.apply([effect(event(20, -power_mw), f"d-{number}") for number in range(400)])
    assert state.circuits() == {"c-1": CircuitTotal(-400 * power_mw, 400)}


def test_many_devices_are_all_found_once(state: GridState) -> None:
    names = {f"thermostat-{number:07d}" for number in range(3000)}
    state.apply([effect(event(), name) for name in names])
    found = [name for name, _ in state.devices()]
    assert len(found) == len(names)
    assert set(found) == names
    assert {shard_of(name.encode()) for name in names} == set(range(SHARDS))


def test_an_empty_state_is_empty(state: GridState) -> None:
    assert list(state.devices()) == []
    assert state.circuits() == {}
    assert state.device("d-1") is None
    assert state.effects() == {"applied": 0, "stale": 0, "duplicates": 0}
    assert list(state.apply([]).outcomes) == []


EXTREME = st.sampled_from([0, 1, -1, 10**15, -(10**15)]) | st.integers(-(10**15), 10**15)
EVENTS = st.builds(
    lambda device, register: Effect(device.encode(), pack(register)),
    # d-1 and d-12 share a shard with others or not: three devices, at least two shards.
    st.sampled_from(["d-1", "d-2", "thermostat-0000001"]),
    st.builds(
        Register,
        event_time_ms=st.integers(1, 5),
        power_mw=EXTREME,
        good=st.booleans(),
        kind=st.sampled_from(["thermostat", "scada"]),
        circuit_id=st.sampled_from(["c-1", "c-2", "circuit-é"]),
        frame=st.binary(min_size=1, max_size=3),
    ),
)


@given(effects=st.lists(EVENTS, min_size=1, max_size=25), data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_order_repetition_and_split_give_the_same_state_and_totals(
    effects: list[Effect], data: st.DataObject, make: Callable[[], GridState]
) -> None:
    # One frame is one event: what else a register holds follows from it.
    distinct = list({(each.device_id, unpack(each.record).rank): each for each in effects}.values())
    expected: dict[str, DeviceState] = {}
    for each in distinct:
        name = each.device_id.decode()
        expected[name] = merge(expected.get(name), unpack(each.record))
    repeated = data.draw(st.lists(st.sampled_from(distinct), max_size=10))
    order = data.draw(st.permutations(distinct + repeated))
    state = make()
    outcomes: list[Outcome] = []
    while order:
        size = data.draw(st.integers(1, len(order)))
        outcomes += apply_and_settle(state, order[:size])
        order = order[size:]
    assert dict(state.devices()) == expected
    assert state.circuits() == totals(expected)
    counted = {Outcome.APPLIED: "applied", Outcome.STALE: "stale", Outcome.DUPLICATE: "duplicates"}
    assert state.effects() == {name: outcomes.count(outcome) for outcome, name in counted.items()}


@given(effects=st.lists(EVENTS, min_size=1, max_size=25))
@settings(max_examples=120, deadline=None)
def test_every_verdict_is_the_model_s(effects: list[Effect], make: Callable[[], GridState]) -> None:
    held: dict[bytes, DeviceState] = {}
    expected: list[Outcome] = []
    for each in effects:
        register = unpack(each.record)
        verdict = judge(held.get(each.device_id), register)
        expected.append(verdict)
        if verdict is Outcome.APPLIED:
            held[each.device_id] = merge(held.get(each.device_id), register)
    assert list(make().apply(effects).outcomes) == expected
