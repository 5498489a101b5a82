"""Reading the grid state: its port, and the events in it, kept as the frames that came from Kafka."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from gridctl.contracts.events import STAMPS
from gridctl.errors import Unavailable
from gridctl.state.model import CircuitTotal, DeviceState
from gridctl.streams.codec import FramedDecoder, Unreadable


class StateReader(Protocol):
    """The grid state, read."""

    def devices(self) -> Iterator[tuple[str, DeviceState]]:
        """Yield every device, in no order; raise Unavailable."""
        ...

    def device(self, device_id: str) -> DeviceState | None:
        """Return one device, or None; raise Unavailable."""
        ...

    def circuits(self) -> dict[str, CircuitTotal]:
        """Return the total of every circuit; raise Unavailable."""
        ...

    def effects(self) -> dict[str, int]:
        """Return the events by what became of them: `applied`, `stale`, `duplicates`; raise Unavailable."""
        ...


class StoredEvents:
    """Reads the frames in the state; `decoders` are by kind."""

    def __init__(self, decoders: Mapping[str, FramedDecoder]) -> None:
        self._decoders = decoders

    def event(self, kind: str, frame: bytes) -> Mapping[str, Any]:
        """Return the event in a frame; raise Unavailable when it cannot be read any more."""
        try:
            event: Mapping[str, Any] = self._decoders[kind].decode(frame)
        except Unreadable as error:
            raise Unavailable(
                f"an event in the grid state cannot be read: {error.reason}",
                next_step="check that the registry is the one that the event was written with",
            ) from error
        return event

    def reported(self, kind: str, frame: bytes) -> dict[str, Any]:
        """Return what the device reported in a frame, without the platform's stamps."""
        return {name: value for name, value in self.event(kind, frame).items() if name not in STAMPS}
