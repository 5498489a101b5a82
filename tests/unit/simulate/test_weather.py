"""Seasons, days, noise and events."""

import itertools
import math

from gridctl.simulate.draws import TURN, between, number, sine
from gridctl.simulate.fleet import Schedule
from gridctl.simulate.weather import DAY_MS, HOUR_MS, Weather, WeatherEvent


def test_sine_is_within_two_thousandths() -> None:
    for angle in range(-TURN, 2 * TURN, 7919):
        assert abs(sine(angle) - 1000 * math.sin(2 * math.pi * angle / TURN)) < 2.7


def test_draws_spread_evenly() -> None:
    counts = [0] * 10
    for key in range(10_000):
        counts[number(10, 7, "x", key)] += 1
    assert all(850 < count < 1150 for count in counts)


def test_a_curve_passes_its_nodes_and_closes() -> None:
    assert [between([0, 100], at, 10) for at in (0, 5, 10, 15, 20)] == [0, 50, 100, 50, 0]


def test_winter_is_cold_and_afternoons_are_warm(winter_ms: int, summer_ms: int) -> None:
    weather = Weather(7)

    def mean(start_ms: int, hour: int) -> float:
        days = range(14)
        return sum(weather.at(start_ms + d * DAY_MS + hour * HOUR_MS).temperature_mc for d in days) / len(days)

    assert mean(winter_ms, 15) < 10_000
    assert mean(summer_ms, 15) > 18_000
    assert mean(winter_ms, 15) > mean(winter_ms, 3) + 4_000
    assert mean(summer_ms, 15) > mean(summer_ms, 3) + 4_000


def test_the_air_is_physical_and_moves_smoothly(winter_ms: int) -> None:
    weather = Weather(3)
    before = weather.at(winter_ms).temperature_mc
    for minute in range(1, 3 * 24 * 60):
        air = weather.at(winter_ms + minute * 60_000)
        assert -40_000 < air.temperature_mc < 50_000
        assert 150 <= air.humidity_permille <= 1000
        assert abs(air.temperature_mc - before) < 100, "a tenth of a degree a minute"
        before = air.temperature_mc


def test_an_event_is_a_cold_snap_in_winter_and_a_heat_wave_in_summer(winter_ms: int, summer_ms: int) -> None:
    for start_ms, shift_mc in ((winter_ms, -15_000), (summer_ms, 13_000)):
        event = WeatherEvent(start_ms, start_ms + DAY_MS)
        middle, after = start_ms + DAY_MS // 2, start_ms + 2 * DAY_MS
        calm, struck = Weather(7), Weather(7, event)
        assert struck.at(middle).temperature_mc - calm.at(middle).temperature_mc == shift_mc
        assert struck.at(start_ms) == calm.at(start_ms)
        assert struck.at(after) == calm.at(after)


def test_a_burst_is_the_middle_third_and_reports_faster() -> None:
    schedule = Schedule.plan(1_000_000, 60_000, 9, burst=True)
    times = [schedule.time_ms(tick) for tick in range(9)]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps == [60_000] * 3 + [15_000] * 3 + [60_000] * 2
    assert gaps == [schedule.interval_at(tick) for tick in range(8)]
    assert schedule.event() == WeatherEvent(times[3], times[6])


def test_a_run_without_burst_has_no_event() -> None:
    schedule = Schedule.plan(0, 60_000, 9, burst=False)
    assert schedule.event() is None
    assert [schedule.time_ms(tick) for tick in (0, 8)] == [0, 480_000]


def test_even_one_tick_can_burst() -> None:
    assert Schedule.plan(0, 60_000, 1, burst=True).burst == range(1)
    assert Schedule.plan(0, 60_000, None, burst=True).burst == range(10, 40)
