"""What a faulty firmware sends: one packet, one line, wrong in one recognisable way."""

from collections.abc import Callable
from dataclasses import dataclass

FAULTY_FIRMWARE = "3.0.0-rc1"
SHARE_UNIT = 1_000_000
TEN_YEARS_MS = 10 * 31_556_952_000


@dataclass(frozen=True)
class Shape:
    """The fields of a kind that faults are made in: a number that is required, and an enumeration."""

    number: str
    enumeration: str


def _value(line: str, field: str) -> tuple[str, str, str]:
    """Split a line into what stands before the field's value, the value, and the rest."""
    head, key, rest = line.partition(f'"{field}":')
    ends = [at for at in (rest.find(","), rest.find("}")) if at >= 0]
    return head + key, rest[: min(ends)], rest[min(ends) :]


def _with_value(line: str, field: str, change: Callable[[str], str]) -> str:
    before, value, after = _value(line, field)
    return before + change(value) + after


def _without(line: str, field: str) -> str:
    before, _, after = _value(line, field)
    head = before[: before.rindex(f'"{field}"')]
    return head + after[1:] if after.startswith(",") else head.removesuffix(",") + after


# The order is part of the format: a draw picks by position, and a golden test pins the bytes.
FAULTS: dict[str, Callable[[str, Shape], str]] = {
    "truncated": lambda line, _: line[: len(line) * 2 // 3],
    "nan": lambda line, shape: _with_value(line, shape.number, lambda _: "NaN"),
    "string_number": lambda line, shape: _with_value(line, shape.number, lambda value: f'"{value}"'),
    "missing_field": lambda line, shape: _without(line, shape.number),
    "unknown_field": lambda line, _: line[:-1] + ',"rssi_dbm":-71}',
    "own_priority": lambda line, _: line[:-1] + ',"priority_level":"LIFE_SUSTAINING"}',
    "invalid_utf8": lambda line, shape: _with_value(line, shape.enumeration, lambda value: f'{value[:-1]}\xff"'),
    "control_character": lambda line, _: _with_value(line, "firmware", lambda value: value[:-1] + '\\u0007"'),
    "future_time": lambda line, _: _with_value(line, "event_time_ms", lambda value: str(int(value) + TEN_YEARS_MS)),
    "seconds_not_ms": lambda line, _: _with_value(line, "event_time_ms", lambda value: str(int(value) // 1000)),
    "wrong_enum": lambda line, shape: _with_value(line, shape.enumeration, lambda _: '"TURBO"'),
    "out_of_range": lambda line, shape: _with_value(line, shape.number, lambda _: "999999.9"),
}
FAULT_NAMES = tuple(FAULTS)


def malformed(line: str, fault: str, shape: Shape) -> str:
    """Return the line as the faulty firmware sends it; characters above 0x7F stand for single bytes (Latin-1)."""
    before, _, after = _value(line, "firmware")
    return FAULTS[fault](f'{before}"{FAULTY_FIRMWARE}"{after}', shape)


def faulty_devices(first: int, last: int, share_ppm: int) -> range | list[int]:
    """Return the faulty devices among [first, last): evenly spread, exactly floor(devices * share) of a fleet."""
    if share_ppm == 0:
        return range(0)
    begin, end = first * share_ppm // SHARE_UNIT, last * share_ppm // SHARE_UNIT
    return [-(-(nth + 1) * SHARE_UNIT // share_ppm) - 1 for nth in range(begin, end)]
