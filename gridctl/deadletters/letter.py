"""From a refusal to its dead letter, and the letter to its topic."""

import re
from hashlib import sha256

from gridctl.contracts.deadletter import LENGTHS, DeadLetter
from gridctl.contracts.ids import ID_PATTERN
from gridctl.deadletters.refusal import Oversize, Refusal
from gridctl.streams.codec import FramedEncoder
from gridctl.streams.publisher import Headers, Message, Publisher, Receipt
from gridctl.streams.reader import Record

_IDENTIFIER = re.compile(ID_PATTERN)


def letter_of(
    refusal: Refusal,
    raw: bytes | Oversize,
    source: str,
    *,
    now_ms: int,
    cap_bytes: int,
    topic: str | None = None,
    record: Record | None = None,
) -> DeadLetter:
    """Return the letter of a record that is refused for the first time; `raw` is cut at the cap.

    `topic` is the Kafka topic that it came from, and `record` the record there. Both are None where it came from
    elsewhere, the record alone where the grid state held the event.
    """
    head, length, digest = raw[:3] if isinstance(raw, Oversize) else (raw, len(raw), sha256(raw).hexdigest())
    # A message of the client is false where its value is empty, hence `is not None`.
    key = record.key() if record is not None else None
    return DeadLetter(
        stage=refusal.stage,
        rule=refusal.rule,
        reason=printable(refusal.reason, "reason") or refusal.rule,
        field=printable(refusal.field, "field"),
        device_id=printable(refusal.names.device_id or _text(key), "device_id"),
        firmware=printable(refusal.names.firmware, "firmware"),
        source=printable(source, "source") or "unknown",
        topic=topic,
        partition=record.partition() if record is not None else None,
        offset=record.offset() if record is not None else None,
        rejected_at_ms=now_ms,
        raw=head[:cap_bytes],
        raw_length=length,
        raw_sha256=digest,
    )


def printable(value: object, field: str) -> str | None:
    """Return a text cut to the length of that field of a letter, with what cannot be shown as U+FFFD.

    None for what is not a text, or empty.
    """
    if not isinstance(value, str) or not value:
        return None
    cut = value[: LENGTHS[field]]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in cut)


class DeadLetters:
    """Sends letters to their topics. Each is keyed by its device where that has a proper id."""

    def __init__(self, publisher: Publisher, encoder: FramedEncoder) -> None:
        self._publisher = publisher
        self._encoder = encoder

    def send(self, topic: str, letter: DeadLetter, receipt: Receipt, trace: Headers) -> None:
        """Hand a letter over for its dead letter topic; `trace` are the headers that name the span which refused it."""
        device_id = letter.device_id
        message: Message = {
            "key": device_id if device_id is not None and _IDENTIFIER.match(device_id) else None,
            "value": self._encoder.header + self._encoder.body(letter.__dict__),
        }
        self._publisher.publish_one(topic, message, [*headers_of(letter), *trace], receipt)


def headers_of(letter: DeadLetter) -> Headers:
    """Return the headers of a letter's record: what a person or a router needs without decoding the value."""
    values: dict[str, object] = {
        "content-type": "application/avro",
        "gridstream.stage": letter.stage,
        "gridstream.rule": letter.rule,
        "gridstream.reason": letter.reason,
        "gridstream.attempt": letter.attempt,
        "gridstream.source.topic": letter.topic,
        "gridstream.source.partition": letter.partition,
        "gridstream.source.offset": letter.offset,
    }
    # A reason may quote what came in, and that need not be encodable.
    return [(name, str(value).encode(errors="replace")) for name, value in values.items() if value is not None]


def _text(key: bytes | None) -> str | None:
    try:
        return None if key is None else key.decode()
    except UnicodeDecodeError:
        return None
