"""Dead letters: where they go, what they carry, and that nothing in them can harm a terminal."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.avro.codec import compile_decoder
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, printable
from gridctl.contracts.framing import HEADER_BYTES
from gridctl.ingest.encode import Encoders
from gridctl.ingest.ports import Oversize
from gridctl.ingest.reject import DEAD_LETTER_TOPICS, Names, Reject, dead_letter, letter_of, peek

Line = Callable[..., bytes]


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("scada", "scada.measurement.dlq"),
        ("thermostat", "iot.thermostat.dlq"),
        ("charger", "ev.session.dlq"),
        (None, "unrouted.dlq"),
    ],
)
def test_a_letter_goes_to_the_queue_of_its_kind(kind: str | None, topic: str) -> None:
    assert Reject("PARSE", "x", "x", None, Names(kind)).topic == topic
    assert topic in DEAD_LETTER_TOPICS


def test_a_letter_survives_its_encoding(line: Line, encoders: Encoders, schemas: dict[str, str], now_ms: int) -> None:
    raw = line()
    envelope = dead_letter(
        Reject("VALIDATE", "out_of_range", "mode: no", "mode", Names("thermostat", "th-1", "2.4.1")),
        raw,
        "stdin:7",
        now_ms,
        20,
    )
    value = encoders.dead_letter(envelope)
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
        "rejected_at_ms": now_ms,
        "raw": raw[:20],
        "raw_length": len(raw),
        "raw_sha256": sha256(raw).hexdigest(),
    }


def test_of_what_its_source_did_not_hold_length_and_hash_are_the_wholes(now_ms: int) -> None:
    record = Oversize(b"abcdef", 9_000_000, "f" * 64, "x:1")
    envelope = dead_letter(Reject("RECEIVE", "too_large", "long"), record, record.origin, now_ms, 4)
    assert (envelope.raw, envelope.raw_length, envelope.raw_sha256) == (b"abcd", 9_000_000, "f" * 64)


def test_the_key_is_the_device_where_it_has_a_proper_id(now_ms: int) -> None:
    def key(device_id: str | None) -> str | None:
        envelope = dead_letter(Reject("PARSE", "r", "x", None, Names(None, device_id)), b"", "x", now_ms, 1)
        return letter_of(envelope, "unrouted.dlq", b"").key

    assert key("th-1") == "th-1"
    assert key("th 1") is None
    assert key("th-1\N{REPLACEMENT CHARACTER}") is None
    assert key(None) is None


def test_headers_say_what_happened_without_decoding(now_ms: int) -> None:
    envelope = dead_letter(Reject("PARSE", "json_invalid", "not \ud800 JSON"), b"x", "mqtt:a/b", now_ms, 10)
    headers = dict(letter_of(envelope, "unrouted.dlq", b"").headers)
    assert headers["content-type"] == b"application/avro"
    assert headers["gridstream.stage"] == b"PARSE"
    assert headers["gridstream.rule"] == b"json_invalid"
    assert headers["gridstream.reason"] == "not \N{REPLACEMENT CHARACTER} JSON".encode()
    assert "gridstream.source.topic" not in headers


def test_names_are_read_from_members_and_not_from_strings(line: Line) -> None:
    assert peek(line()) == ("thermostat", "th-1", "2.4.1")
    assert peek(line(firmware='"kind":"scada"')).kind == "thermostat"
    assert peek(line()[:-5]) == ("thermostat", "th-1", "2.4.1")
    assert peek(b'{"device_id": {"kind": "scada"}}') == (None, None, None)
    assert peek(b'["kind"]') == (None, None, None)


def test_names_are_looked_for_near_the_beginning_only(line: Line) -> None:
    assert peek(b"x" * 20_000 + line()) == (None, None, None)


@given(st.binary(max_size=200) | st.text(alphabet='{}":,kind device_idfrmwa1\\', max_size=200).map(str.encode))
def test_peeking_never_fails(raw: bytes) -> None:
    for name in peek(raw):
        assert name is None or name.isprintable()


@given(st.text(), st.integers(1, 50))
def test_what_is_shown_is_printable_and_bounded(text: str, cap: int) -> None:
    shown = printable(text, cap)
    assert (
        shown is None if not text else shown is not None and shown.isprintable() and len(shown) == min(cap, len(text))
    )
