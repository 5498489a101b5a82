"""What the simulators need from outside."""

from collections.abc import Mapping
from typing import Protocol


class Publisher(Protocol):
    """Sends packets to the devices' broker, at least once, with a bounded number in flight."""

    def publish(self, topic: str, payload: bytes, tag: str) -> None:
        """Send one packet; wait while too many are in flight. Raise Unavailable when the broker does not come back."""

    def acknowledged(self) -> Mapping[str, int]:
        """Return how many packets the broker has acknowledged so far, by tag."""

    def drain(self, timeout_s: float) -> int:
        """Wait until every packet is acknowledged, at most `timeout_s`; return how many are not."""

    def close(self) -> None:
        """End the connection."""


class OutstationServers(Protocol):
    """Serves the outstations on their ports."""

    async def start(self) -> list[str]:
        """Listen and return `host:port` for each port index. Raise Unavailable when a port cannot be had."""

    async def stop(self) -> None:
        """Close every port and connection."""
