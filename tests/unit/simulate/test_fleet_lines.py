"""What every fleet writes: the same bytes everywhere, the right number of lines, readings within the contract."""

import hashlib
import io
import json
import tracemalloc
from array import array
from collections.abc import Callable

import pytest

from gridctl.contracts.clock import event_time_problem
from gridctl.contracts.kinds.charger.model import ChargerReading
from gridctl.contracts.kinds.thermostat.model import ThermostatReading
from gridctl.simulate.faults import FAULT_NAMES, FAULTY_FIRMWARE
from gridctl.simulate.fleet import Fleet, FleetPlan
from gridctl.simulate.fleets.chargers import Chargers
from gridctl.simulate.fleets.thermostats import Thermostats
from gridctl.simulate.sending import write_lines

MODEL: dict[str, type[ThermostatReading | ChargerReading]] = {
    "thermostat": ThermostatReading,
    "charger": ChargerReading,
}
# Of 2500 devices x 6 ticks, burst, 10 % faulty, seed 7: the same on every machine and Python. A change of the
# physics changes them; say so in the change log.
GOLDEN: dict[type[Fleet], str] = {
    Thermostats: "7064edabd627a52229500f1ed5d45735d57fe22012d62a2dd495f5424352fc41",
    Chargers: "eca8ead1910b3d96ae230b631694c9491ec11b0bc78dbde29c70d3ee328f9074",
}
NOW_MS = 1_790_000_000_000


def written(fleet: Fleet) -> bytes:
    out = io.BytesIO()
    write_lines(fleet, out)
    return out.getvalue()


def test_bytes_are_the_same_everywhere(fleet_class: type[Fleet], plan: Callable[..., FleetPlan]) -> None:
    asked = plan(2500, 6, faulty_ppm=100_000, burst=True)
    first = written(fleet_class(asked))
    assert written(fleet_class(asked)) == first
    assert hashlib.sha256(first).hexdigest() == GOLDEN[fleet_class]


def test_another_seed_is_another_fleet(fleet_class: type[Fleet], plan: Callable[..., FleetPlan]) -> None:
    assert written(fleet_class(plan(seed=7))) != written(fleet_class(plan(seed=8)))


def test_a_device_does_not_depend_on_the_size_of_its_fleet(
    fleet_class: type[Fleet], plan: Callable[..., FleetPlan]
) -> None:
    small, large = written(fleet_class(plan(30, 1))), written(fleet_class(plan(3000, 1)))
    assert large.startswith(small)


@pytest.mark.parametrize("devices", [1, 1023, 1024, 1025, 2048])
def test_exactly_devices_times_ticks_lines(
    fleet_class: type[Fleet], plan: Callable[..., FleetPlan], devices: int
) -> None:
    lines = written(fleet_class(plan(devices, 3, faulty_ppm=300_000, burst=True))).splitlines(keepends=True)
    assert len(lines) == devices * 3
    assert all(line.endswith(b"\n") for line in lines)


@pytest.mark.parametrize("start", ["winter_ms", "summer_ms"])
@pytest.mark.parametrize("interval_s", [1, 60, 900])
def test_well_formed_readings_keep_the_contract(
    fleet_class: type[Fleet],
    plan: Callable[..., FleetPlan],
    request: pytest.FixtureRequest,
    start: str,
    interval_s: int,
) -> None:
    start_ms = request.getfixturevalue(start)
    fleet = fleet_class(plan(600, 24, start_ms=start_ms, interval_s=interval_s, burst=True))
    seen = set()
    for line in written(fleet).splitlines():
        reading = MODEL[fleet.kind].model_validate_json(line)
        assert event_time_problem(reading.event_time_ms, NOW_MS) is None
        seen.add((reading.device_id, reading.event_time_ms))
    assert len(seen) == 600 * 24, "one event a device a time"


def test_event_times_of_a_device_only_grow(fleet_class: type[Fleet], plan: Callable[..., FleetPlan]) -> None:
    last: dict[str, int] = {}
    for line in written(fleet_class(plan(50, 9, interval_s=1, burst=True))).splitlines():
        reading = json.loads(line)
        assert reading["event_time_ms"] > last.get(reading["device_id"], 0)
        last[reading["device_id"]] = reading["event_time_ms"]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 1 / 3, 1.0])
def test_the_share_of_faulty_firmware_is_exact(
    fleet_class: type[Fleet], plan: Callable[..., FleetPlan], share: float
) -> None:
    ppm = round(share * 1_000_000)
    fleet = fleet_class(plan(3000, 1, faulty_ppm=ppm))
    refused = 0
    for line in written(fleet).splitlines():
        try:
            reading = MODEL[fleet.kind].model_validate_json(line)
        except ValueError:
            refused += 1
        else:
            refused += event_time_problem(reading.event_time_ms, NOW_MS) is not None
    assert refused == 3000 * ppm // 1_000_000


def test_packets_say_which_are_broken(fleet_class: type[Fleet], plan: Callable[..., FleetPlan]) -> None:
    fleet = fleet_class(plan(240, 1, faulty_ppm=500_000))
    fleet.begin_tick(0, NOW_MS)
    packets = fleet.packets(0, 240, NOW_MS)
    assert {packet.fault for packet in packets} == {"", *FAULT_NAMES}
    for packet in packets:
        assert (FAULTY_FIRMWARE.encode() in packet.payload) == bool(packet.fault)
        assert packet.device_id.encode() in packet.payload


def test_memory_stays_flat(fleet_class: type[Fleet], plan: Callable[..., FleetPlan]) -> None:
    class Nowhere(io.BytesIO):
        def write(self, _data: object, /) -> int:
            return 0

    fleet = fleet_class(plan(5_000, 40, faulty_ppm=10_000))
    schedule = fleet.plan.schedule
    tracemalloc.start()
    try:
        sizes = []
        for tick in range(6):
            fleet.begin_tick(tick, schedule.time_ms(tick))
            for first in range(0, 5_000, 1000):
                last = min(first + 1000, (first // 1024 + 1) * 1024)
                Nowhere().write(fleet.lines(first, last, schedule.time_ms(tick), 60_000))
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[-1] - sizes[1] < 5_000, f"grew by {sizes[-1] - sizes[1]} bytes in four ticks of 5,000 devices"


def test_bytes_a_device(fleet_class: type[Fleet], plan: Callable[..., FleetPlan]) -> None:
    fleet = fleet_class(plan(10_000, 1))
    columns = [memoryview(column) for column in vars(fleet).values() if isinstance(column, bytearray | array)]
    assert sum(column.nbytes for column in columns) == (7 if isinstance(fleet, Thermostats) else 11) * 10_000
