"""The in-memory twin of the grid state: the reference model itself."""

from collections import Counter
from collections.abc import Iterator, Sequence

from gridctl.process.ports import Applied, Effect
from gridctl.state.model import EFFECTS, CircuitTotal, DeviceState, Outcome, judge, merge, totals
from gridctl.state.record import unpack


class MemoryState:
    """Implements StateStore and StateReader."""

    def __init__(self) -> None:
        self._devices: dict[str, DeviceState] = {}
        self._outcomes = Counter[Outcome]()

    def apply(self, effects: Sequence[Effect]) -> Applied:
        """Apply a batch."""
        outcomes: list[Outcome] = []
        contested: dict[int, DeviceState] = {}
        for place, (device, record) in enumerate(effects):
            device_id, event = device.decode(), unpack(record)
            stored = self._devices.get(device_id)
            outcome = judge(stored, event)
            outcomes.append(outcome)
            self._outcomes[outcome] += 1
            if outcome is Outcome.APPLIED:
                self._devices[device_id] = merge(stored, event)
            elif outcome is Outcome.CONTESTED and stored is not None:
                contested[place] = stored
        return Applied(outcomes, contested)

    def settle(self, device_id: bytes, expected: DeviceState | None, new: DeviceState, outcome: Outcome) -> bool:
        """Put a device's new state and count the outcome if the present one is the expected."""
        if self._devices.get(device_id.decode()) != expected:
            return False
        self._devices[device_id.decode()] = new
        self._outcomes[outcome] += 1
        return True

    def devices(self) -> Iterator[tuple[str, DeviceState]]:
        """Yield every device."""
        yield from self._devices.items()

    def device(self, device_id: str) -> DeviceState | None:
        """Return one device, or None."""
        return self._devices.get(device_id)

    def circuits(self) -> dict[str, CircuitTotal]:
        """Return the total of every circuit."""
        return totals(self._devices)

    def effects(self) -> dict[str, int]:
        """Return how many events were applied, stale and duplicates."""
        return {name: self._outcomes[outcome] for outcome, name in EFFECTS.items()}
