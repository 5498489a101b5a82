"""From a record to its effect, or to a reason: nothing that arrives ends as another exception."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridctl.avro.codec import compile_encoder
from gridctl.contracts.framing import frame_header
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.deadletters.refusal import Refusal
from gridctl.errors import Unavailable
from gridctl.process.decode import EventReader
from gridctl.state.record import unpack
from tests.support.memory_events import MemoryRecord
from tests.support.memory_registry import MemoryRegistry
from tests.unit.process.conftest import reader_of

KINDS = list(TOPIC_OF_KIND)


def as_record(
    value: bytes | None, kind: str = "thermostat", key: bytes | None = b"d-1", at_ms: int = 0
) -> MemoryRecord:
    return MemoryRecord(TOPIC_OF_KIND[kind], key, value, at_ms or 1_768_435_201_000)


def rejected(reader: EventReader, record: MemoryRecord, now_ms: int = 0) -> Refusal:
    with pytest.raises(Refusal) as caught:
        reader.read(record, now_ms)
    return caught.value


@pytest.mark.parametrize(("kind", "power_mw"), [("thermostat", 1_500_000), ("charger", -7_200_500), ("scada", 0)])
def test_a_sound_event_becomes_its_effect(
    kind: str, power_mw: int, reader: EventReader, frame: Callable[..., bytes], time_ms: int
) -> None:
    value = frame(kind)
    effect, event_time_ms, _ = reader.read(as_record(value, kind), 0)
    register = unpack(effect.record)
    assert (effect.device_id, event_time_ms) == (b"d-1", time_ms)
    assert register == (time_ms, power_mw, True, kind, "c-1", value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation_is_rejected(kind: str, reader: EventReader, frame: Callable[..., bytes]) -> None:
    value = frame(kind)
    for length in range(len(value)):
        found = rejected(reader, as_record(value[:length], kind))
        assert found.stage == "DECODE"
        assert found.rule == ("frame_too_short" if length < 5 else found.rule)


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_give_an_effect_or_a_reason(
    data: st.DataObject, reader: EventReader, frame: Callable[..., bytes]
) -> None:
    sound = frame(data.draw(st.sampled_from(KINDS)))
    at = data.draw(st.integers(0, len(sound)))
    value = sound[:at] + data.draw(st.binary(max_size=12)) + sound[data.draw(st.integers(at, len(sound))) :]
    with suppress(Refusal):
        effect, *_ = reader.read(as_record(value, data.draw(st.sampled_from(KINDS))), 0)
        assert unpack(effect.record).frame == value


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (None, "empty_value"),
        (b"", "frame_too_short"),
        (b"\x00\x00\x00\x00", "frame_too_short"),
        (b"\x01\x00\x00\x00\x01abc", "frame_bad_magic"),
        (b"\x00\x80\x00\x00\x00abc", "frame_bad_schema_id"),
        (b"\x00\xff\xff\xff\xffabc", "frame_bad_schema_id"),
        (b"\x00\x00\x0f\xff\xffabc", "schema_id_unknown"),
    ],
)
def test_what_is_no_frame_of_ours_is_named(value: bytes | None, rule: str, reader: EventReader) -> None:
    assert rejected(reader, as_record(value)).rule == rule


def test_an_unknown_id_is_asked_again_in_the_next_batch(schemas: dict[str, str], frame: Callable[..., bytes]) -> None:
    late = MemoryRegistry()
    reader = reader_of(late, schemas)
    value = frame_header(1) + frame("thermostat")[5:]
    assert rejected(reader, as_record(value)).rule == "schema_id_unknown"
    late.register("iot.thermostat-value", schemas["iot.thermostat-value"])
    assert rejected(reader, as_record(value)).rule == "schema_id_unknown"
    reader.forget_unknown()
    assert reader.read(as_record(value), 0)


class Silent(MemoryRegistry):
    """A registry that does not answer."""

    def schema_by_id(self, schema_id: int) -> str | None:  # noqa: ARG002 -- it answers no id
        raise Unavailable("the registry does not answer", next_step="wait")


def test_a_registry_that_does_not_answer_rejects_nothing(schemas: dict[str, str], frame: Callable[..., bytes]) -> None:
    with pytest.raises(Unavailable):
        reader_of(Silent(), schemas).read(as_record(frame()), 0)


def written_with(change: Callable[[dict[str, Any]], None], schemas: dict[str, str]) -> tuple[EventReader, bytes]:
    """Return a reader whose registry holds a changed thermostat schema, and the header of that schema."""
    document = json.loads(schemas["iot.thermostat-value"])
    change(document)
    other = MemoryRegistry()
    other.set_level("other-value", "NONE")
    found = other.register("other-value", json.dumps(document))
    return reader_of(other, schemas), frame_header(found.schema_id)


def without(name: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["fields"] = [field for field in document["fields"] if field["name"] != name]

    return change


def test_an_older_writer_s_missing_field_takes_its_default(
    schemas: dict[str, str], reader: EventReader, frame: Callable[..., bytes]
) -> None:
    old, header = written_with(without("humidity_pct"), schemas)
    document = json.loads(schemas["iot.thermostat-value"])
    without("humidity_pct")(document)
    event = reader.stored.event("thermostat", frame(humidity_pct=None))
    value = header + compile_encoder(json.dumps(document))(event)
    assert old.stored.event("thermostat", value) == event
    effect, *_ = old.read(as_record(value), 0)
    assert unpack(effect.record).frame == value


def test_a_schema_that_ours_cannot_read_is_named(schemas: dict[str, str], frame: Callable[..., bytes]) -> None:
    foreign, header = written_with(without("power_w"), schemas)
    assert rejected(foreign, as_record(header + frame()[5:])).rule in {"schema_unusable", "resolution"}


@pytest.mark.parametrize(
    ("changed", "rule", "field"),
    [
        ({"temperature_c": float("nan")}, "contract_broken", "temperature_c"),
        ({"power_w": float("inf")}, "contract_broken", "power_w"),
        ({"power_w": 1.1e12}, "contract_broken", "power_w"),
        ({"humidity_pct": 100.5}, "contract_broken", "humidity_pct"),
        ({"firmware": "1.0\n"}, "contract_broken", "firmware"),
        ({"circuit_id": ""}, "contract_broken", "circuit_id"),
        ({"device_id": "no\x07bell"}, "contract_broken", "device_id"),
        ({"msg_id": "0" * 32}, "msg_id_mismatch", "msg_id"),
        ({"msg_id": "0" * 31 + "\n"}, "contract_broken", "msg_id"),
    ],
)
def test_a_broken_contract_names_the_field(
    changed: dict[str, Any], rule: str, field: str, reader: EventReader, frame: Callable[..., bytes]
) -> None:
    arguments = {"device_id": "d-1", **changed}
    found = rejected(reader, as_record(frame("thermostat", **arguments)))
    assert (found.rule, found.field, found.stage) == (rule, field, "VALIDATE")
    assert found.names.device_id is not None


def test_a_value_and_its_quality_must_agree(reader: EventReader, frame: Callable[..., bytes]) -> None:
    points = [{"name": "voltage", "value": None, "unit": "V", "quality": "GOOD"}]
    assert rejected(reader, as_record(frame("scada", points=points), "scada")).rule == "contract_broken"


@pytest.mark.parametrize("key", [None, b"d-2", b""])
def test_a_key_that_is_not_the_device_is_rejected(
    key: bytes | None, reader: EventReader, frame: Callable[..., bytes]
) -> None:
    assert rejected(reader, as_record(frame(), key=key)).rule == "key_mismatch"


@pytest.mark.parametrize(("early_ms", "rule"), [(60_000, None), (60_001, "event_time_in_future")])
def test_the_broker_s_time_bounds_the_event_s(
    early_ms: int, rule: str | None, reader: EventReader, frame: Callable[..., bytes], time_ms: int
) -> None:
    record = as_record(frame(), at_ms=time_ms - early_ms)
    if rule is None:
        assert reader.read(record, 0)
    else:
        assert rejected(reader, record).rule == rule


def test_seconds_sent_as_milliseconds_are_too_old(reader: EventReader, frame: Callable[..., bytes]) -> None:
    assert rejected(reader, as_record(frame(event_time_ms=1_768_435_200))).rule == "event_time_too_old"


@pytest.mark.parametrize(
    ("qualities", "good"),
    [(["GOOD", "MISSING"], True), (["SUSPECT", "SUBSTITUTED"], False), (["MISSING"], False), ([], False)],
)
def test_one_good_point_makes_a_poll_good(
    qualities: list[str], good: bool, reader: EventReader, frame: Callable[..., bytes]
) -> None:
    points = [
        {"name": f"p{index}", "value": None if quality == "MISSING" else 1.0, "unit": "V", "quality": quality}
        for index, quality in enumerate(qualities)
    ]
    effect, *_ = reader.read(as_record(frame("scada", points=points), "scada"), 0)
    assert unpack(effect.record).good is good


def test_a_frame_in_the_state_that_cannot_be_read_any_more_is_no_event(reader: EventReader) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        reader.stored.event("thermostat", b"\x00\x00\x0f\xff\xffabc")
