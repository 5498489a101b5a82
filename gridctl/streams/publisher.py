"""Records into topics. A publisher gives back what it could not deliver, so that something around it may keep it."""

from typing import Any, NamedTuple, Protocol

from gridctl.errors import Unavailable, Unrecoverable

Message = dict[str, Any]
"""One record as the client's batch call takes it: `key` (text, bytes or None) and `value` (the framed Avro)."""
Headers = list[tuple[str, str | bytes | None]]


class Undelivered(NamedTuple):
    """A record that was not written. `is_final`: it will not be, however often it is handed over again."""

    topic: str
    message: Message
    headers: Headers
    reason: str
    is_final: bool


class Receipt:
    """What is still to be acknowledged of what was handed over, and what came back, each with its reason."""

    __slots__ = ("outstanding", "undelivered")

    def __init__(self) -> None:
        self.outstanding = 0
        self.undelivered: list[Undelivered] = []

    def give_back(self, undelivered: Undelivered) -> None:
        """Account for one record that was not written."""
        self.outstanding -= 1
        self.undelivered.append(undelivered)

    def check(self, what: str, next_step: str) -> None:
        """Raise Unavailable, or Unrecoverable where trying again does not help, if anything came back."""
        if not self.undelivered:
            return
        worst = max(self.undelivered, key=lambda each: each.is_final)
        more = f" (and {len(self.undelivered) - 1} more)" if len(self.undelivered) > 1 else ""
        raise (Unrecoverable if worst.is_final else Unavailable)(f"{what}: {worst.reason}{more}", next_step=next_step)


class Publisher(Protocol):
    """A broker that is written to. Acknowledgements arrive within `poll`, on the caller's thread.

    Whatever is handed over is acknowledged or given back within a bounded time; none of the calls raises for a record
    that cannot be delivered.
    """

    def publish(self, topic: str, messages: list[Message], receipt: Receipt) -> None:
        """Hand over a batch for one topic, without headers: the client's batch call takes none."""
        ...

    def publish_one(self, topic: str, message: Message, headers: Headers, receipt: Receipt) -> None:
        """Hand over one record with headers; values of headers are UTF-8."""
        ...

    def poll(self, timeout_s: float) -> None:
        """Serve acknowledgements, waiting at most this long for the first."""
        ...
