"""What the platform's own parts say: offsets from Kafka, effects and totals from Redis. All raise Unavailable."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, translated
from gridctl.contracts.topics import TopicCatalogue
from gridctl.deadletters.summary import summarise
from gridctl.deadletters.view import StoredLetter
from gridctl.state.reader import StateReader
from gridctl.state.view import circuit_rows
from gridctl.streams.reader import Place, RangedReader


class Meter:
    """Counts what was added since `begin`; a stack may hold what earlier runs left."""

    def __init__(
        self,
        bootstrap: str,
        overrides: Overrides,
        reader: RangedReader,
        catalogue: TopicCatalogue,
        group: str,
        state: StateReader,
        letters: Callable[[Sequence[str]], Iterator[StoredLetter]],
    ) -> None:
        self.measured = [spec.name for spec in catalogue.topic if spec.dlq]
        self.dead = catalogue.dead_letter_topics
        self._bootstrap = bootstrap
        self._state = state
        self._letters = letters
        with translated(bootstrap):
            self._consumer = Consumer(client_config("consumer", bootstrap, overrides, {"group.id": group}))
        self._reader = reader
        self._ends_before: Mapping[Place, int] = {}
        self._effects_before: Mapping[str, int] = {}

    def close(self) -> None:
        """Close the connection; the group never had this as a member."""
        self._consumer.close()

    def begin(self) -> None:
        """Count from here on."""
        self._ends_before = self._ends([*self.measured, *self.dead])
        self._effects_before = self._state.effects()

    def records(self) -> dict[str, int]:
        """Return how many records were added to each topic."""
        added = dict.fromkeys([*self.measured, *self.dead], 0)
        for (topic, partition), end in self._ends(list(added)).items():
            added[topic] += end - self._ends_before.get(Place(topic, partition), 0)
        return added

    def effects(self) -> dict[str, int]:
        """Return how many events the state script applied, found stale, and found to be duplicates."""
        return {name: count - self._effects_before[name] for name, count in self._state.effects().items()}

    def lag(self) -> int:
        """Return how many events the group has not committed."""
        ends = self._ends(self.measured)
        with translated(self._bootstrap):
            places = [TopicPartition(topic, partition) for topic, partition in ends]
            committed = self._consumer.committed(places, ANSWER_TIMEOUT_S)
        # Where nothing was committed the offset is negative.
        return sum(ends[Place(place.topic, place.partition)] - max(place.offset, 0) for place in committed)

    def letters(self) -> Mapping[str, Any]:
        """Return the counts of dead letters by reason, firmware and topic."""
        return summarise(
            found
            for found in self._letters(self.dead)
            if found.offset >= self._ends_before.get(Place(found.topic, found.partition), 0)
        )

    def circuits(self) -> Sequence[Mapping[str, Any]]:
        """Return the circuits' totals."""
        return circuit_rows(self._state.circuits())

    def _ends(self, topics: Sequence[str]) -> dict[Place, int]:
        return {place: span.end for place, span in self._reader.spans(topics).items()}
