"""Dead letters that are on their topic before anything is committed."""

from collections.abc import Sequence

from gridctl.contracts.deadletter import DeadLetter
from gridctl.deadletters.letter import DeadLetters
from gridctl.runtime.deadline import settle
from gridctl.streams.publisher import Publisher, Receipt


class AcknowledgedLetters:
    """Implements DeadLetterSink over a publisher."""

    def __init__(self, letters: DeadLetters, publisher: Publisher) -> None:
        self._letters = letters
        self._publisher = publisher

    def write(self, letters: Sequence[tuple[str, DeadLetter]]) -> None:
        """Write letters, each to its topic; return when all are acknowledged; raise Unavailable."""
        receipt = Receipt()
        for topic, letter in letters:
            self._letters.send(topic, letter, receipt)
        settle(self._publisher, receipt, "a dead letter could not be written", "run `gridctl doctor`, then start again")
