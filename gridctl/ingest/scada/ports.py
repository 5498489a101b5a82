"""What polling needs from outside: a connection to one unit."""

from typing import Literal, Protocol

from gridctl.ingest.scada.plan import Block

PollOutcome = Literal["data", "exception", "no_answer", "no_connection"]


class ReadFailed(Exception):
    """A request that gave no data: how it ended, and what a person may read about it."""

    def __init__(self, outcome: PollOutcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


class Link(Protocol):
    """The way to one unit. No other unit waits for it."""

    async def open(self, deadline_s: float) -> None:
        """Connect when not connected, by a time of the loop's clock. Raise ReadFailed when that cannot be."""
        ...

    async def read(self, block: Block, deadline_s: float) -> list[int]:
        """Return the registers, or bits, of a block, connecting first where needed. Raise ReadFailed otherwise."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...
