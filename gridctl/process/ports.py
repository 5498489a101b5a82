"""What this room needs from outside; `gridctl.adapters` implements it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from gridctl.state.model import DeviceState, Outcome
from gridctl.streams.reader import Record


class EventSource(Protocol):
    """The measurement topics, read as one member of a group."""

    def batch(self, limit: int) -> Sequence[Record]:
        """Return the next records, at most `limit`; empty when none came for a moment; raise Unavailable."""
        ...

    def commit(self) -> None:
        """Record that everything that `batch` returned has had its effect; raise Unavailable."""
        ...

    def is_drained(self) -> bool:
        """Say whether the group has committed every partition up to its present end; raise Unavailable."""
        ...


class Effect(NamedTuple):
    """What an event does to the state: the device's id in UTF-8, and the event packed as `record` says."""

    device_id: bytes
    record: bytes


class Applied(NamedTuple):
    """One outcome an effect; for each contested one, by its place, the state it met."""

    outcomes: Sequence[Outcome]
    contested: Mapping[int, DeviceState]


class StateStore(Protocol):
    """The grid state, written."""

    def apply(self, effects: Sequence[Effect]) -> Applied:
        """Apply a batch, each event with its totals at once; contested ones are left alone; raise Unavailable."""
        ...

    def settle(self, device_id: bytes, expected: DeviceState | None, new: DeviceState, outcome: Outcome) -> bool:
        """Put a device's new state, and count the outcome, if the present one is the expected; raise Unavailable.

        False: it is not. CONTESTED says that the event is accounted for as a dead letter; it is not counted here.
        """
        ...

    def device(self, device_id: str) -> DeviceState | None:
        """Return one device, or None; raise Unavailable."""
        ...
