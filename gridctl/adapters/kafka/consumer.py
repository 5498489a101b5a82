"""The measurement topics as one member of a consumer group.

Nothing is committed but by `commit`, and a batch is committed before the next one is asked for. Rebalances happen
inside `batch`, so no event is ever in flight when partitions are given up, and there is nothing to commit then: the
client drops the offsets of what it lost, so that a partition of another member is never set back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, error_of, failure_of, translated, unavailable
from gridctl.adapters.kafka.metadata import partitions_of
from gridctl.errors import UsageProblem

WAIT_S = 0.1  # how long a batch that is not full waits for more: it adds to the latency when little comes in
DRAIN_CHECK_S = 0.3
# While the group waits for a member that does not come, up to its session's end, it answers no other question.
DRAIN_ANSWER_S = 1.0
DRAIN_UNANSWERED_S = 60.0
SETTLE_S = 0.05

# What a member hears that has lost its partitions: they are another's now, who will process the same events again.
LOST = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError._NO_OFFSET,  # noqa: SLF001 -- its public name starts so
}
FENCED = {KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED}  # noqa: SLF001 -- as above
# After these there is nothing left to commit.
GONE = {KafkaError._MAX_POLL_EXCEEDED, *LOST}  # noqa: SLF001 -- as above
# While reading: the client connects again by itself, or the group is being arranged.
PASSING = {
    KafkaError._TRANSPORT,  # noqa: SLF001 -- as above
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    *GONE,
}


class KafkaEvents:
    """Implements EventSource. `instance_id` makes membership static: a restart takes its partitions back at once."""

    def __init__(
        self,
        bootstrap: str,
        overrides: Overrides,
        *,
        group: str,
        topics: Sequence[str],
        instance_id: str | None = None,
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._instance_id = instance_id
        self._next_drain_check = 0.0
        self._drain_unanswered_since: float | None = None
        self._has_joined = False
        own: dict[str, object] = {
            # Names the process, for the one who looks at the group's members.
            "client.id": f"gridctl-{os.getpid()}-{int(time.time())}",
            "group.id": group,
        }
        if instance_id is not None:
            own["group.instance.id"] = instance_id
        with translated(bootstrap):
            self._consumer = Consumer(client_config("consumer", bootstrap, overrides, own))
            self._partitions = partitions_of(self._consumer, bootstrap, topics)
            # A member that has joined may hold no partition: others have them all.
            self._consumer.subscribe(list(topics), on_assign=self._joined, on_lost=self._dropped)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the group (a static member keeps its place); commits nothing.

        The client waits for ever (librdkafka 2.16) where it is closed while an assignment is pending. So it
        unsubscribes first and takes the assignment; what it fetched meanwhile is dropped, and was never committed.
        """
        with suppress(KafkaException):
            self._consumer.unsubscribe()
            for _ in range(2):
                self._consumer.poll(SETTLE_S)
        self._consumer.close()

    def batch(self, limit: int) -> Sequence[Message[bytes, bytes]]:
        """Return the next records, at most `limit`; empty when none came for a moment; raise Unavailable."""
        with translated(self._bootstrap):
            messages = self._consumer.consume(limit, WAIT_S)
        sound = [message for message in messages if message.error() is None]
        if len(sound) != len(messages):
            for message in messages:
                self._judge(message.error())
        return sound

    def commit(self) -> None:
        """Record that everything that `batch` returned has had its effect; raise Unavailable.

        Where the partitions were lost meanwhile nothing is recorded: their new owner sees the same events again, as
        duplicates.
        """
        with translated(self._bootstrap):
            try:
                results = self._consumer.commit(asynchronous=False)
            except KafkaException as failure:
                error = error_of(failure)
                if error is None:
                    raise
                self._judge(error, GONE)
                return
        for partition in results:
            self._judge(partition.error, GONE)

    def require_joined(self) -> None:
        """Raise Unavailable unless the group has given this member its partitions; for any thread."""
        if not self._has_joined:
            raise unavailable(self._bootstrap, f"group {self._group} has not given this member its partitions")

    def is_drained(self) -> bool:
        """Say whether the group has committed every partition up to its present end; asked at most every 0.3 s.

        No answer is a no; raise Unavailable when there has been none for a minute, or an error.
        """
        if time.monotonic() < self._next_drain_check:
            return False
        with translated(self._bootstrap):
            committed = self._committed()
            self._next_drain_check = time.monotonic() + DRAIN_CHECK_S
            for place in committed:
                if place.error is not None:
                    raise unavailable(self._bootstrap, f"committed offset of {place.topic}: {place.error.str()}")
            return bool(committed) and all(self._is_read(place) for place in committed)

    def _committed(self) -> Sequence[TopicPartition]:
        """Return what the group has committed of each partition, or nothing when it does not answer now."""
        try:
            committed = self._consumer.committed(self._partitions, DRAIN_ANSWER_S)
        except KafkaException as failure:
            error = error_of(failure)
            since = self._drain_unanswered_since = self._drain_unanswered_since or time.monotonic()
            # The client's public name of the code starts so.
            is_late = error is not None and error.code() == KafkaError._TIMED_OUT  # noqa: SLF001
            if not is_late or time.monotonic() - since > DRAIN_UNANSWERED_S:
                raise
            return []
        self._drain_unanswered_since = None
        return committed

    def _is_read(self, place: TopicPartition) -> bool:
        first, end = self._consumer.get_watermark_offsets(place, ANSWER_TIMEOUT_S)
        return first == end or place.offset >= end

    def _joined(self, *_: object) -> None:
        self._has_joined = True

    def _dropped(self, *_: object) -> None:
        self._has_joined = False

    def _judge(self, error: KafkaError | None, harmless: AbstractSet[int] = PASSING) -> None:
        """Raise for an error unless it is harmless here."""
        if error is None or error.code() in harmless:
            return
        if error.code() in FENCED:
            raise UsageProblem(
                f"another processor of group {self._group} has taken instance id {self._instance_id}",
                next_step="give each processor its own --instance-id",
            )
        raise failure_of(self._bootstrap, error)
