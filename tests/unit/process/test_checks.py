"""The generated test may only say "surely right" where Pydantic agrees."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import KINDS
from gridctl.process.checks import compile_test
from gridctl.process.decode import EventReader

WITHOUT = frozenset({"kind"})
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.text(max_size=4),
    st.sampled_from(
        ["a\n", "", "é", "x" * 128, "x" * 129, "HEAT", "HEAT\n", "0" * 32, "0" * 32 + "\n", -60.0, 1e12, 2**53 + 1]
    ),
)


def event_of(kind: str, values: dict[str, dict[str, Any]], time_ms: int) -> dict[str, Any]:
    stamps = {"msg_id": msg_id("d-1", time_ms), "priority_level": "ESSENTIAL", "circuit_id": "c-1"}
    return {"device_id": "d-1", "event_time_ms": time_ms, **values[kind], **stamps}


@pytest.mark.parametrize("kind", ["thermostat", "charger"])
def test_a_sound_flat_event_is_surely_right(kind: str, values: dict[str, dict[str, Any]], time_ms: int) -> None:
    assert compile_test(KINDS[kind].event, without=WITHOUT)(event_of(kind, values, time_ms))


def test_what_the_test_cannot_know_is_asked(values: dict[str, dict[str, Any]], time_ms: int) -> None:
    assert not compile_test(KINDS["scada"].event, without=WITHOUT)(event_of("scada", values, time_ms))


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_surely_right_is_never_wrong(data: st.DataObject, values: dict[str, dict[str, Any]], time_ms: int) -> None:
    kind = data.draw(st.sampled_from(["thermostat", "charger"]))
    event = event_of(kind, values, time_ms)
    # The decoder yields the types of the schema; only the values are odd.
    name = data.draw(st.sampled_from(sorted(event)))
    old = event[name]
    event[name] = data.draw(ODD.filter(lambda value: value is None or type(value) is type(old)))
    if not _sure(kind, event):
        return
    try:
        KINDS[kind].event.__pydantic_validator__.validate_python({"kind": kind, **event}, strict=False)
    except ValidationError as error:
        pytest.fail(f"surely right, but {error}")


def _sure(kind: str, event: dict[str, Any]) -> bool:
    try:
        return compile_test(KINDS[kind].event, without=WITHOUT)(event)
    except TypeError:  # null where the schema has none: the decoder cannot yield it
        return False


def test_every_flat_event_that_the_reader_takes_was_quick(reader: EventReader, frame: Callable[..., bytes]) -> None:
    event = reader.stored.event("charger", frame("charger"))
    assert compile_test(KINDS["charger"].event, without=WITHOUT)(event)
