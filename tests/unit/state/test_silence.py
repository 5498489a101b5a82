"""Which devices fell silent, and why."""

from typing import Any

import pytest

from gridctl.state.model import DeviceState, Register
from gridctl.state.silence import silence, silent_rows, standing

BEFORE_MS = 1_000_000


def event(time_ms: int, *, good: bool = True, kind: str = "thermostat", circuit: str = "circuit-001") -> Register:
    return Register(time_ms, 0, good, kind, circuit, b"")


def state(good_ms: int | None, seen_ms: int, **more: Any) -> DeviceState:
    good = None if good_ms is None else event(good_ms, **more)
    return DeviceState(good, event(seen_ms, good=good_ms == seen_ms, **more))


@pytest.mark.parametrize(
    ("good_ms", "seen_ms", "why"),
    [
        (BEFORE_MS, BEFORE_MS, None),
        (BEFORE_MS, BEFORE_MS + 5, None),
        (BEFORE_MS - 1, BEFORE_MS - 1, "SILENT"),
        (BEFORE_MS - 9, BEFORE_MS, "NOT_GOOD"),
        (None, BEFORE_MS + 5, "NOT_GOOD"),
        (None, BEFORE_MS - 5, "SILENT"),
    ],
)
def test_a_device_is_alive_by_its_newest_good_event(good_ms: int | None, seen_ms: int, why: str | None) -> None:
    found = standing(state(good_ms, seen_ms), BEFORE_MS)
    assert found == {"alive": why is None, "why": why, "last_good_ms": good_ms, "last_seen_ms": seen_ms}
    assert [row["why"] for row in silent_rows([("d", state(good_ms, seen_ms))], BEFORE_MS)] == [why] * (why is not None)


def test_what_was_never_applied_is_not_alive() -> None:
    assert standing(None, BEFORE_MS)["why"] == "NEVER_APPLIED"


def test_silent_devices_are_counted_by_circuit_and_kind_and_those_that_fell_last_are_named() -> None:
    devices = [
        *((f"t-{number}", state(number, number)) for number in range(50)),
        ("alive", state(BEFORE_MS, BEFORE_MS)),
        ("s-1", state(7, BEFORE_MS + 1, kind="scada", circuit="circuit-002")),
    ]
    found = silence(devices, BEFORE_MS, 2)
    assert (found["devices"], found["silent"]) == (52, 51)
    assert found["by_kind"] == [
        {"kind": "thermostat", "devices": 51, "silent": 50, "last_seen_ms": 49},
        {"kind": "scada", "devices": 1, "silent": 1, "last_seen_ms": BEFORE_MS + 1},
    ]
    assert [(share["circuit_id"], share["silent"]) for share in found["by_circuit"]] == [
        ("circuit-001", 50),
        ("circuit-002", 1),
    ]
    first, second = found["silent_devices"]
    assert first == {
        "device_id": "s-1",
        "kind": "scada",
        "circuit_id": "circuit-002",
        "why": "NOT_GOOD",
        "last_good_ms": 7,
        "last_seen_ms": BEFORE_MS + 1,
    }
    assert second["device_id"] == "t-49"


@pytest.mark.parametrize("limit", [0, 1, 100])
def test_no_more_devices_are_named_than_asked_for(limit: int) -> None:
    found = silence(((f"t-{number}", state(number, number)) for number in range(5)), BEFORE_MS, limit)
    assert len(found["silent_devices"]) == min(limit, 5)
    assert found["silent"] == 5


def test_no_devices_is_an_answer_too() -> None:
    assert silence([], BEFORE_MS, 5) == {
        "devices": 0,
        "silent": 0,
        "by_circuit": [],
        "by_kind": [],
        "silent_devices": [],
    }
