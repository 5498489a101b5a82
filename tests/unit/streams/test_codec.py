"""Framed values: four causes of a failure, each under rules of its own, and a registry asked no more than needed."""

import json
from unittest.mock import Mock

import pytest

from gridctl.avro.codec import DECODE_RULES, compile_decoder
from gridctl.contracts.framing import frame_header
from gridctl.errors import Unavailable, UsageProblem
from gridctl.streams.codec import FramedDecoder, Unreadable, framed_encoder
from tests.support.memory_registry import MemoryRegistry

SUBJECT = "t.reading-value"
ONE = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
B = {"name": "b", "type": "int", "default": 7}
WIDER = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, B]})
BROKEN = '{"type": "record", "name": "R"}'


class Counted(MemoryRegistry):
    """Counts how often a schema was asked for; holds the texts in `given` under ids of their own."""

    def __init__(self, given: dict[int, str] | None = None) -> None:
        super().__init__()
        self.given = given or {}
        self.asked = 0

    def schema_by_id(self, schema_id: int) -> str | None:
        self.asked += 1
        return self.given.get(schema_id) or super().schema_by_id(schema_id)


def rule_of(decoder: FramedDecoder, value: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        decoder.decode(value)
    return caught.value.rule


def test_a_value_comes_back_as_it_was_written_or_as_the_reader_s_schema_says() -> None:
    registry = Counted()
    registry.register(SUBJECT, ONE)
    encoder = framed_encoder(SUBJECT, ONE, registry)
    value = encoder.header + encoder.body({"a": 5})
    as_written, as_ours = FramedDecoder(registry), FramedDecoder(registry, WIDER)
    assert [as_written.decode(value), as_ours.decode(value), as_ours.decode(value)] == [
        {"a": 5},
        {"a": 5, "b": 7},
        {"a": 5, "b": 7},
    ]
    assert registry.asked == 2, "once for each decoder"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (b"", "frame_too_short"),
        (b"\x01\x00\x00\x00\x01\x02", "frame_bad_magic"),
        (b"\x00\xff\xff\xff\xff\x02", "frame_bad_schema_id"),
        (frame_header(99) + b"\x02", "schema_id_unknown"),
        (frame_header(2) + b"\x02", "schema_unusable"),
        (frame_header(1), "truncated"),
        (frame_header(1) + b"\x02\x02", "trailing_bytes"),
    ],
)
def test_each_cause_has_a_rule_of_its_own(value: bytes, rule: str) -> None:
    decoder = FramedDecoder(Counted({1: ONE, 2: BROKEN}))
    assert rule_of(decoder, value) == rule
    assert (rule in DECODE_RULES) == (rule in {"truncated", "trailing_bytes"})


def test_an_id_that_the_registry_does_not_know_is_asked_once_until_it_is_forgotten() -> None:
    registry = Counted()
    decoder, value = FramedDecoder(registry), frame_header(1) + b"\x02"
    assert [rule_of(decoder, value) for _ in range(3)] == ["schema_id_unknown"] * 3
    registry.register(SUBJECT, ONE)
    assert (rule_of(decoder, value), registry.asked) == ("schema_id_unknown", 1)
    decoder.forget_unknown()
    assert decoder.decode(value) == {"a": 1}


def test_a_writer_s_schema_that_cannot_be_used_is_looked_up_and_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = Mock(side_effect=compile_decoder)
    monkeypatch.setattr("gridctl.streams.codec.compile_decoder", compiled)
    registry = Counted({1: BROKEN, 2: ONE, 3: BROKEN})
    decoder, value = FramedDecoder(registry), frame_header(1) + b"\x02"
    for _ in range(3):
        with pytest.raises(Unreadable, match=r"^schema 1: ") as caught:
            decoder.decode(value)
        assert caught.value.rule == "schema_unusable"
        decoder.forget_unknown()
    assert (registry.asked, compiled.call_count) == (1, 1)
    assert decoder.decode(frame_header(2) + b"\x02") == {"a": 1}
    with pytest.raises(Unreadable, match=r"^schema 3: "):
        decoder.decode(frame_header(3) + b"\x02")


def test_a_broken_schema_of_ours_is_no_fault_of_the_records() -> None:
    with pytest.raises(UsageProblem, match="Avro schema"):
        FramedDecoder(Counted({1: ONE}), BROKEN)


def test_a_schema_that_is_not_registered_is_never_written_with() -> None:
    with pytest.raises(Unavailable, match=f"{SUBJECT} in this directory is not registered"):
        framed_encoder(SUBJECT, ONE, Counted())
