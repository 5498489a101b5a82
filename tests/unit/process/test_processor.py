"""The loop: order of effects, dead letters before commits, and a kill between every two steps."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridctl.contracts.deadletter import DeadLetter
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.errors import Unavailable
from gridctl.process.decode import EventReader
from gridctl.process.ports import Applied, Effect, EventSource, StateStore
from gridctl.process.processor import Limits, Processor
from gridctl.state.model import DeviceState, Outcome, merge, totals
from gridctl.state.record import unpack
from gridctl.streams.publisher import Headers, Receipt, Undelivered
from tests.support.memory_events import MemoryEvents, MemoryLetters, MemoryRecord
from tests.support.memory_state import MemoryState
from tests.support.memory_topics import MemoryTopics

DLQ_OF = {topic: f"{topic}.dlq" for topic in TOPIC_OF_KIND.values()}
NOW_MS = 1_768_435_202_000
MakeRecord = Callable[..., MemoryRecord]


def processor(
    source: EventSource, reader: EventReader, store: StateStore, letters: MemoryLetters, **more: Any
) -> Processor:
    return Processor(source, reader, store, letters, MemoryTopics({}), dlq_of=DLQ_OF, clock_ms=lambda: NOW_MS, **more)


def never() -> bool:
    return False


def run(
    records: Sequence[MemoryRecord], reader: EventReader, store: StateStore, letters: MemoryLetters, batch: int = 100
) -> Processor:
    made = processor(MemoryEvents(records), reader, store, letters)
    made.run(Limits(batch, until_idle=True), never)
    return made


def test_events_are_applied_letters_written_and_all_of_it_counted(record: MakeRecord, reader: EventReader) -> None:
    records = [
        record(power_w=1.0),
        record(power_w=1.0),
        record(event_time_ms=NOW_MS - 60_000, power_w=2.0),
        record(device_id="d-2", power_w=4.0),
        MemoryRecord("ev.session", b"x", b"\x00", NOW_MS, offset=41),
        record(power_w=3.0),
    ]
    store, letters = MemoryState(), MemoryLetters()
    summary = run(records, reader, store, letters).summary
    assert summary.as_json(0.5) == {
        "consumed": 6,
        "applied": 2,
        "duplicates": 1,
        "stale": 1,
        "dead_lettered": 2,
        "duration_s": 0.5,
        "latency_ms": {"p50": 2000.0, "p99": 59_968.0},  # exact to one part in 512 and less
    }
    assert store.effects() == {"applied": 2, "stale": 1, "duplicates": 1}
    assert [(topic, letter.rule) for topic, letter in letters.letters] == [
        ("iot.thermostat.dlq", "msg_id_conflict"),
        ("ev.session.dlq", "frame_too_short"),
    ]


def test_a_dead_letter_says_where_the_record_came_from(record: MakeRecord, reader: EventReader) -> None:
    letters = MemoryLetters()
    broken = record(temperature_c=float("nan"), firmware="3.0.0-rc1")
    run([broken, MemoryRecord("ev.session", b"\xff", b"\x00", NOW_MS, offset=41)], reader, MemoryState(), letters)
    first, second = (letter for _, letter in letters.letters)
    assert (first.stage, first.rule, first.field) == ("VALIDATE", "contract_broken", "temperature_c")
    assert (first.device_id, first.firmware, first.source) == ("d-1", "3.0.0-rc1", "kafka:iot.thermostat")
    assert (first.raw, first.raw_length) == (broken.value(), len(broken.value() or b""))
    assert (second.stage, second.device_id, second.firmware) == ("DECODE", None, None)
    assert (second.topic, second.partition, second.offset) == ("ev.session", 0, 41)


def test_the_key_of_a_dead_letter_is_shown_as_printable_text(reader: EventReader) -> None:
    letters = MemoryLetters()
    run([MemoryRecord("ev.session", b"d\x1b[2J\n1", b"\x00", NOW_MS)], reader, MemoryState(), letters)
    [(_, letter)] = letters.letters
    assert letter.device_id == "d\ufffd[2J\ufffd1"


class Falsy(MemoryRecord):
    """As the client's message with an empty value is: its length is the value's."""

    def __len__(self) -> int:
        return 0


def test_a_record_without_a_value_has_a_place_too(reader: EventReader) -> None:
    letters = MemoryLetters()
    run([Falsy("ev.session", b"x", b"", NOW_MS, offset=41)], reader, MemoryState(), letters)
    [(_, letter)] = letters.letters
    assert (letter.device_id, letter.partition, letter.offset) == ("x", 0, 41)


def test_the_raw_record_is_cut_at_the_cap_and_hashed_whole(reader: EventReader) -> None:
    letters = MemoryLetters()
    source = MemoryEvents([MemoryRecord("ev.session", b"x", b"\x07" * 1000, NOW_MS)])
    processor(source, reader, MemoryState(), letters, raw_cap_bytes=10).step(5)
    [(_, letter)] = letters.letters
    assert (len(letter.raw), letter.raw_length) == (10, 1000)


class Watched(MemoryState):
    """Notes when it is called, in the list that the other ports note in, too."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__()
        self.calls = calls

    def apply(self, effects: Sequence[Effect]) -> Applied:
        self.calls.append("apply")
        return super().apply(effects)

    def settle(self, device_id: bytes, expected: DeviceState | None, new: DeviceState, outcome: Outcome) -> bool:
        self.calls.append("settle")
        return super().settle(device_id, expected, new, outcome)


class WatchedLetters(MemoryLetters):
    """The same for letters; none is taken from number `fails_from` on."""

    def __init__(self, calls: list[str], fails_from: int = 1_000) -> None:
        super().__init__()
        self.calls = calls
        self.fails_from = fails_from

    def send(self, topic: str, letter: DeadLetter, receipt: Receipt, trace: Headers) -> None:
        self.calls.append("letters")
        self.fails_from -= 1
        if self.fails_from < 0:
            receipt.outstanding += 1
            receipt.give_back(Undelivered(topic, {}, [], "the topic takes nothing", is_final=False))
            return
        super().send(topic, letter, receipt, trace)


class WatchedEvents(MemoryEvents):
    """The same for the source."""

    def __init__(self, records: Sequence[MemoryRecord], calls: list[str]) -> None:
        super().__init__(records)
        self.calls = calls

    def commit(self) -> None:
        self.calls.append("commit")
        super().commit()


def test_effect_and_letters_come_before_the_commit(record: MakeRecord, reader: EventReader) -> None:
    calls: list[str] = []
    records = [record(power_w=1.0), record(power_w=2.0), MemoryRecord("ev.session", b"x", b"", NOW_MS)]
    processor(WatchedEvents(records, calls), reader, Watched(calls), WatchedLetters(calls)).step(10)
    assert calls == ["apply", "letters", "settle", "letters", "commit"]


@pytest.mark.parametrize("fails_from", [0, 1])
def test_nothing_is_committed_when_a_letter_cannot_be_written(
    fails_from: int, record: MakeRecord, reader: EventReader
) -> None:
    calls: list[str] = []
    records = [record(power_w=1.0), record(power_w=2.0), MemoryRecord("ev.session", b"x", b"", NOW_MS)]
    source = WatchedEvents(records, calls)
    made = processor(source, reader, Watched(calls), WatchedLetters(calls, fails_from))
    with pytest.raises(Unavailable, match="a dead letter could not be written: the topic takes nothing"):
        made.step(10)
    assert source.committed == 0
    assert "commit" not in calls
    assert made.summary.consumed == 0


class Faltering:
    """Lets each place fail once, as a neighbour does that is away for a moment."""

    def __init__(self, *places: str) -> None:
        self.left = list(places)

    def meet(self, place: str) -> None:
        if place in self.left:
            self.left.remove(place)
            raise Unavailable(f"{place} is away")


class FalteringState(Watched):
    def __init__(self, faults: Faltering) -> None:
        super().__init__([])
        self.faults = faults

    def apply(self, effects: Sequence[Effect]) -> Applied:
        self.faults.meet("apply")
        return super().apply(effects)

    def settle(self, device_id: bytes, expected: DeviceState | None, new: DeviceState, outcome: Outcome) -> bool:
        self.faults.meet("settle")
        return super().settle(device_id, expected, new, outcome)


class FalteringEvents(MemoryEvents):
    def __init__(self, records: Sequence[MemoryRecord], faults: Faltering) -> None:
        super().__init__(records)
        self.faults = faults

    def commit(self) -> None:
        self.faults.meet("commit")
        super().commit()

    def is_drained(self) -> bool:
        self.faults.meet("end")
        return super().is_drained()


PLACES = ["read", "apply", "settle", "letters", "commit", "end"]


@pytest.mark.parametrize("place", [*PLACES, "all"])
def test_a_batch_that_failed_is_taken_up_where_it_failed_and_nothing_is_lost_or_counted_twice(
    place: str, record: MakeRecord, reader: EventReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [
        record(power_w=1.0),
        record(power_w=2.0),
        record(device_id="d-2"),
        record(device_id="d-2"),
        MemoryRecord("ev.session", b"x", b"", NOW_MS),
        record(device_id="d-3"),
    ]
    faults = Faltering(*(PLACES if place == "all" else [place]))
    source, store = FalteringEvents(records, faults), FalteringState(faults)
    letters = MemoryLetters()
    made = processor(source, reader, store, letters)
    monkeypatch.setattr(reader, "forget_unknown", lambda: faults.meet("read"))
    committed: list[int] = []

    def attempt(turn: Callable[[], bool]) -> bool | None:
        try:
            return turn()
        except Unavailable:
            committed.append(source.committed)
            return None

    if "letters" in faults.left:
        monkeypatch.setattr(made, "_write", _once_away(made._write, faults))
    summary = made.run(Limits(5, until_idle=True), never, attempt=attempt)
    assert faults.left == []
    assert committed == [6 if place == "end" else 0] * len(committed) or place == "all"
    assert (summary.consumed, summary.applied, summary.duplicates, summary.dead_lettered) == (6, 3, 1, 2)
    # As after a kill, a letter is written again where its settlement failed.
    again = 1 if place in {"settle", "all"} else 0
    assert sum(store.effects().values()) + len(letters.letters) - again == 6
    assert source.committed == 6


def _once_away(write: Callable[[Any], None], faults: Faltering) -> Callable[[Any], None]:
    def written(letters: Any) -> None:
        if letters:
            faults.meet("letters")
        write(letters)

    return written


def test_a_run_that_is_stopped_during_an_outage_commits_nothing(record: MakeRecord, reader: EventReader) -> None:
    source = MemoryEvents([record(), record(device_id="d-2")])
    made = processor(source, reader, FalteringState(Faltering(*["apply"] * 3)), MemoryLetters())
    turns: list[None] = []

    def attempt(turn: Callable[[], bool]) -> bool | None:
        with pytest.raises(Unavailable):
            turn()
        turns.append(None)
        return None

    made.run(Limits(1), lambda: len(turns) == 3, attempt=attempt)
    assert (source.committed, source._position, made.summary.consumed) == (0, 1, 0)


def test_an_event_again_under_other_stamps_is_a_duplicate(record: MakeRecord, reader: EventReader) -> None:
    first, again = record(), record(priority_level="UNKNOWN", circuit_id=None)
    for records in ([first, again], [again, first]):
        store, letters = MemoryState(), MemoryLetters()
        summary = run(records, reader, store, letters).summary
        assert (summary.applied, summary.duplicates, letters.letters) == (1, 1, [])
        assert store.effects() == {"applied": 1, "stale": 0, "duplicates": 1}
        # Which of the two stays does not depend on the order.
        assert store.device("d-1") is not None
        assert store.device("d-1").seen.frame == max(first.value() or b"", again.value() or b"")  # type: ignore[union-attr] # asserted above


def test_of_two_readings_for_one_time_the_same_one_loses_in_any_order(record: MakeRecord, reader: EventReader) -> None:
    one, two = record(power_w=1.0), record(power_w=2.0)
    lost = min(one.value() or b"", two.value() or b"")
    for records in ([one, two], [two, one], [two, one, two, one], [one, one, two]):
        store, letters = MemoryState(), MemoryLetters()
        summary = run(records, reader, store, letters).summary
        assert {letter.raw for _, letter in letters.letters} == {lost}
        assert letters.letters[0][1].rule == "msg_id_conflict"
        assert summary.dead_lettered == len(letters.letters)
        assert summary.consumed == len(records)


class Overtaken(MemoryState):
    """Another member's event arrives between the verdict and its settlement, once."""

    def __init__(self, rival: Effect) -> None:
        super().__init__()
        self.rival: Effect | None = rival

    def settle(self, device_id: bytes, expected: DeviceState | None, new: DeviceState, outcome: Outcome) -> bool:
        if self.rival is not None:
            rival, self.rival = self.rival, None
            super().apply([rival])
        return super().settle(device_id, expected, new, outcome)


@pytest.mark.parametrize("later_ms", [1, 5_000])
@pytest.mark.parametrize("changed", [{"power_w": 2.0}, {"priority_level": "UNKNOWN"}])
def test_a_settlement_that_was_overtaken_looks_anew_and_counts_once(
    later_ms: int, changed: dict[str, Any], record: MakeRecord, reader: EventReader, time_ms: int
) -> None:
    rival, *_ = reader.read(record(event_time_ms=time_ms + later_ms), NOW_MS)
    store, letters = Overtaken(rival), MemoryLetters()
    summary = run([record(), record(**changed)], reader, store, letters).summary
    assert summary.consumed == 2
    assert len(letters.letters) == summary.dead_lettered == ("power_w" in changed)
    # The rival's own event is one more.
    assert sum(store.effects().values()) + len(letters.letters) == 3
    assert store.device("d-1") == DeviceState(unpack(rival.record), unpack(rival.record))


def test_max_messages_is_exact(record: MakeRecord, reader: EventReader) -> None:
    source = MemoryEvents([record(event_time_ms=NOW_MS - 10 + at) for at in range(10)])
    made = processor(source, reader, MemoryState(), MemoryLetters())
    assert made.run(Limits(batch=4, max_messages=7), never).consumed == 7
    assert source.committed == 7


def test_a_stop_ends_after_the_batch_that_was_begun(record: MakeRecord, reader: EventReader) -> None:
    source = MemoryEvents([record(event_time_ms=NOW_MS - 10 + at) for at in range(10)])
    made = processor(source, reader, MemoryState(), MemoryLetters())
    asked = iter([False, False, True])
    assert made.run(Limits(batch=3), lambda: next(asked)).consumed == 6
    assert source.committed == 6


class NotYetAssigned(MemoryEvents):
    """No assignment yet: nothing comes, and the group has not committed what lies there."""

    waits = 3

    def batch(self, limit: int) -> Sequence[Any]:
        self.waits -= 1
        return [] if self.waits >= 0 else super().batch(limit)


def test_no_assignment_yet_is_not_idle(record: MakeRecord, reader: EventReader) -> None:
    made = processor(NotYetAssigned([record()]), reader, MemoryState(), MemoryLetters())
    assert made.run(Limits(until_idle=True), never).consumed == 1


def points(quality: str) -> list[dict[str, Any]]:
    return [{"name": "v", "value": None if quality == "MISSING" else 1.0, "unit": "V", "quality": quality}]


EVENTS = st.tuples(
    st.sampled_from(["d-1", "d-2"]),
    st.integers(0, 3),
    st.sampled_from(
        [
            ("thermostat", {"power_w": 1.0}),
            ("thermostat", {"power_w": 2.0, "circuit_id": "c-2"}),
            ("thermostat", {"power_w": 1.0, "priority_level": "UNKNOWN", "circuit_id": None}),
            ("scada", {"points": points("GOOD")}),
            ("scada", {"points": points("MISSING")}),
        ]
    ),
)


class Killed(Exception):
    """The process ends here."""


class Mortal(MemoryState):
    """Dies before or after the call with a certain number, once."""

    def __init__(self, dies_at: int, after: bool) -> None:
        super().__init__()
        self.left = dies_at
        self.after = after

    def _maybe(self, now_after: bool) -> None:
        if now_after is self.after:
            self.left -= 1
            if self.left == 0:
                raise Killed

    def apply(self, effects: Sequence[Effect]) -> Applied:
        self._maybe(now_after=False)
        applied = super().apply(effects)
        self._maybe(now_after=True)
        return applied

    def settle(self, device_id: bytes, expected: DeviceState | None, new: DeviceState, outcome: Outcome) -> bool:
        self._maybe(now_after=False)
        settled = super().settle(device_id, expected, new, outcome)
        self._maybe(now_after=True)
        return settled


@given(
    drawn=st.lists(EVENTS, min_size=1, max_size=12),
    batch=st.integers(1, 5),
    dies_at=st.integers(1, 12),
    after=st.booleans(),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_any_order_repetition_split_and_kill_give_the_same_state(
    drawn: list[Any],
    batch: int,
    dies_at: int,
    after: bool,
    data: st.DataObject,
    record: MakeRecord,
    reader: EventReader,
    time_ms: int,
) -> None:
    records = [record(kind, device, time_ms + at, **changed) for device, at, (kind, changed) in drawn]
    expected: dict[str, DeviceState] = {}
    for each in records:
        effect, *_ = reader.read(each, NOW_MS)
        device_id = effect.device_id.decode()
        expected[device_id] = merge(expected.get(device_id), unpack(effect.record))
    source = MemoryEvents(data.draw(st.permutations(records + records[:3])))
    store, letters = Mortal(dies_at, after), MemoryLetters()
    made = processor(source, reader, store, letters)
    try:
        made.run(Limits(batch, until_idle=True), never)
    except Killed:
        source.restart()
        made = processor(source, reader, store, letters)
        made.run(Limits(batch, until_idle=True), never)
    else:
        summary = made.summary
        counts = {"applied": summary.applied, "stale": summary.stale, "duplicates": summary.duplicates}
        assert store.effects() == counts
        assert summary.consumed == len(records) + len(records[:3])
        assert len(letters.letters) == summary.dead_lettered
    assert dict(store.devices()) == expected
    assert store.circuits() == totals(expected)
