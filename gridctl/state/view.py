"""The grid state as people and scripts see it: a function of the events alone."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gridctl.contracts.kinds import KINDS
from gridctl.state.model import CircuitTotal, DeviceState, Register

EventOf = Callable[[str, bytes], Mapping[str, Any]]


def device_row(device_id: str, state: DeviceState, event_of: EventOf) -> dict[str, Any]:
    """Return a device's last good event (or newest, while there is no good one), and when and how it was last seen."""
    event = event_of(state.current.kind, state.current.frame)
    return {
        "device_id": device_id,
        "kind": state.current.kind,
        "event_time_ms": state.current.event_time_ms,
        "msg_id": event["msg_id"],
        "circuit_id": state.current.circuit_id,
        "priority_level": event["priority_level"],
        "last_seen_ms": state.seen.event_time_ms,
        "last_quality": _quality(state.seen, event_of),
        **{name: value for name, value in event.items() if name not in _STANDING},
    }


_STANDING = {"device_id", "event_time_ms", "msg_id", "circuit_id", "priority_level"}


def _quality(seen: Register, event_of: EventOf) -> str:
    if seen.good:
        return "GOOD"
    return KINDS[seen.kind].quality(event_of(seen.kind, seen.frame))


def device_rows(devices: Iterable[tuple[str, DeviceState]], event_of: EventOf) -> list[dict[str, Any]]:
    """Return the rows of all devices, sorted by id."""
    return [device_row(device_id, state, event_of) for device_id, state in sorted(devices, key=lambda item: item[0])]


def circuit_rows(circuits: Mapping[str, CircuitTotal]) -> list[dict[str, Any]]:
    """Return the rows of all circuits, sorted by id."""
    return [
        {"circuit_id": circuit_id, "power_w": total.power_mw / 1000, "devices": total.devices}
        for circuit_id, total in sorted(circuits.items())
    ]
