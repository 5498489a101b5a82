"""Sessions: power is voltage x current, energy is the sum of power x time, and the current tapers."""

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from gridctl.simulate.fleet import Fleet, FleetPlan
from gridctl.simulate.fleets.chargers import Chargers

Run = Callable[[Fleet], list[list[dict[str, Any]]]]


def test_power_is_voltage_times_current(plan: Callable[..., FleetPlan], readings: Run) -> None:
    for reading in (reading for tick in readings(Chargers(plan(300, 20))) for reading in tick):
        product = Decimal(str(reading["voltage_v"])) * Decimal(str(reading["current_a"]))
        assert Decimal(str(reading["power_w"])) == product
        assert (reading["power_w"] > 0) == (reading["status"] == "CHARGING")
        assert ("session_id" in reading) == (reading["status"] != "AVAILABLE")


def test_energy_is_the_sum_of_power_over_time(plan: Callable[..., FleetPlan], readings: Run) -> None:
    interval_s = 300
    sums: dict[str, float] = {}
    for tick in readings(Chargers(plan(200, 288, interval_s=interval_s))):
        for reading in tick:
            session = reading.get("session_id")
            if session is None:
                continue
            delivered = reading["power_w"] * interval_s / 3600
            sums[session] = sums.get(session, 0.0) + delivered
            assert type(reading["session_energy_wh"]) is int
            assert abs(reading["session_energy_wh"] - sums[session]) < 1.2, session
    assert any(session.endswith("/2") for session in sums), "sessions follow each other, each from zero"


def test_current_is_constant_and_then_falls(plan: Callable[..., FleetPlan], readings: Run) -> None:
    currents: dict[str, list[float]] = {}
    for tick in readings(Chargers(plan(200, 288, interval_s=300))):
        for reading in tick:
            if reading["status"] == "CHARGING":
                currents.setdefault(reading["session_id"], []).append(reading["current_a"])
    tapered = 0
    for course in currents.values():
        assert course == sorted(course, reverse=True)
        tapered += course[-1] < course[0] / 2
    assert tapered > 10


def test_sessions_come_by_time_of_day(plan: Callable[..., FleetPlan], readings: Run) -> None:
    ticks = readings(Chargers(plan(1000, 96, interval_s=900)))
    arrivals = [sum(reading["status"] == "PREPARING" for reading in tick) for tick in ticks]
    assert sum(arrivals[17 * 4 : 20 * 4]) > 3 * sum(arrivals[1 * 4 : 4 * 4])


def test_a_weather_event_brings_people_to_plug_in(plan: Callable[..., FleetPlan], readings: Run) -> None:
    arrivals = {}
    for burst in (False, True):
        ticks = readings(Chargers(plan(1000, 30, interval_s=300, burst=burst)))
        arrivals[burst] = len({r["session_id"] for tick in ticks for r in tick if r["status"] == "PREPARING"})
    assert arrivals[True] > arrivals[False]


def test_every_state_is_followed_by_one_that_may_follow(plan: Callable[..., FleetPlan], readings: Run) -> None:
    may_follow = {
        "AVAILABLE": {"AVAILABLE", "PREPARING"},
        "PREPARING": {"CHARGING"},
        "CHARGING": {"CHARGING", "FINISHING"},
        "FINISHING": {"FINISHING", "AVAILABLE"},
    }
    ticks = readings(Chargers(plan(300, 200, interval_s=600)))
    steps = {(a["status"], b["status"]) for t, u in itertools.pairwise(ticks) for a, b in zip(t, u, strict=True)}
    assert {step for step in steps if step[1] not in may_follow[step[0]]} == set()
    assert {step[0] for step in steps} == set(may_follow)
