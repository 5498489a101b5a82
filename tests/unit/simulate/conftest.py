"""Small fleets, and the contract that their readings are held against."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gridctl.simulate.fleet import Fleet, FleetPlan, Schedule
from gridctl.simulate.fleets.chargers import Chargers
from gridctl.simulate.fleets.thermostats import Thermostats

WINTER_MS = 1_768_435_200_000  # 2026-01-15T00:00:00Z
SUMMER_MS = 1_784_505_600_000  # 2026-07-20T00:00:00Z


@pytest.fixture(params=[Thermostats, Chargers], ids=["thermostats", "chargers"])
def fleet_class(request: pytest.FixtureRequest) -> type[Fleet]:
    """Each kind of fleet."""
    fleet: type[Fleet] = request.param
    return fleet


@pytest.fixture
def plan() -> Callable[..., FleetPlan]:
    """Return a function that plans a fleet."""

    def make(
        devices: int = 200,
        ticks: int = 5,
        *,
        seed: int = 7,
        start_ms: int = WINTER_MS,
        interval_s: int = 60,
        faulty_ppm: int = 0,
        burst: bool = False,
    ) -> FleetPlan:
        schedule = Schedule.plan(start_ms, interval_s * 1000, ticks, burst=burst)
        return FleetPlan(devices, seed, schedule, faulty_ppm)

    return make


@pytest.fixture
def readings() -> Callable[[Fleet], list[list[dict[str, Any]]]]:
    """Return a function that runs a fleet to its end: its readings, tick by tick."""

    def run(fleet: Fleet) -> list[list[dict[str, Any]]]:
        schedule, devices = fleet.plan.schedule, fleet.plan.devices
        assert schedule.ticks is not None
        assert devices <= 1024
        ticks = []
        for tick in range(schedule.ticks):
            fleet.begin_tick(tick, schedule.time_ms(tick))
            lines = fleet.lines(0, devices, schedule.time_ms(tick), schedule.interval_at(tick))
            ticks.append([json.loads(line) for line in lines])
        return ticks

    return run


@pytest.fixture
def winter_ms() -> int:
    """Return the default start of the simulators."""
    return WINTER_MS


@pytest.fixture
def summer_ms() -> int:
    """Return a day in July."""
    return SUMMER_MS
