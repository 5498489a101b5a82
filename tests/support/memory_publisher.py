"""The publisher in memory, for unit tests: what was acknowledged can be read back; no partitions, no headers' order."""

from collections import deque

from gridctl.ingest.ports import Letter, Message, Ticket


class MemoryPublisher:
    """Implements Publisher. Acknowledges at the next `poll`, unless the topic is one of `refuses`."""

    def __init__(self, refuses: frozenset[str] = frozenset()) -> None:
        self.messages: dict[str, list[Message]] = {}
        self.letters: list[Letter] = []
        self._refuses = refuses
        self._handed_over: deque[tuple[str, Message | Letter, Ticket]] = deque()

    def publish(self, topic: str, messages: list[Message], ticket: Ticket) -> None:
        """Hand over a batch for one topic."""
        ticket.outstanding += len(messages)
        self._handed_over.extend((topic, message, ticket) for message in messages)

    def publish_letter(self, letter: Letter, ticket: Ticket) -> None:
        """Hand over one dead letter."""
        ticket.outstanding += 1
        self._handed_over.append((letter.topic, letter, ticket))

    def poll(self, timeout_s: float) -> None:  # noqa: ARG002 -- nothing here is waited for
        """Acknowledge, or fail, everything that was handed over."""
        while self._handed_over:
            topic, record, ticket = self._handed_over.popleft()
            if topic in self._refuses:
                ticket.settle(f"topic {topic} is not there")
                continue
            if isinstance(record, Letter):
                self.letters.append(record)
            else:
                self.messages.setdefault(topic, []).append(record)
            ticket.settle()
