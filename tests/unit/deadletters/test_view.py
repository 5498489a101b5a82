"""Dead letters as rows and as counts."""

from base64 import b64decode
from hashlib import sha256
from typing import Any

from gridctl.deadletters.view import StoredLetter, letter_row, newest_letter
from gridctl.streams.codec import FramedDecoder, framed_encoder
from gridctl.streams.reader import Place
from tests.support.memory_registry import MemoryRegistry
from tests.support.memory_topics import MemoryTopics

SCHEMA = '{"type": "record", "name": "R", "fields": [{"name": "rule", "type": "string"}]}'


def found(rule: str = "bad_utf8", topic: str = "iot.thermostat.dlq", **more: Any) -> StoredLetter:
    letter = {
        "stage": "DECODE",
        "rule": rule,
        "reason": "because",
        "field": None,
        "device_id": "d-1",
        "firmware": None,
        "source": "kafka:iot.thermostat",
        "topic": "iot.thermostat",
        "partition": 3,
        "offset": 41,
        "rejected_at_ms": 1,
        "raw": b"\x00\xff",
        "raw_length": 2,
        "raw_sha256": "0" * 64,
    }
    return StoredLetter(topic, 0, 7, {**letter, **more}, "", b"", 1)


def test_a_row_says_where_the_letter_lies_and_where_it_came_from() -> None:
    row = letter_row(found())
    assert (row["topic"], row["partition"], row["offset"]) == ("iot.thermostat.dlq", 0, 7)
    assert (row["source_topic"], row["source_partition"], row["source_offset"]) == ("iot.thermostat", 3, 41)
    assert b64decode(row["raw_base64"]) == b"\x00\xff"
    names = "reason stage rule field topic partition offset device_id firmware raw_base64 raw_length raw_sha256"
    assert set(names.split()) <= set(row)


def test_what_is_no_dead_letter_is_shown_with_its_own_bytes() -> None:
    row = letter_row(StoredLetter("iot.thermostat.dlq", 0, 1, None, "p" * 600, b"junk", 1))
    assert (row["rule"], len(row["reason"])) == ("unreadable_dead_letter", 512)
    assert (b64decode(row["raw_base64"]), row["raw_length"]) == (b"junk", 4)
    assert row["raw_sha256"] == sha256(b"junk").hexdigest()


def test_the_newest_letter_of_a_device_is_looked_for_among_the_newest_ones() -> None:
    registry = MemoryRegistry()
    registry.register("s", SCHEMA)
    encoder, decoder = framed_encoder("s", SCHEMA, registry), FramedDecoder(registry)
    topics = MemoryTopics({"a.dlq": 1, "b.dlq": 2})
    for number, (place, key) in enumerate(
        [
            (Place("a.dlq", 0), b"d-1"),
            (Place("b.dlq", 1), b"d-1"),
            (Place("b.dlq", 1), b"d-2"),
            (Place("a.dlq", 0), None),
        ]
    ):
        topics.append(place, key, encoder.header + encoder.body({"rule": f"r{number}"}), 1000 + number)

    def newest(device_id: str, look_at: int = 10) -> tuple[str, int] | None:
        stored = newest_letter(device_id, topics, decoder, ["a.dlq", "b.dlq"], look_at)
        return None if stored is None or stored.letter is None else (stored.letter["rule"], stored.time_ms)

    assert newest("d-1") == ("r1", 1001)
    assert newest("d-2") == ("r2", 1002)
    assert newest("d-1", look_at=1) is None
    assert newest("nobody") is None
