"""What crosses the room's border: batches come in from sources, messages and dead letters go out to a publisher."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

Message = dict[str, Any]
"""One measurement as the client's batch call takes it: `key` (the device_id) and `value` (the framed Avro)."""


class Letter(NamedTuple):
    """One dead letter. The key is the device, where it could be read; values of headers are UTF-8."""

    topic: str
    key: str | None
    value: bytes
    headers: list[tuple[str, str | bytes | None]]


class Ticket:
    """What is still to be acknowledged of one batch, and the first thing that went wrong with it."""

    __slots__ = ("failure", "outstanding")

    def __init__(self) -> None:
        self.outstanding = 0
        self.failure: str | None = None

    def settle(self, failure: str | None = None) -> None:
        """Account for one message: acknowledged, or failed for a reason."""
        self.outstanding -= 1
        if failure is not None and self.failure is None:
            self.failure = failure


class Publisher(Protocol):
    """A broker that is written to. Acknowledgements arrive within `poll`, on the caller's thread."""

    def publish(self, topic: str, messages: list[Message], ticket: Ticket) -> None:
        """Hand over a batch for one topic; adds to the ticket what it must settle; Unavailable when it cannot."""
        ...

    def publish_letter(self, letter: Letter, ticket: Ticket) -> None:
        """Hand over one dead letter; the same."""
        ...

    def poll(self, timeout_s: float) -> None:
        """Serve acknowledgements, waiting at most this long for the first."""
        ...


class Oversize(NamedTuple):
    """A record that is too long to be held: its beginning, and length and SHA-256 of the whole."""

    head: bytes
    length: int
    sha256: str
    origin: str


def _nothing() -> None:
    """Acknowledge nothing: files and pipes have no acknowledgement."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records as they came. `origin` names the place of the record at an index, for its dead letter.

    `acknowledge` is called once, after the broker has acknowledged everything that became of the batch, and
    batches are acknowledged in the order in which they came.
    """

    records: Sequence[bytes]
    origin: Callable[[int], str]
    oversize: Sequence[Oversize] = ()
    acknowledge: Callable[[], None] = _nothing


class Source(Protocol):
    """Where readings come from."""

    def batches(self) -> Iterator[Batch]:
        """Yield what has arrived, never waiting to fill a batch; an empty batch when nothing came for a moment.

        Ends when the input does, or soon after `stop`.
        """
        ...

    def stop(self) -> None:
        """Read no more; may be called from a signal handler or from another thread."""
        ...
