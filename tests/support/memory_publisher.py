"""The publisher in memory, for unit tests: what was acknowledged can be read back; no partitions, no headers' order."""

from collections import deque
from typing import NamedTuple

from gridctl.streams.publisher import Headers, Message, Receipt, Undelivered


class Letter(NamedTuple):
    """One record that went out with headers."""

    topic: str
    key: str | None
    value: bytes
    headers: Headers


class MemoryPublisher:
    """Implements Publisher. Acknowledges at the next `poll`; gives back, as final, what is for a topic in `refuses`."""

    def __init__(self, refuses: frozenset[str] = frozenset()) -> None:
        self.messages: dict[str, list[Message]] = {}
        self.letters: list[Letter] = []
        self._refuses = refuses
        self._handed_over: deque[tuple[str, Message, Headers | None, Receipt]] = deque()

    def publish(self, topic: str, messages: list[Message], receipt: Receipt) -> None:
        """Hand over a batch for one topic."""
        receipt.outstanding += len(messages)
        self._handed_over.extend((topic, message, None, receipt) for message in messages)

    def publish_one(self, topic: str, message: Message, headers: Headers, receipt: Receipt) -> None:
        """Hand over one record with headers."""
        receipt.outstanding += 1
        self._handed_over.append((topic, message, headers, receipt))

    def poll(self, timeout_s: float) -> None:  # noqa: ARG002 -- nothing here is waited for
        """Acknowledge, or give back, everything that was handed over."""
        while self._handed_over:
            topic, message, headers, receipt = self._handed_over.popleft()
            if topic in self._refuses:
                receipt.give_back(
                    Undelivered(topic, message, headers or [], f"topic {topic} is not there", is_final=True)
                )
                continue
            if headers is None:
                self.messages.setdefault(topic, []).append(message)
            else:
                self.letters.append(Letter(topic, message["key"], message["value"], headers))
            receipt.outstanding -= 1
