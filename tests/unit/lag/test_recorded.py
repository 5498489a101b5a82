"""What `lag record` writes, read again."""

import json

import pytest

from gridctl.errors import UsageProblem
from gridctl.lag.document import document
from gridctl.lag.model import LagClass
from gridctl.lag.recorded import Point, parse_recorded
from gridctl.lag.source import GroupReading, Look, measurement_of
from gridctl.streams.reader import Place
from tests.unit.lag.readings import reading

AWAY = reading(None, problem="it has no leader", place=Place("iot.thermostat", 1))
STATE = "EMPTY"


def line(at_ms: int, *groups: GroupReading) -> bytes:
    return json.dumps({"measured_ms": at_ms, **document(measurement_of(Look(groups=groups)))}).encode()


def test_a_gap_is_no_lag() -> None:
    known = GroupReading(group="g", state=STATE, readings=[reading(100)])
    partly = GroupReading(group="g", state=STATE, readings=[reading(70), AWAY])
    not_at_all = GroupReading(group="g", state=STATE, readings=[AWAY])
    lines = [line(1, known), line(2, partly), b"\n", line(3, not_at_all), line(4)]
    assert parse_recorded(lines, "f") == {
        "g": [
            Point(1, 0, 0, 0.0, LagClass.COMMITTED),
            Point(2, None, 30, None, LagClass.UNKNOWN),
            Point(3, None, None, None, LagClass.UNKNOWN),
            Point(4, None, None, None, LagClass.UNKNOWN),
        ]
    }


def test_groups_are_chosen_by_name() -> None:
    one, two = (GroupReading(group=name, state=STATE, readings=[reading(10, 40)]) for name in ("one", "two"))
    assert list(parse_recorded([line(1, one, two)], "f")) == ["one", "two"]
    found = parse_recorded([line(1, one, two)], "f", ["two"])
    assert {name: point.worst for name, [point] in found.items()} == {"two": LagClass.RETENTION_LOST}
    with pytest.raises(UsageProblem, match="f: has no group three"):
        parse_recorded([line(1, one)], "f", ["three"])


@pytest.mark.parametrize(
    ("text", "words"),
    [(b"{", "f: line 1: : Invalid JSON"), (b'{"groups": []}', "line 1: measured_ms: Field required"), (b"", "no meas")],
)
def test_what_is_not_a_recording_is_named(text: bytes, words: str) -> None:
    with pytest.raises(UsageProblem, match=words):
        parse_recorded([text], "f")
