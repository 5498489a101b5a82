"""Dead letters added up: what breaks, on which firmware, since when, and how fast it grows. In bounded memory."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from gridctl.contracts.ids import firmware_family
from gridctl.deadletters.view import NOT_KNOWN, UNREADABLE, StoredLetter

PARTS = 10
DISTINCT_MAX = 1000
DEVICES_MAX = 100
OTHER = "other"
_MINUTE_MS = 60_000


class Window(NamedTuple):
    """The time that is looked at, by when the letters were appended: from `since_ms` to `until_ms`."""

    since_ms: int
    until_ms: int

    def part(self, time_ms: int) -> int:
        """Return in which of the ten equal parts a time lies; what came since the question was asked is in the last."""
        part = (time_ms - self.since_ms) * PARTS // max(self.until_ms - self.since_ms, 1)
        return min(max(part, 0), PARTS - 1)

    def rates(self, trend: list[int]) -> dict[str, Any]:
        """Return letters a minute, over the window and over its last part."""
        minutes = max(self.until_ms - self.since_ms, 1) / _MINUTE_MS
        return {
            "per_minute": round(sum(trend) / minutes, 3),
            "per_minute_now": round(trend[-1] * PARTS / minutes, 3),
            "trend": trend,
        }


class _Cause(NamedTuple):
    rule: str
    firmware: str
    topic: str


@dataclass
class _Tally:
    first_ms: int
    last_ms: int
    letters: int = 0
    devices: set[str] = field(default_factory=set)
    trend: list[int] = field(default_factory=lambda: [0] * PARTS)

    def add(self, time_ms: int, device_id: str | None, part: int) -> None:
        self.first_ms, self.last_ms = min(self.first_ms, time_ms), max(self.last_ms, time_ms)
        self.letters += 1
        self.trend[part] += 1
        if device_id is not None and len(self.devices) < DEVICES_MAX:
            self.devices.add(device_id)

    def merge(self, other: "_Tally", part: int) -> None:
        self.first_ms, self.last_ms = min(self.first_ms, other.first_ms), max(self.last_ms, other.last_ms)
        self.letters += other.letters
        self.trend[part] += other.letters
        self.devices.update(islice(other.devices, DEVICES_MAX - len(self.devices)))


class Causes:
    """Letters added up by cause: a rule that one firmware breaks in one topic.

    A letter without a readable firmware counts as UNKNOWN, and one whose firmware is new after `most` causes as
    `other`: so memory is bounded, and each of the counts adds up to the total.
    """

    def __init__(self, most: int = DISTINCT_MAX) -> None:
        self._most = most
        self.found: dict[_Cause, _Tally] = {}

    def add(self, found: StoredLetter, part: int = 0) -> None:
        """Count a letter in one of the ten parts of a window."""
        letter = found.letter or {}
        cause = _Cause(letter.get("rule", UNREADABLE), letter.get("firmware") or NOT_KNOWN, found.topic)
        self._tally(cause, found.time_ms).add(found.time_ms, letter.get("device_id"), part)

    def merge(self, other: "Causes", part: int) -> None:
        """Count all of another one in one of the ten parts of a window."""
        for cause, tally in other.found.items():
            self._tally(cause, tally.first_ms).merge(tally, part)

    def _tally(self, cause: _Cause, time_ms: int) -> _Tally:
        if cause not in self.found and len(self.found) >= self._most:
            cause = cause._replace(firmware=OTHER)
        return self.found.setdefault(cause, _Tally(time_ms, time_ms))

    def as_json(self, window: Window | None) -> dict[str, Any]:
        """Return the total, the counts by rule, firmware, family and topic, and a row a cause, the most frequent first.

        Without a window there are no rates.
        """
        found = self.found
        total = [sum(parts) for parts in zip(*(tally.trend for tally in found.values()), strict=True)] or [0] * PARTS
        ordered = sorted(found.items(), key=lambda item: (-item[1].letters, item[0]))
        return {
            "total": sum(total),
            "by_reason": _counts(found, lambda cause: cause.rule),
            "by_firmware": _counts(found, lambda cause: cause.firmware),
            "by_firmware_family": _counts(found, lambda cause: _family(cause.firmware)),
            "by_topic": _counts(found, lambda cause: cause.topic),
            "since_ms": None if window is None else window.since_ms,
            "until_ms": None if window is None else window.until_ms,
            **({} if window is None else window.rates(total)),
            "by_cause": [_row(cause, tally, window) for cause, tally in ordered],
        }


def summarise(letters: Iterable[StoredLetter], window: Window | None = None) -> dict[str, Any]:
    """Return all letters added up; `Causes` says how."""
    causes = Causes()
    for each in letters:
        causes.add(each, 0 if window is None else window.part(each.time_ms))
    return causes.as_json(window)


def _row(cause: _Cause, tally: _Tally, window: Window | None) -> dict[str, Any]:
    return {
        "rule": cause.rule,
        "firmware": cause.firmware,
        "firmware_family": _family(cause.firmware),
        "topic": cause.topic,
        "letters": tally.letters,
        "devices": len(tally.devices),
        "devices_is_at_least": len(tally.devices) == DEVICES_MAX,
        "first_ms": tally.first_ms,
        "last_ms": tally.last_ms,
        **({} if window is None else window.rates(tally.trend)),
    }


def _family(firmware: str) -> str:
    return firmware if firmware == OTHER else firmware_family(firmware) or NOT_KNOWN


def _counts(found: dict[_Cause, _Tally], name_of: Callable[[_Cause], str]) -> dict[str, int]:
    counts = Counter[str]()
    for cause, tally in found.items():
        counts[name_of(cause)] += tally.letters
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
