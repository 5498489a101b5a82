"""Whose record it is that was refused, as far as that can be read."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from gridctl.ingest.validate import peek

Line = Callable[..., bytes]


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
