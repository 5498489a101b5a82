"""The letters of the last ten minutes: each look reads what was added, and no more than so much."""

from collections.abc import Iterator, Mapping

import pytest

from gridctl.deadletters.recent import CAUSES_A_SLOT, RecentLetters
from gridctl.streams.codec import FramedDecoder, framed_encoder
from gridctl.streams.reader import Place, Span
from tests.support.memory_events import MemoryRecord
from tests.support.memory_registry import MemoryRegistry
from tests.support.memory_topics import MemoryTopics

SCHEMA = (
    '{"type": "record", "name": "R", "fields": [{"name": "rule", "type": "string"},'
    ' {"name": "firmware", "type": "string"}, {"name": "device_id", "type": "string"}]}'
)
NOW_MS = 1_000_000 * 60_000
PLACE = Place("a.dlq", 0)


class Counted(MemoryTopics):
    """Counts the offsets that were read."""

    offsets = 0

    def read(self, spans: Mapping[Place, Span]) -> Iterator[MemoryRecord]:
        self.offsets += sum(span.end - span.first for span in spans.values())
        return super().read(spans)


class Bench:
    def __init__(self, look_at: int = 1000) -> None:
        registry = MemoryRegistry()
        registry.register("s", SCHEMA)
        self._encoder = framed_encoder("s", SCHEMA, registry)
        self.topics = Counted({"a.dlq": 1, "b.dlq": 1})
        self.letters = RecentLetters(self.topics, FramedDecoder(registry), ["a.dlq", "b.dlq"], look_at)

    def add(self, minutes_ago: float, rule: str = "bad_utf8", firmware: str = "3.0.1", place: Place = PLACE) -> None:
        letter = {"rule": rule, "firmware": firmware, "device_id": "d-1"}
        value = self._encoder.header + self._encoder.body(letter)
        self.topics.append(place, b"d-1", value, NOW_MS - round(minutes_ago * 60_000))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_look_has_the_trend_of_ten_minutes_and_the_rate_of_the_last(bench: Bench) -> None:
    for minutes_ago in (11, 9.5, 3.2, 0.4, 0.3):
        bench.add(minutes_ago)
    bench.add(0.2, "truncated", place=Place("b.dlq", 0))
    found = bench.letters.look(NOW_MS)
    assert found["trend"] == [1, 0, 0, 0, 0, 0, 1, 0, 0, 3]
    assert found["per_minute_now"] == pytest.approx(3, rel=0.05)
    assert (found["by_reason"], found["passed_over"]) == ({"bad_utf8": 4, "truncated": 1}, 0)
    assert found["by_cause"][0]["first_ms"] == NOW_MS - 570_000


def test_the_next_look_reads_only_what_was_added_and_forgets_what_is_old(bench: Bench) -> None:
    for minutes_ago in (9.5, 5):
        bench.add(minutes_ago)
    assert bench.letters.look(NOW_MS)["total"] == 2
    bench.add(-1)
    found = bench.letters.look(NOW_MS + 60_000)
    assert (found["total"], bench.topics.offsets) == (2, 3)
    assert bench.letters.look(NOW_MS + 20 * 60_000)["total"] == 0
    assert bench.topics.offsets == 3


def test_a_flood_is_counted_whole_and_looked_at_in_part() -> None:
    bench = Bench(look_at=10)
    for number in range(500):
        bench.add(0.5, firmware=f"{number}.0")
    found = bench.letters.look(NOW_MS)
    assert (found["total"], found["passed_over"], bench.topics.offsets) == (10, 490, 10)
    bench.add(0)
    found = bench.letters.look(NOW_MS + 1)
    assert (found["total"], found["passed_over"]) == (11, 490)


def test_whatever_devices_call_their_firmware_memory_is_bounded(bench: Bench) -> None:
    for number in range(3 * CAUSES_A_SLOT):
        bench.add(0.1, firmware=f"{number}.0")
    found = bench.letters.look(NOW_MS)
    assert (found["total"], len(found["by_cause"])) == (3 * CAUSES_A_SLOT, CAUSES_A_SLOT + 1)
    assert found["by_firmware"]["other"] == 2 * CAUSES_A_SLOT
