"""Dead letters as they lie in their topics, and as people and scripts see them."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from gridctl.contracts.deadletter import LENGTHS
from gridctl.streams.codec import FramedDecoder, Unreadable
from gridctl.streams.reader import RangedReader, Record, Span

UNREADABLE = "unreadable_dead_letter"
NOT_KNOWN = "UNKNOWN"


class StoredLetter(NamedTuple):
    """One record of a dead letter topic, and when it was appended.

    Where it cannot be read, `letter` is None and `problem` says why.
    """

    topic: str
    partition: int
    offset: int
    letter: Mapping[str, Any] | None
    problem: str
    value: bytes
    time_ms: int


class LettersReader(Protocol):
    """Reads dead letter topics."""

    def __call__(self, topics: Sequence[str], since_ms: int | None = None) -> Iterator[StoredLetter]:
        """Yield the letters of topics, all or those appended since a time; raise Unavailable."""
        ...


def stored_letters(
    reader: RangedReader, decoder: FramedDecoder, topics: Sequence[str], since_ms: int | None = None
) -> Iterator[StoredLetter]:
    """Yield the records of dead letter topics, all or those appended since a time.

    Raise Unavailable, also where a topic is not there.
    """
    for record in reader.read(reader.spans(topics, since_ms=since_ms)):
        yield stored(record, decoder)


def newest_letter(
    device_id: str, reader: RangedReader, decoder: FramedDecoder, topics: Sequence[str], look_at: int
) -> StoredLetter | None:
    """Return the newest dead letter of a device among the newest `look_at` offsets of each partition, or None.

    Letters are keyed by their device. Raise Unavailable.
    """
    spans = {place: Span(max(first, end - look_at), end) for place, (first, end) in reader.spans(topics).items()}
    key = device_id.encode()
    # A message of the client is false where its value is empty: only None is none.
    own = (record for record in reader.read(spans) if record.key() == key)
    found = max(own, key=lambda record: (record.timestamp()[1], record.offset() or 0), default=None)
    return None if found is None else stored(found, decoder)


def stored(record: Record, decoder: FramedDecoder) -> StoredLetter:
    """Return a record of a dead letter topic; raise Unavailable when the registry cannot be asked."""
    letter, problem, value = None, "", record.value() or b""
    try:
        letter = decoder.decode(value)
    except Unreadable as error:
        problem = error.reason
    place = record.topic() or "", record.partition() or 0, record.offset() or 0
    return StoredLetter(*place, letter, problem, value, record.timestamp()[1])


def letter_row(found: StoredLetter) -> dict[str, Any]:
    """Return a dead letter's row. `topic`, `partition`, `offset` say where it lies; `source_…` where it came from.

    A record that is not a dead letter is shown too, under a rule of its own, with its own bytes as the raw ones.
    """
    letter = found.letter or {
        "reason": found.problem[: LENGTHS["reason"]],
        "stage": NOT_KNOWN,
        "rule": UNREADABLE,
        "raw": found.value,
        "raw_length": len(found.value),
        "raw_sha256": sha256(found.value).hexdigest(),
    }
    return {
        "reason": letter["reason"],
        "stage": letter["stage"],
        "rule": letter["rule"],
        "field": letter.get("field"),
        "topic": found.topic,
        "partition": found.partition,
        "offset": found.offset,
        "device_id": letter.get("device_id"),
        "firmware": letter.get("firmware"),
        "source": letter.get("source"),
        "source_topic": letter.get("topic"),
        "source_partition": letter.get("partition"),
        "source_offset": letter.get("offset"),
        "rejected_at_ms": letter.get("rejected_at_ms"),
        "attempt": letter.get("attempt"),
        "raw_base64": b64encode(letter["raw"]).decode(),
        "raw_length": letter["raw_length"],
        "raw_sha256": letter["raw_sha256"],
    }
