"""Dead letters added up: what breaks, on which firmware, since when, and how fast it grows. In bounded memory."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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


def summarise(letters: Iterable[StoredLetter], window: Window | None = None) -> dict[str, Any]:
    """Return the total, the counts by rule, firmware, family and dead letter topic, and a row for each cause.

    A cause is a rule that one firmware breaks in one topic; the most frequent is the first. A letter without a readable
    firmware counts as UNKNOWN, and one whose firmware is new after a thousand causes as `other`, so that each of the
    counts adds up to the total. Without a window there are no rates.
    """
    found: dict[_Cause, _Tally] = {}
    for each in letters:
        letter = each.letter or {}
        cause = _Cause(letter.get("rule", UNREADABLE), letter.get("firmware") or NOT_KNOWN, each.topic)
        if cause not in found and len(found) >= DISTINCT_MAX:
            cause = cause._replace(firmware=OTHER)
        part = 0 if window is None else window.part(each.time_ms)
        found.setdefault(cause, _Tally(each.time_ms, each.time_ms)).add(each.time_ms, letter.get("device_id"), part)
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
    return firmware if firmware in {NOT_KNOWN, OTHER} else firmware_family(firmware)


def _counts(found: dict[_Cause, _Tally], name_of: Callable[[_Cause], str]) -> dict[str, int]:
    counts = Counter[str]()
    for cause, tally in found.items():
        counts[name_of(cause)] += tally.letters
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
