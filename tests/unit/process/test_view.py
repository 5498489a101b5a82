"""The state as people and scripts see it."""

from collections.abc import Callable
from typing import Any

from gridctl.contracts.ids import msg_id
from gridctl.process.decode import EventReader
from gridctl.state.model import CircuitTotal, DeviceState, Register
from gridctl.state.view import circuit_rows, device_rows

FrameOf = Callable[..., bytes]


def register(frame: bytes, time_ms: int, kind: str = "thermostat", *, good: bool = True) -> Register:
    return Register(time_ms, 0, good, kind, "c-1", frame)


def points(*qualities: str) -> list[dict[str, Any]]:
    return [
        {"name": f"p{index}", "value": None if quality == "MISSING" else 1.0, "unit": "V", "quality": quality}
        for index, quality in enumerate(qualities)
    ]


def test_a_device_is_shown_by_its_last_good_event(reader: EventReader, frame: FrameOf, time_ms: int) -> None:
    good = register(frame("scada", points=points("GOOD")), time_ms, "scada")
    later = time_ms + 5
    seen = register(frame("scada", "d-1", later, points=points("SUBSTITUTED", "MISSING")), later, "scada", good=False)
    [row] = device_rows([("d-1", DeviceState(good, seen))], reader.stored.event)
    assert (row["event_time_ms"], row["msg_id"]) == (time_ms, msg_id("d-1", time_ms))
    assert (row["last_seen_ms"], row["last_quality"]) == (later, "SUBSTITUTED")
    assert row["points"] == points("GOOD")
    assert (row["kind"], row["circuit_id"], row["priority_level"]) == ("scada", "c-1", "ESSENTIAL")


def test_a_device_that_was_never_good_is_shown_by_its_newest_event(
    reader: EventReader, frame: FrameOf, time_ms: int
) -> None:
    seen = register(frame("scada", points=[]), time_ms, "scada", good=False)
    [row] = device_rows([("d-1", DeviceState(None, seen))], reader.stored.event)
    assert (row["event_time_ms"], row["last_quality"]) == (time_ms, "MISSING")


def test_rows_are_sorted_and_powers_are_watts(reader: EventReader, frame: FrameOf, time_ms: int) -> None:
    state = DeviceState(register(frame(), time_ms), register(frame(), time_ms))
    rows = device_rows([("d-2", state), ("d-10", state), ("d-1", state)], reader.stored.event)
    assert [row["device_id"] for row in rows] == ["d-1", "d-10", "d-2"]
    assert rows[0]["last_quality"] == "GOOD"
    assert circuit_rows({"b": CircuitTotal(-1, 1), "a": CircuitTotal(1500, 2)}) == [
        {"circuit_id": "a", "power_w": 1.5, "devices": 2},
        {"circuit_id": "b", "power_w": -0.001, "devices": 1},
    ]
