"""Rooms that follow the weather, and equipment that switches with hysteresis."""

import itertools
from collections.abc import Callable
from typing import Any

from gridctl.simulate.fleet import Fleet, FleetPlan
from gridctl.simulate.fleets.thermostats import Thermostats

Run = Callable[[Fleet], list[list[dict[str, Any]]]]


def by_device(ticks: list[list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {reading["device_id"]: [tick[index] for tick in ticks] for index, reading in enumerate(ticks[0])}


def test_equipment_draws_power_exactly_while_it_runs(plan: Callable[..., FleetPlan], readings: Run) -> None:
    ticks = readings(Thermostats(plan(300, 30, interval_s=300)))
    actions = set()
    for reading in (reading for tick in ticks for reading in tick):
        actions.add(reading["action"])
        assert reading["power_w"] > 1000 if reading["action"] != "IDLE" else reading["power_w"] < 4
    assert actions == {"IDLE", "HEATING"}, "in winter rooms heat and none cools"


def test_rooms_warm_while_heating_and_cool_towards_the_weather(plan: Callable[..., FleetPlan], readings: Run) -> None:
    rises = falls = 0
    for reports in by_device(readings(Thermostats(plan(200, 60, interval_s=300)))).values():
        for before, after in itertools.pairwise(reports):
            change = after["temperature_c"] - before["temperature_c"]
            if before["action"] == "HEATING":
                assert change >= -0.11, "the equipment holds any room against this weather"
                rises += change > 0
            elif before["action"] == "IDLE":
                assert change <= 0
                falls += change < 0
    assert rises > 100
    assert falls > 100


def test_rooms_stay_near_their_setpoint(plan: Callable[..., FleetPlan], readings: Run) -> None:
    ticks = readings(Thermostats(plan(200, 288, interval_s=300)))
    # From 9 to 21 h, when the night's setback has passed.
    for tick in ticks[9 * 12 : 21 * 12]:
        for reading in tick:
            if reading["mode"] == "HEAT":
                assert abs(reading["temperature_c"] - reading["setpoint_c"]) < 2.5


def test_equipment_does_not_chatter(plan: Callable[..., FleetPlan], readings: Run) -> None:
    for reports in by_device(readings(Thermostats(plan(100, 600, interval_s=10)))).values():
        switches = sum(a["action"] != b["action"] for a, b in itertools.pairwise(reports))
        assert switches <= 10, "within 100 minutes; a degree takes at least ten to cross"


def test_off_is_off(plan: Callable[..., FleetPlan], readings: Run) -> None:
    ticks = readings(Thermostats(plan(300, 20, interval_s=900)))
    off = [reading for tick in ticks for reading in tick if reading["mode"] == "OFF"]
    assert off
    assert {reading["action"] for reading in off} == {"IDLE"}


def test_a_cold_snap_switches_all_heaters_on(plan: Callable[..., FleetPlan], readings: Run) -> None:
    asked = plan(300, 9, burst=True)
    ticks = readings(Thermostats(asked))
    assert asked.schedule.burst == range(3, 6)
    heaters = [[r["action"] for r in tick if r["mode"] in ("HEAT", "AUTO")] for tick in ticks]
    assert heaters[2].count("HEATING") < len(heaters[2]) / 2
    assert set(heaters[3]) == {"HEATING"}


def test_a_heat_wave_switches_all_coolers_on(plan: Callable[..., FleetPlan], readings: Run, summer_ms: int) -> None:
    ticks = readings(Thermostats(plan(300, 9, start_ms=summer_ms + 12 * 3_600_000, burst=True)))
    assert {r["action"] for r in ticks[3] if r["mode"] == "COOL"} == {"COOLING"}
    assert not any(r["action"] == "HEATING" for r in ticks[3])
