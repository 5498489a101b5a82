"""What crosses the room's border: batches come in from sources."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from gridctl.deadletters.refusal import Oversize


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
