"""Each fault is one line, and breaks the one rule that its name says."""

from collections.abc import Callable

import pytest

from gridctl.contracts.clock import event_time_problem
from gridctl.contracts.kinds.charger.model import ChargerReading
from gridctl.contracts.kinds.thermostat.model import ThermostatReading
from gridctl.simulate.faults import FAULT_NAMES, FAULTY_FIRMWARE, faulty_devices, malformed
from gridctl.simulate.fleet import Fleet, FleetPlan

MODEL: dict[str, type[ThermostatReading | ChargerReading]] = {
    "thermostat": ThermostatReading,
    "charger": ChargerReading,
}
# What the contract says of each; a time has its own rule.
EXPECTED = {
    "truncated": "EOF while parsing",
    "nan": "should be a finite number",
    "string_number": "should be a valid number",
    "missing_field": "Field required",
    "unknown_field": "rssi_dbm",
    "own_priority": "priority_level",
    "invalid_utf8": "invalid unicode",
    "control_character": "should match pattern",
    "wrong_enum": "TURBO",
    "out_of_range": "less than or equal",
}
NOW_MS = 1_795_000_000_000


@pytest.mark.parametrize("fault", FAULT_NAMES)
def test_a_fault_breaks_its_rule(fleet_class: type[Fleet], plan: Callable[..., FleetPlan], fault: str) -> None:
    fleet = fleet_class(plan(1, 1))
    fleet.begin_tick(0, fleet.plan.schedule.start_ms)
    line = fleet.lines(0, 1, fleet.plan.schedule.start_ms, 1)[0]
    broken = malformed(line, fault, fleet.shape).encode("latin-1")
    assert b"\n" not in broken
    assert b"\r" not in broken
    assert FAULTY_FIRMWARE.encode() in broken
    if fault in EXPECTED:
        with pytest.raises(ValueError, match=EXPECTED[fault]) as caught:
            MODEL[fleet.kind].model_validate_json(broken)
        assert caught.value.error_count() == 1  # type: ignore[attr-defined] # pydantic's ValidationError
    else:
        reading = MODEL[fleet.kind].model_validate_json(broken)
        rule = {"future_time": "event_time_in_future", "seconds_not_ms": "event_time_too_old"}[fault]
        assert event_time_problem(reading.event_time_ms, NOW_MS) == rule


@pytest.mark.parametrize("ppm", [1, 999, 50_000, 333_333, 999_999, 1_000_000])
def test_faulty_devices_do_not_depend_on_how_the_fleet_is_cut(ppm: int) -> None:
    whole = list(faulty_devices(0, 5000, ppm))
    assert len(whole) == 5000 * ppm // 1_000_000
    pieces = [index for first in range(0, 5000, 37) for index in faulty_devices(first, min(5000, first + 37), ppm)]
    assert pieces == whole
    assert whole == sorted(set(whole))
    assert all(0 <= index < 5000 for index in whole)


def test_no_share_no_fault() -> None:
    assert list(faulty_devices(0, 10_000, 0)) == []
