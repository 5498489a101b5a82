"""Which devices fell silent: those whose newest good event is too old, by the times that the devices gave."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Any

from gridctl.state.model import DeviceState

SILENT = "SILENT"
NOT_GOOD = "NOT_GOOD"
NEVER_APPLIED = "NEVER_APPLIED"


def why_silent(state: DeviceState, before_ms: int) -> str | None:
    """Return why a device counts as silent, None where its newest good event is of that time or later.

    SILENT: no event at all since then. NOT_GOOD: events come, and none is good, as of an outstation that does not
    answer its polls.
    """
    if state.good is not None and state.good.event_time_ms >= before_ms:
        return None
    return SILENT if state.seen.event_time_ms < before_ms else NOT_GOOD


def standing(state: DeviceState | None, before_ms: int) -> dict[str, Any]:
    """Return whether a device is alive, why not, and when it was heard; null for what never was."""
    if state is None:
        return {"alive": False, "why": NEVER_APPLIED, "last_good_ms": None, "last_seen_ms": None}
    why = why_silent(state, before_ms)
    return {
        "alive": why is None,
        "why": why,
        "last_good_ms": None if state.good is None else state.good.event_time_ms,
        "last_seen_ms": state.seen.event_time_ms,
    }


def silent_row(device_id: str, state: DeviceState, why: str) -> dict[str, Any]:
    """Return the row of a silent device; `last_good_ms` is null where it never had a good event."""
    return {
        "device_id": device_id,
        "kind": state.current.kind,
        "circuit_id": state.current.circuit_id,
        "why": why,
        "last_good_ms": None if state.good is None else state.good.event_time_ms,
        "last_seen_ms": state.seen.event_time_ms,
    }


def silent_rows(devices: Iterable[tuple[str, DeviceState]], before_ms: int) -> Iterator[dict[str, Any]]:
    """Yield the row of each silent device, in no order."""
    for device_id, state in devices:
        why = why_silent(state, before_ms)
        if why is not None:
            yield silent_row(device_id, state, why)


@dataclass
class _Share:
    """How many devices there are of a kind or on a circuit, how many are silent, and when the last of them fell."""

    devices: int = 0
    silent: int = 0
    last_seen_ms: int | None = None

    def add(self, seen_ms: int, *, silent: bool) -> None:
        self.devices += 1
        if silent:
            self.silent += 1
            self.last_seen_ms = seen_ms if self.last_seen_ms is None else max(self.last_seen_ms, seen_ms)


def silence(devices: Iterable[tuple[str, DeviceState]], before_ms: int, limit: int) -> dict[str, Any]:
    """Return how many devices are silent, by circuit and by kind, and those `limit` that fell silent last.

    Memory is bounded by `limit` and by the number of circuits. Circuits and kinds are ordered by silent devices.
    """
    circuits: dict[str, _Share] = {}
    kinds: dict[str, _Share] = {}
    latest: list[tuple[int, str, DeviceState, str]] = []
    for device_id, state in devices:
        why, seen_ms, current = why_silent(state, before_ms), state.seen.event_time_ms, state.current
        for share in circuits.setdefault(current.circuit_id, _Share()), kinds.setdefault(current.kind, _Share()):
            share.add(seen_ms, silent=why is not None)
        if why is not None:
            (heappush if len(latest) < limit else heappushpop)(latest, (seen_ms, device_id, state, why))
    ordered = sorted(latest, reverse=True)
    return {
        "devices": sum(share.devices for share in kinds.values()),
        "silent": sum(share.silent for share in kinds.values()),
        "by_circuit": _shares("circuit_id", circuits),
        "by_kind": _shares("kind", kinds),
        "silent_devices": [silent_row(device_id, state, why) for _, device_id, state, why in ordered],
    }


def _shares(name: str, shares: dict[str, _Share]) -> list[dict[str, Any]]:
    ordered = sorted(shares.items(), key=lambda item: (-item[1].silent, item[0]))
    return [{name: key, **vars(share)} for key, share in ordered]
