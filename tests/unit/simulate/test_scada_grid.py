"""The physics behind the registers hangs together: power, breakers, transformers, the day, the seed."""

import math
from itertools import pairwise

import pytest

from gridctl.simulate.scada.grid import LOAD_PERMILLE, NOMINAL_V, TRIP_WINDOW_MS, Grid
from gridctl.simulate.scada.outstations import NOT_IMPLEMENTED_INT16, REGISTERS, Outstation, outstations

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MIDNIGHT_MS = 1_784_505_600_000  # 2026-07-20T00:00:00Z
UNITS = 20  # four bays


def of_kind(grid: Grid, kind: str) -> list[Outstation]:
    return [device for device in grid.fleet if device.kind == kind]


def grid_at(at_ms: int, seed: int = 7) -> Grid:
    grid = Grid(outstations(1, UNITS), seed)
    grid.step(at_ms)
    return grid


def scaled(grid: Grid, device: Outstation) -> dict[str, float]:
    values = grid.values[device.number]
    return {register.name: values[register.name] * float(register.scale) for register in REGISTERS[device.kind]}


@pytest.mark.parametrize("seed", [1, 7, 1234])
@pytest.mark.parametrize("hour", [0, 3, 7, 12, 19, 23])
def test_power_is_voltage_times_current_times_power_factor(seed: int, hour: int) -> None:
    grid = grid_at(MIDNIGHT_MS + hour * HOUR_MS + 61_000, seed)
    for device in [*of_kind(grid, "feeder"), *of_kind(grid, "transformer")]:
        point = scaled(grid, device)
        # A kilowatt is what a reader finds to the resolution of the registers.
        assert point["active_power"] == pytest.approx(
            point["voltage"] * point["current"] * point["power_factor"], abs=0.001
        )


@pytest.mark.parametrize("seed", range(20))
def test_every_value_of_a_day_lies_within_the_bounds_of_the_map(seed: int) -> None:
    grid = Grid(outstations(1, 10), seed)
    for step in range(96):
        grid.step(MIDNIGHT_MS + step * 15 * 60_000 + 7_000)
        for device in grid.fleet:
            for register in REGISTERS[device.kind]:
                raw = grid.values[device.number][register.name]
                if raw != NOT_IMPLEMENTED_INT16:
                    assert register.low <= raw * float(register.scale) <= register.high, (device, register.name)


def test_the_load_follows_the_day() -> None:
    grid = grid_at(MIDNIGHT_MS)
    feeder = grid.fleet[0]
    by_hour = []
    for hour in range(24):
        grid.step(MIDNIGHT_MS + hour * HOUR_MS + 30_000)  # after a trip's fifteen seconds
        by_hour.append(grid.values[feeder.number]["current"])
    assert by_hour.index(max(by_hour)) in (18, 19, 20)
    assert by_hour.index(min(by_hour)) in (2, 3, 4)
    ratio = max(by_hour) / min(by_hour)
    assert ratio == pytest.approx(max(LOAD_PERMILLE) / min(LOAD_PERMILLE), rel=0.1)


def test_voltage_falls_a_little_with_current() -> None:
    grid = grid_at(MIDNIGHT_MS)
    feeder = grid.fleet[0]

    def mean_voltage(hour: int) -> float:
        voltages = []
        for second in range(30, 120):
            grid.step(MIDNIGHT_MS + hour * HOUR_MS + second * 1000)
            voltages.append(grid.values[feeder.number]["voltage"])
        return sum(voltages) / len(voltages)

    light, heavy = mean_voltage(3), mean_voltage(19)
    assert light - heavy > 20
    assert light < NOMINAL_V + 15
    assert heavy > 0.95 * NOMINAL_V


def test_an_open_breaker_takes_the_current_and_the_power_and_nothing_else() -> None:
    grid = grid_at(MIDNIGHT_MS + 60_000)
    feeder, breaker, other, _, transformer = grid.fleet[:5]
    before = grid.values[transformer.number]["current"]
    assert grid.closed(breaker)
    grid.operate(breaker, close=False)
    assert not grid.closed(breaker)
    assert not grid.closed(feeder)
    values = grid.values[feeder.number]
    assert (values["current"], values["active_power"], values["breaker_closed"]) == (0, 0, 0)
    assert values["voltage"] > 0.99 * NOMINAL_V
    assert grid.values[breaker.number]["closed"] == 0
    assert grid.values[breaker.number]["current"] == 0
    assert grid.values[other.number]["current"] > 0
    assert 0 < grid.values[transformer.number]["current"] < before
    grid.operate(breaker, close=True)
    assert grid.values[feeder.number]["current"] > 0


def test_a_command_outlasts_trips_and_each_movement_is_counted() -> None:
    grid = grid_at(MIDNIGHT_MS + 60_000)
    breaker = grid.fleet[1]
    for close in (False, False, True, False):
        grid.operate(breaker, close=close)
    assert grid.values[breaker.number]["operations"] == 3
    for window in range(40):
        grid.step(MIDNIGHT_MS + window * TRIP_WINDOW_MS + 1000)
        assert not grid.closed(breaker)
    assert grid.values[breaker.number]["operations"] == 3


def test_breakers_trip_by_themselves_now_and_then_for_fifteen_seconds() -> None:
    grid = grid_at(MIDNIGHT_MS)
    breakers = of_kind(grid, "breaker")
    tripped = 0
    for window in range(100):
        start_ms = MIDNIGHT_MS + window * TRIP_WINDOW_MS
        grid.step(start_ms + 14_999)
        tripped += sum(not grid.closed(breaker) for breaker in breakers)
        grid.step(start_ms + 15_000)
        assert all(grid.closed(breaker) for breaker in breakers)
    # One window of eight, over eight breakers and a hundred windows.
    assert tripped == pytest.approx(100, rel=0.35)


def test_a_breaker_shows_what_its_feeder_does() -> None:
    grid = grid_at(MIDNIGHT_MS + 19 * HOUR_MS + 60_000)
    for breaker in of_kind(grid, "breaker"):
        feeder, own = grid.values[breaker.number - 1], grid.values[breaker.number]
        assert (own["voltage"], own["current"], own["closed"]) == (
            feeder["voltage"], feeder["current"], feeder["breaker_closed"],
        )  # fmt: skip


def test_a_transformer_carries_its_feeders_and_warms_with_them() -> None:
    grid = grid_at(MIDNIGHT_MS + 3 * HOUR_MS + 60_000)
    for transformer in of_kind(grid, "transformer"):
        feeders = [grid.values[transformer.number - back]["current"] for back in (4, 2)]
        assert grid.values[transformer.number]["current"] == sum(feeders)
    first = of_kind(grid, "transformer")[0]
    loaded = grid.values[first.number]["oil_temperature"]
    for breaker in of_kind(grid, "breaker"):
        grid.operate(breaker, close=False)
    assert grid.values[first.number]["oil_temperature"] < loaded
    assert grid.values[first.number]["active_power"] == 0


def test_transformers_of_odd_bays_have_no_oil_sensor() -> None:
    grid = grid_at(MIDNIGHT_MS)
    missing = [grid.values[t.number]["oil_temperature"] == NOT_IMPLEMENTED_INT16 for t in of_kind(grid, "transformer")]
    assert missing == [False, True, False, True]


def test_energy_is_power_over_time_and_never_falls() -> None:
    grid = grid_at(MIDNIGHT_MS + 19 * HOUR_MS + 60_000)
    feeder = grid.fleet[0]
    watt_ms = 0.0
    readings = [grid.values[feeder.number]["energy"]]
    for second in range(1, 61):
        grid.step(MIDNIGHT_MS + 19 * HOUR_MS + 60_000 + second * 1000)
        watt_ms += grid.values[feeder.number]["active_power"] * 1000
        readings.append(grid.values[feeder.number]["energy"])
    assert all(after >= before for before, after in pairwise(readings))
    assert readings[-1] == math.floor(watt_ms / HOUR_MS)


def test_a_process_that_slept_adds_ten_seconds_of_energy_at_most() -> None:
    grid = grid_at(MIDNIGHT_MS + 60_000)
    feeder = grid.fleet[0]
    grid.step(MIDNIGHT_MS + 5 * HOUR_MS + 60_000)
    values = grid.values[feeder.number]
    assert values["energy"] == math.floor(values["active_power"] * 10_000 / HOUR_MS)


def test_one_seed_gives_the_same_registers_and_another_seed_others() -> None:
    def words(seed: int) -> list[list[int]]:
        grid = grid_at(MIDNIGHT_MS, seed)
        grid.step(MIDNIGHT_MS + 1000)
        return [grid.words(device) for device in grid.fleet]

    assert words(7) == words(7)
    assert words(7) != words(8)


def test_every_feeder_of_one_second_has_one_frequency() -> None:
    grid = grid_at(MIDNIGHT_MS)
    assert len({grid.values[feeder.number]["frequency"] for feeder in of_kind(grid, "feeder")}) == 1
    frequencies = set()
    for second in range(50):
        grid.step(MIDNIGHT_MS + second * 1000)
        frequencies.add(grid.values[1]["frequency"])
    assert len(frequencies) > 10
    assert all(49_950 <= frequency <= 50_050 for frequency in frequencies)
