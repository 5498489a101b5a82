"""Dead letters added up: by cause, with rates, in bounded memory."""

import tracemalloc
from typing import Any

import pytest

from gridctl.deadletters.summary import DEVICES_MAX, DISTINCT_MAX, Window, summarise
from gridctl.deadletters.view import StoredLetter

MINUTE_MS = 60_000
WINDOW = Window(1_000 * MINUTE_MS, 1_010 * MINUTE_MS)


def letter(
    minute: float = 0,
    rule: str = "bad_utf8",
    firmware: str | None = "3.0.1",
    topic: str = "iot.thermostat.dlq",
    device: str = "d-1",
) -> StoredLetter:
    values: dict[str, Any] = {"rule": rule, "firmware": firmware, "device_id": device}
    return StoredLetter(topic, 0, 7, values, "", b"", WINDOW.since_ms + round(minute * MINUTE_MS))


UNREADABLE = StoredLetter("unrouted.dlq", 0, 1, None, "?", b"", WINDOW.since_ms)


def test_each_of_the_counts_adds_up_to_the_total() -> None:
    found = summarise([letter(firmware=None), letter(), letter(rule="truncated", topic="ev.session.dlq"), UNREADABLE])
    assert {name: found[name] for name in ("total", "by_reason", "by_firmware", "by_firmware_family", "by_topic")} == {
        "total": 4,
        "by_reason": {"bad_utf8": 2, "truncated": 1, "unreadable_dead_letter": 1},
        "by_firmware": {"3.0.1": 2, "UNKNOWN": 2},
        "by_firmware_family": {"3.0": 2, "UNKNOWN": 2},
        "by_topic": {"iot.thermostat.dlq": 2, "ev.session.dlq": 1, "unrouted.dlq": 1},
    }
    assert found["since_ms"] is None
    assert "per_minute" not in found


def test_a_cause_says_since_when_and_how_fast_it_grows() -> None:
    letters = [letter(2), letter(8.5, device="d-2"), letter(9.2), letter(9.8), letter(9.9), letter(3, "truncated")]
    worst, other = summarise(letters, WINDOW)["by_cause"]
    assert worst == {
        "rule": "bad_utf8",
        "firmware": "3.0.1",
        "firmware_family": "3.0",
        "topic": "iot.thermostat.dlq",
        "letters": 5,
        "devices": 2,
        "devices_is_at_least": False,
        "first_ms": WINDOW.since_ms + 2 * MINUTE_MS,
        "last_ms": WINDOW.since_ms + round(9.9 * MINUTE_MS),
        "per_minute": 0.5,
        "per_minute_now": 3.0,
        "trend": [0, 0, 1, 0, 0, 0, 0, 0, 1, 3],
    }
    assert (other["rule"], other["per_minute_now"]) == ("truncated", 0.0)
    assert summarise(letters, WINDOW)["per_minute_now"] == 3.0


@pytest.mark.parametrize(("minute", "part"), [(-1, 0), (0, 0), (0.999, 0), (1, 1), (9.999, 9), (10, 9), (11, 9)])
def test_a_window_has_ten_parts_and_loses_nothing_at_its_ends(minute: float, part: int) -> None:
    trend = summarise([letter(minute)], WINDOW)["trend"]
    assert trend == [int(each == part) for each in range(10)]


def test_no_letters_is_an_answer_too() -> None:
    found = summarise([], WINDOW)
    assert (found["total"], found["by_reason"], found["by_cause"]) == (0, {}, [])
    assert (found["per_minute_now"], found["trend"]) == (0.0, [0] * 10)


def test_whatever_devices_call_their_firmware_memory_is_bounded() -> None:
    def many(count: int) -> dict[str, Any]:
        tracemalloc.start()
        found = summarise(letter(firmware=f"{number}", device=f"d-{number % 5}") for number in range(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        return found

    peaks: list[int] = []
    many(2 * DISTINCT_MAX)
    found = many(20 * DISTINCT_MAX)
    assert found["total"] == sum(found["by_firmware"].values()) == 20 * DISTINCT_MAX
    assert found["by_firmware"]["other"] == 19 * DISTINCT_MAX
    assert len(found["by_cause"]) == DISTINCT_MAX + 1
    assert peaks[1] < 1.2 * peaks[0]


def test_so_many_devices_are_counted_and_no_more() -> None:
    [cause] = summarise(letter(device=f"d-{number}") for number in range(DEVICES_MAX + 5))["by_cause"]
    assert (cause["devices"], cause["devices_is_at_least"]) == (DEVICES_MAX, True)
