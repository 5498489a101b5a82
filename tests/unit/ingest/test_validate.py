"""Each rule has a record that breaks it, and says stage, rule, field, and whose record it was."""

from collections.abc import Callable
from typing import Any

import pytest

from gridctl.contracts.events import Reading
from gridctl.deadletters.refusal import Oversize, Refusal
from gridctl.ingest.validate import NESTING_CAP, READING_CAP_BYTES, Validator, check_oversize

Line = Callable[..., bytes]
GOOD_POINT = {"name": "voltage", "value": 1.0, "unit": "V", "quality": "GOOD"}

# What is wrong with a field's value alone: kind, field, value, rule, place of the fault.
VALUES: list[tuple[str, str, Any, str, str]] = [
    ("thermostat", "temperature_c", "21.5", "wrong_type", "temperature_c"),
    ("thermostat", "temperature_c", True, "wrong_type", "temperature_c"),
    ("thermostat", "temperature_c", None, "wrong_type", "temperature_c"),
    ("thermostat", "temperature_c", [1], "wrong_type", "temperature_c"),
    ("thermostat", "temperature_c", float("nan"), "not_finite", "temperature_c"),
    ("thermostat", "temperature_c", float("inf"), "not_finite", "temperature_c"),
    ("thermostat", "temperature_c", float("-inf"), "not_finite", "temperature_c"),
    ("thermostat", "temperature_c", 10**400, "not_finite", "temperature_c"),
    ("thermostat", "temperature_c", 91, "out_of_range", "temperature_c"),
    ("thermostat", "power_w", -1.1e12, "out_of_range", "power_w"),
    ("thermostat", "mode", "TURBO", "not_in_list", "mode"),
    ("thermostat", "mode", 3, "not_in_list", "mode"),
    ("thermostat", "mode", ..., "field_missing", "mode"),
    ("thermostat", "rssi_dbm", -71, "unknown_field", "rssi_dbm"),
    ("thermostat", "priority_level", "LIFE_SUSTAINING", "platform_field", "priority_level"),
    ("thermostat", "msg_id", "0" * 32, "platform_field", "msg_id"),
    ("thermostat", "circuit_id", "circuit-1", "platform_field", "circuit_id"),
    ("thermostat", "device_id", "", "too_short", "device_id"),
    ("thermostat", "device_id", "a" * 129, "too_long", "device_id"),
    ("thermostat", "device_id", "a b", "bad_characters", "device_id"),
    ("thermostat", "device_id", "th\u00e9", "bad_characters", "device_id"),
    ("thermostat", "device_id", "th-1\n", "control_character", "device_id"),
    ("thermostat", "firmware", "2.4\x07", "control_character", "firmware"),
    ("thermostat", "firmware", "a" * 200_000, "too_long", "firmware"),
    ("thermostat", "event_time_ms", "1768435200000", "wrong_type", "event_time_ms"),
    ("thermostat", "event_time_ms", 1768435200000.5, "wrong_type", "event_time_ms"),
    ("thermostat", "event_time_ms", 2**60, "out_of_range", "event_time_ms"),
    ("thermostat", "event_time_ms", 1_768_435_200, "event_time_too_old", "event_time_ms"),
    ("thermostat", "event_time_ms", 0, "event_time_too_old", "event_time_ms"),
    ("thermostat", "event_time_ms", 946_684_799_999, "event_time_too_old", "event_time_ms"),
    ("thermostat", "event_time_ms", 1_768_435_200_000 + 60_001, "event_time_in_future", "event_time_ms"),
    ("charger", "session_energy_wh", 1.5, "wrong_type", "session_energy_wh"),
    ("charger", "session_energy_wh", -1, "out_of_range", "session_energy_wh"),
    ("scada", "points", [GOOD_POINT] * 513, "too_many_items", "points"),
    ("scada", "points", [1], "wrong_type", "points[0]"),
    ("scada", "points", [GOOD_POINT, {**GOOD_POINT, "value": None}], "value_and_quality_disagree", "points[1]"),
    ("scada", "points", [{**GOOD_POINT, "quality": "MISSING"}], "value_and_quality_disagree", "points[0]"),
    ("scada", "points", [{**GOOD_POINT, "scale": 1}], "unknown_field", "points[0].scale"),
    ("scada", "points", [{**GOOD_POINT, "unit": "x" * 17}], "too_long", "points[0].unit"),
    ("scada", "points", [{**GOOD_POINT, "unit": "V\x1b[2J"}], "control_character", "points[0].unit"),
    ("scada", "points", [{**GOOD_POINT, "unit": "V\x9b"}], "control_character", "points[0].unit"),
    ("scada", "points", [{**GOOD_POINT, "unit": "V\n"}], "control_character", "points[0].unit"),
]
# Bytes that hold no object: made from a sound line; rule; whether the device can still be read.
UNPARSED: dict[str, tuple[Callable[[bytes], bytes], str, bool]] = {
    "cut": (lambda line: line[:-20], "json_truncated", True),
    "cut early": (lambda line: line[:30], "json_truncated", False),
    "empty": (lambda _: b"", "json_truncated", False),
    "two in a line": (lambda line: line + line, "json_invalid", True),
    "html": (lambda _: b"<html>", "json_invalid", False),
    "other quotes": (lambda line: line.replace(b'"', b"'"), "json_invalid", False),
    "half a surrogate": (lambda line: line.replace(b"th-1", b"\\ud800"), "json_invalid", False),
    "a number of 5000 digits": (lambda line: line.replace(b"21.5", b"9" * 5000), "number_out_of_range", True),
    "a raw control character": (lambda line: line.replace(b"2.4.1", b"2.4\x07"), "control_character", True),
    "a broken byte": (lambda line: line.replace(b"HEATING", b"HEATI\xff"), "invalid_utf8", True),
    "utf-16": (lambda line: line.decode().encode("utf-16"), "invalid_utf8", False),
    "all bytes": (lambda _: bytes(range(256)), "invalid_utf8", False),
    "a list": (lambda line: b"[" + line + b"]", "not_an_object", False),
    "a number": (lambda _: b"7", "not_an_object", False),
    "null": (lambda _: b"null", "not_an_object", False),
    "brackets": (lambda _: b"[" * 100_000, "nesting_too_deep", False),
    "deep objects": (lambda _: b'{"a":' * 9 + b"1" + b"}" * 9, "nesting_too_deep", False),
    "a deep member": (lambda line: line[:-1] + b',"x":' + b"[" * 9 + b"]" * 9 + b"}", "nesting_too_deep", True),
}


def rejected(found: Reading | Refusal) -> Refusal:
    assert isinstance(found, Refusal), found
    return found


@pytest.mark.parametrize("kind", ["thermostat", "charger", "scada"])
def test_a_sound_reading_passes(kind: str, line: Line, now_ms: int) -> None:
    found = Validator().check(line(kind), now_ms)
    assert not isinstance(found, Refusal), found
    assert found.kind == kind


@pytest.mark.parametrize(("kind", "field", "value", "rule", "place"), VALUES)
def test_a_wrong_value_is_named(
    kind: str, field: str, value: object, rule: str, place: str, line: Line, now_ms: int
) -> None:
    reject = rejected(Validator().check(line(kind, **{field: value}), now_ms))
    assert (reject.stage, reject.rule, reject.field) == ("VALIDATE", rule, place)
    assert reject.reason.startswith(f"{place}: ")
    assert reject.names.kind == kind
    if field != "device_id":
        assert reject.names.device_id == {"thermostat": "th-1", "charger": "ev-1", "scada": "feeder-1"}[kind]


@pytest.mark.parametrize("name", UNPARSED)
def test_what_does_not_parse_is_named(name: str, line: Line, now_ms: int) -> None:
    broken, rule, readable = UNPARSED[name]
    reject = rejected(Validator().check(broken(line()), now_ms))
    assert (reject.stage, reject.rule, reject.field) == ("PARSE", rule, None)
    assert reject.names.device_id == ("th-1" if readable else None)
    assert reject.names.kind == ("thermostat" if readable or name in KIND_ALONE else None)


KIND_ALONE = {"cut early", "half a surrogate"}  # the kind stands before what is broken


@pytest.mark.parametrize(("kind", "rule"), [(..., "kind_missing"), ("toaster", "kind_unknown"), (1, "kind_unknown")])
def test_a_record_without_a_known_kind_is_routed_nowhere(kind: object, rule: str, line: Line, now_ms: int) -> None:
    reject = rejected(Validator().check(line(kind=kind), now_ms))
    assert (reject.stage, reject.rule, reject.field, reject.names.kind) == ("VALIDATE", rule, "kind", None)
    assert reject.names.device_id == "th-1"


def test_a_long_record_is_not_parsed(line: Line, now_ms: int) -> None:
    longest = line(firmware="a" * (READING_CAP_BYTES - len(line(firmware=""))))
    assert len(longest) == READING_CAP_BYTES
    assert rejected(Validator().check(longest, now_ms)).rule == "too_long"
    reject = rejected(Validator().check(longest + b" ", now_ms))
    assert (reject.stage, reject.rule) == ("RECEIVE", "too_large")
    assert str(READING_CAP_BYTES + 1) in reject.reason
    assert reject.names.kind == "thermostat"


def test_a_record_that_its_source_could_not_hold_is_named_by_its_beginning(line: Line) -> None:
    reject = check_oversize(Oversize(line() + b"x" * 300_000, 5_000_000, "0" * 64, "stdin:1"))
    assert (reject.stage, reject.rule, reject.names.kind) == ("RECEIVE", "too_large", "thermostat")
    assert "5000000" in reject.reason
    assert reject.names.device_id == "th-1"


def test_the_latest_and_the_earliest_time_still_pass(line: Line, now_ms: int) -> None:
    for at_ms in (now_ms + 60_000, 946_684_800_000):
        assert not isinstance(Validator().check(line(event_time_ms=at_ms), now_ms), Refusal)


def test_the_allowed_skew_is_the_deployments(line: Line, now_ms: int) -> None:
    late = line(event_time_ms=now_ms + 5)
    assert not isinstance(Validator(5).check(late, now_ms), Refusal)
    assert rejected(Validator(4).check(late, now_ms)).rule == "event_time_in_future"


def test_seconds_in_place_of_milliseconds_are_guessed(line: Line, now_ms: int) -> None:
    assert "in seconds?" in rejected(Validator().check(line(event_time_ms=now_ms // 1000), now_ms)).reason


@pytest.mark.parametrize(
    ("kind", "member", "name"),
    [
        ("thermostat", b',"power_w":3}', "power_w"),
        ("thermostat", b',"device_id":"th-2"}', "device_id"),
        ("thermostat", b',"device\\u005fid":"th-2"}', "device_id"),
        ("charger", b',"session_id":null}', "session_id"),
        ("scada", b',"points":[]}', "points"),
    ],
)
def test_of_two_members_of_one_name_neither_is_believed(
    kind: str, member: bytes, name: str, line: Line, now_ms: int
) -> None:
    reject = rejected(Validator().check(line(kind)[:-1] + member, now_ms))
    assert (reject.rule, reject.field) == ("duplicate_key", name)


def test_a_repeated_member_of_a_point_is_found(line: Line, now_ms: int) -> None:
    raw = line("scada").replace(b'"unit": "V"', b'"unit": "V", "unit": "V"')
    assert rejected(Validator().check(raw, now_ms)).rule == "duplicate_key"


@pytest.mark.parametrize("missing", [1, 3])
def test_a_repeated_member_does_not_hide_behind_values_left_out(missing: int, line: Line, now_ms: int) -> None:
    raw = line("scada", points=[{"name": "a", "unit": "V", "quality": "MISSING"}] * missing)
    assert not isinstance(Validator().check(raw, now_ms), Refusal)
    for repeated in range(1, missing + 1):
        reject = rejected(Validator().check(raw[:-1] + b',"poll_seq":7' * repeated + b"}", now_ms))
        assert (reject.rule, reject.field) == ("duplicate_key", "poll_seq")


@pytest.mark.parametrize("unit", ["", "°C", "µV", "m³/h", "%"])
def test_units_with_signs_pass(unit: str, line: Line, now_ms: int) -> None:
    assert not isinstance(Validator().check(line("scada", points=[{**GOOD_POINT, "unit": unit}]), now_ms), Refusal)


@pytest.mark.parametrize("depth", [NESTING_CAP - 1, NESTING_CAP])
def test_the_nesting_cap_is_the_first_depth_that_is_refused(depth: int, line: Line, now_ms: int) -> None:
    raw = line(x=0).replace(b'"x": 0', b'"x": ' + b"[" * depth + b"]" * depth)
    expected = "unknown_field" if depth < NESTING_CAP else "nesting_too_deep"
    assert rejected(Validator().check(raw, now_ms)).rule == expected


def test_many_faults_name_the_first_and_count_the_rest(line: Line, now_ms: int) -> None:
    reject = rejected(Validator().check(line(temperature_c="x", setpoint_c="y", mode="z"), now_ms))
    assert reject.reason.startswith("temperature_c: ")
    assert reject.reason.endswith("(and 2 more)")
