"""The loop: consume, decode, apply, dead-letter, commit; in this order, so that a kill anywhere repeats work only.

A batch is held until it is committed. When something that it needs is away, the next step goes on with it where this
one failed, and reads no further: what had no effect is never committed.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gridctl.contracts.deadletter import RAW_CAP_BYTES, DeadLetter
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.deadletters.letter import DeadLetters, letter_of
from gridctl.deadletters.refusal import Names, Refusal
from gridctl.process.decode import EventReader
from gridctl.process.ports import Applied, Effect, EventSource, StateStore
from gridctl.process.telemetry import BatchTelemetry, ProcessTelemetry
from gridctl.runtime.clock import wall_clock_ms
from gridctl.runtime.deadline import settle
from gridctl.runtime.histogram import Histogram
from gridctl.state.model import DeviceState, Outcome, Register, judge, merge, same_time
from gridctl.state.record import unpack
from gridctl.streams.publisher import Publisher, Receipt
from gridctl.streams.reader import Record

BATCH = 1000


class Limits(NamedTuple):
    """When a run ends by itself: after that many records, or when the group has committed all there is."""

    batch: int = BATCH
    max_messages: int | None = None
    until_idle: bool = False


@dataclass
class Summary:
    """Counts of records by what became of them; `consumed` is the sum of the other four."""

    applied: int = 0
    duplicates: int = 0
    stale: int = 0
    dead_lettered: int = 0
    latencies_ms: Histogram = field(default_factory=Histogram)

    @property
    def consumed(self) -> int:
        """Records whose effect is done and committed."""
        return self.applied + self.duplicates + self.stale + self.dead_lettered

    def as_json(self, duration_s: float) -> Mapping[str, Any]:
        """Return the stable JSON of `gridctl process`."""
        return {
            "consumed": self.consumed,
            "applied": self.applied,
            "duplicates": self.duplicates,
            "stale": self.stale,
            "dead_lettered": self.dead_lettered,
            "duration_s": round(duration_s, 3),
            "latency_ms": {"p50": self.latencies_ms.percentile(0.5), "p99": self.latencies_ms.percentile(0.99)},
        }


class _Sound(NamedTuple):
    effects: list[Effect]
    records: list[Record]
    event_times_ms: list[int]
    appended_ms: list[int]


@dataclass
class _Held:
    """A batch, and how far it has come: `sound` is None before it is read, `counts` before it is applied.

    `contested` and `letters` are still to be done.
    """

    records: Sequence[Record]
    measured: BatchTelemetry | None
    sound: _Sound | None = None
    letters: Sequence[tuple[str, DeadLetter]] = ()
    counts: dict[Outcome, int] | None = None
    contested: dict[int, DeviceState] = field(default_factory=dict)


Attempt = Callable[[Callable[[], bool]], bool | None]
"""Calls a turn of the loop, and may keep what is Unavailable to itself: None then, and the turn is called again."""


def _once(turn: Callable[[], bool]) -> bool:
    return turn()


class Processor:
    """One member of the group. `letters` are sent by `publisher`; `dlq_of` maps a topic to its dead letter topic.

    Without `telemetry` nothing is measured.
    """

    def __init__(
        self,
        source: EventSource,
        reader: EventReader,
        store: StateStore,
        letters: DeadLetters,
        publisher: Publisher,
        *,
        dlq_of: Mapping[str, str],
        raw_cap_bytes: int = RAW_CAP_BYTES,
        clock_ms: Callable[[], int] = wall_clock_ms,
        telemetry: ProcessTelemetry | None = None,
    ) -> None:
        self._source = source
        self._reader = reader
        self._store = store
        self._letters = letters
        self._publisher = publisher
        self._dlq_of = dlq_of
        self._raw_cap_bytes = raw_cap_bytes
        self._clock_ms = clock_ms
        self._telemetry = telemetry
        self._held: _Held | None = None
        self.summary = Summary()

    def run(
        self,
        limits: Limits,
        stopping: Callable[[], bool],
        on_step: Callable[[], None] = lambda: None,
        attempt: Attempt = _once,
    ) -> Summary:
        """Process until a limit is reached or `stopping` says so; a batch that was begun is finished and committed.

        `on_step` is called before each batch, also while there is nothing to do.
        """
        while not stopping():
            on_step()
            if attempt(lambda: self._turn(limits)):
                break
        return self.summary

    def _turn(self, limits: Limits) -> bool:
        """Do a step and return whether a limit is reached."""
        left = None if limits.max_messages is None else limits.max_messages - self.summary.consumed
        if left == 0:
            return True
        count = self.step(limits.batch if left is None else min(limits.batch, left))
        return count == 0 and limits.until_idle and self._source.is_drained()

    def step(self, limit: int) -> int:
        """Process one batch and return how many records it had; raise Unavailable with nothing committed.

        The next call goes on with the same batch then.
        """
        held = self._held = self._held or self._next(limit)
        if held is None:
            return 0
        with held.measured or nullcontext():
            self._finish(held)
        self._held = None
        return len(held.records)

    def _next(self, limit: int) -> _Held | None:
        """Return the next batch as it came; None when there is none."""
        measured = None if self._telemetry is None else self._telemetry.batch()
        records = self._source.batch(limit)
        if not records:
            return None
        return _Held(records, None if measured is None else measured.of(records))

    def _finish(self, held: _Held) -> None:
        """Do what is still to be done with the batch, up to the commit, and count it."""
        if held.sound is None:
            self._reader.forget_unknown()
            held.sound, held.letters = self._read(held.records)
        sound = held.sound
        counts = self._apply(held, sound)
        self._write(held.letters)
        held.letters = ()
        if held.measured is not None:
            held.measured.written(sound.records, sound.appended_ms)
        self._source.commit()
        now_ms = self._clock_ms()
        self.summary.latencies_ms.add([now_ms - event_time_ms for event_time_ms in sound.event_times_ms])
        self._count(counts, len(held.records))

    def _apply(self, held: _Held, sound: _Sound) -> Mapping[Outcome, int]:
        """Let the batch have its effect, and return the counts."""
        if held.counts is None:
            applied = self._store.apply(sound.effects) if sound.effects else Applied((), {})
            held.counts = dict.fromkeys(Outcome, 0)
            for outcome in applied.outcomes:
                held.counts[outcome] += 1
            held.contested = dict(applied.contested)
        for place, state in list(held.contested.items()):
            held.counts[self._settle(sound.effects[place], sound.records[place], state)] += 1
            del held.contested[place]
        return held.counts

    def _count(self, counts: Mapping[Outcome, int], total: int) -> None:
        kept = counts[Outcome.APPLIED] + counts[Outcome.DUPLICATE] + counts[Outcome.STALE]
        self.summary.applied += counts[Outcome.APPLIED]
        self.summary.duplicates += counts[Outcome.DUPLICATE]
        self.summary.stale += counts[Outcome.STALE]
        self.summary.dead_lettered += total - kept

    def _read(self, records: Sequence[Record]) -> tuple[_Sound, list[tuple[str, DeadLetter]]]:
        read, now_ms = self._reader.read, self._clock_ms()
        sound = _Sound([], [], [], [])
        letters = []
        for record in records:
            try:
                effect, event_time_ms, appended_ms = read(record, now_ms)
            except Refusal as refusal:
                letters.append(self._letter(refusal, record, record.topic() or "", record.value() or b""))
            else:
                sound.effects.append(effect)
                sound.records.append(record)
                sound.event_times_ms.append(event_time_ms)
                sound.appended_ms.append(appended_ms)
        return sound, letters

    def _settle(self, effect: Effect, record: Record, state: DeviceState | None) -> Outcome:
        """Decide between two events of one device and time; return CONTESTED where one became a dead letter."""
        event, device_id = unpack(effect.record), effect.device_id.decode()
        outcome = None
        while outcome is not Outcome.CONTESTED:
            outcome = judge(state, event)
            if state is not None and outcome is Outcome.CONTESTED:
                outcome = self._conflict(device_id, event, record, state)
            if self._store.settle(effect.device_id, state, merge(state, event), outcome):
                return outcome
            # Another member, or a later event of the batch, changed the device in between: look again.
            state = self._store.device(device_id)
        # The letter is written and accounts for the event; what is left is its share in the state.
        while not self._store.settle(effect.device_id, state, merge(state, event), outcome):
            state = self._store.device(device_id)
        return outcome

    def _conflict(self, device_id: str, event: Register, record: Record, state: DeviceState) -> Outcome:
        """Write the letter of the event that loses; DUPLICATE where both say the same but for the platform's stamps."""
        rivals = same_time(state, event)
        reported = self._reader.stored.reported(event.kind, event.frame)
        alike = (rival for rival in rivals if rival.kind == event.kind)
        if any(self._reader.stored.reported(rival.kind, rival.frame) == reported for rival in alike):
            return Outcome.DUPLICATE
        kept = merge(state, event)
        loser = next((rival for rival in rivals if rival not in kept), rivals[0]) if event in kept else event
        content = self._reader.stored.event(loser.kind, loser.frame)
        reason = f"{device_id} sent two different readings for {event.event_time_ms}; the other one is kept"
        names = Names(loser.kind, device_id, content.get("firmware"))
        refusal = Refusal("APPLY", "msg_id_conflict", reason, "msg_id", names)
        known = record if loser is event else None
        self._write([self._letter(refusal, known, TOPIC_OF_KIND[loser.kind], loser.frame)])
        return Outcome.CONTESTED

    def _letter(self, refusal: Refusal, record: Record | None, topic: str, raw: bytes) -> tuple[str, DeadLetter]:
        letter = letter_of(
            refusal,
            raw,
            f"kafka:{topic}",
            now_ms=self._clock_ms(),
            cap_bytes=self._raw_cap_bytes,
            topic=topic,
            record=record,
        )
        return self._dlq_of[topic], letter

    def _write(self, letters: Sequence[tuple[str, DeadLetter]]) -> None:
        """Write letters, each to its topic; return when all are acknowledged; raise Unavailable."""
        receipt, measured = Receipt(), None if self._held is None else self._held.measured
        trace = [] if measured is None or not letters else measured.headers
        for topic, letter in letters:
            self._letters.send(topic, letter, receipt, trace)
        settle(self._publisher, receipt, "a dead letter could not be written", "run `gridctl doctor`, then start again")
        if measured is not None:
            measured.refused(letters)
