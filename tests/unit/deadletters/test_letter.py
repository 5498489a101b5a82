"""Dead letters: what they carry, under which key they go out, and that nothing in them can harm a terminal."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gridctl.adapters.schema_files import read_tree
from gridctl.avro.codec import compile_decoder, compile_encoder
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, LENGTHS, DeadLetter
from gridctl.contracts.framing import HEADER_BYTES
from gridctl.deadletters.letter import DeadLetters, letter_of, printable
from gridctl.deadletters.refusal import Names, Oversize, Refusal
from gridctl.deadletters.view import StoredLetter, letter_row
from gridctl.streams.codec import FramedDecoder, framed_encoder
from gridctl.streams.publisher import Receipt
from tests.support.memory_events import MemoryRecord
from tests.support.memory_registry import MemoryRegistry
from tests.support.memory_topics import MemoryTopics
from tests.support.paths import SCHEMAS

NOW_MS = 1_768_435_200_000


@pytest.fixture
def publisher() -> MemoryTopics:
    return MemoryTopics({"unrouted.dlq": 1})


@pytest.fixture
def letters(publisher: MemoryTopics, schemas: dict[str, str], registry: MemoryRegistry) -> DeadLetters:
    return DeadLetters(publisher, framed_encoder(DEAD_LETTER_SUBJECT, schemas[DEAD_LETTER_SUBJECT], registry))


def sent(letters: DeadLetters, publisher: MemoryTopics, letter: DeadLetter) -> MemoryRecord:
    receipt = Receipt()
    letters.send("unrouted.dlq", letter, receipt, trace=[])
    publisher.poll(0.0)
    assert (receipt.outstanding, receipt.undelivered) == (0, [])
    return publisher.held("unrouted.dlq")[-1]


def test_a_letter_survives_its_encoding(letters: DeadLetters, publisher: MemoryTopics, schemas: dict[str, str]) -> None:
    raw = b"0123456789" * 5
    refusal = Refusal("VALIDATE", "out_of_range", "mode: no", "mode", Names("thermostat", "th-1", "2.4.1"))
    value = sent(letters, publisher, letter_of(refusal, raw, "stdin:7", now_ms=NOW_MS, cap_bytes=20)).value() or b""
    decoded = compile_decoder(schemas[DEAD_LETTER_SUBJECT], schemas[DEAD_LETTER_SUBJECT])(value, HEADER_BYTES)
    assert decoded == {
        "stage": "VALIDATE",
        "rule": "out_of_range",
        "reason": "mode: no",
        "field": "mode",
        "device_id": "th-1",
        "firmware": "2.4.1",
        "source": "stdin:7",
        "topic": None,
        "partition": None,
        "offset": None,
        "rejected_at_ms": NOW_MS,
        "raw": raw[:20],
        "raw_length": len(raw),
        "raw_sha256": sha256(raw).hexdigest(),
        "attempt": 1,
    }


def test_a_letter_written_before_attempts_were_counted_is_of_the_first_one() -> None:
    files = read_tree(SCHEMAS).subjects[DEAD_LETTER_SUBJECT]
    first, ours = files[0].text, files[-1].text
    registry = MemoryRegistry()
    registry.register(DEAD_LETTER_SUBJECT, first)
    letter = letter_of(Refusal("PARSE", "r", "x"), b"", "x", now_ms=NOW_MS, cap_bytes=1)
    old = {name: value for name, value in letter.model_dump().items() if name in first}
    assert "attempt" not in old
    value = framed_encoder(DEAD_LETTER_SUBJECT, first, registry).header + compile_encoder(first)(old)
    found = FramedDecoder(registry, ours).decode(value)
    assert letter_row(StoredLetter("t.dlq", 0, 0, found, "", value, 1))["attempt"] == 1
    assert json.loads(ours)["fields"][-1]["name"] == "attempt"


def test_of_what_its_source_did_not_hold_length_and_hash_are_the_wholes() -> None:
    record = Oversize(b"abcdef", 9_000_000, "f" * 64, "x:1")
    letter = letter_of(Refusal("RECEIVE", "too_large", "long"), record, record.origin, now_ms=NOW_MS, cap_bytes=4)
    assert (letter.raw, letter.raw_length, letter.raw_sha256) == (b"abcd", 9_000_000, "f" * 64)


def test_a_record_of_a_topic_is_named_by_its_place_and_its_key() -> None:
    record = MemoryRecord("ev.session", b"ev-1", b"x", NOW_MS, 41, 3)
    refusal = Refusal("DECODE", "bad_utf8", "no")
    letter = letter_of(refusal, b"x", "kafka:ev.session", now_ms=1, cap_bytes=1, topic="ev.session", record=record)
    assert (letter.topic, letter.partition, letter.offset, letter.device_id) == ("ev.session", 3, 41, "ev-1")


@pytest.mark.parametrize(
    ("device_id", "key"), [("th-1", b"th-1"), ("th 1", None), ("th-1\N{REPLACEMENT CHARACTER}", None), (None, None)]
)
def test_the_key_is_the_device_where_it_has_a_proper_id(
    device_id: str | None, key: bytes | None, letters: DeadLetters, publisher: MemoryTopics
) -> None:
    refusal = Refusal("PARSE", "r", "x", None, Names(None, device_id))
    assert sent(letters, publisher, letter_of(refusal, b"", "x", now_ms=NOW_MS, cap_bytes=1)).key() == key


def test_headers_say_what_happened_without_decoding(letters: DeadLetters, publisher: MemoryTopics) -> None:
    refusal = Refusal("PARSE", "json_invalid", "not \ud800 JSON")
    letter = letter_of(refusal, b"x", "mqtt:a/b", now_ms=NOW_MS, cap_bytes=10)
    headers = dict(sent(letters, publisher, letter).headers())
    assert headers["content-type"] == b"application/avro"
    assert headers["gridstream.stage"] == b"PARSE"
    assert headers["gridstream.rule"] == b"json_invalid"
    assert headers["gridstream.reason"] == "not \N{REPLACEMENT CHARACTER} JSON".encode()
    assert headers["gridstream.attempt"] == b"1"
    assert "gridstream.source.topic" not in headers


@pytest.mark.parametrize("field", ["reason", "field", "device_id", "firmware", "source"])
def test_the_length_of_a_text_is_the_models_own(field: str) -> None:
    letter = letter_of(Refusal("PARSE", "r", "x"), b"", "x", now_ms=NOW_MS, cap_bytes=1).model_dump()
    longest = printable("a" * 10_000, field)
    assert DeadLetter.model_validate(letter | {field: longest})
    with pytest.raises(ValidationError):
        DeadLetter.model_validate(letter | {field: f"{longest}a"})


@given(st.text(), st.sampled_from(sorted(LENGTHS)))
def test_what_is_shown_is_printable_and_bounded(text: str, field: str) -> None:
    shown = printable(text, field)
    assert (
        shown is None
        if not text
        else shown is not None and shown.isprintable() and len(shown) == min(LENGTHS[field], len(text))
    )
