"""The dead letters of the last ten minutes, kept up to date: each look reads what was added since the one before."""

from collections.abc import Sequence
from typing import Any

from gridctl.deadletters.summary import PARTS, Causes, Window
from gridctl.deadletters.view import stored
from gridctl.streams.codec import FramedDecoder
from gridctl.streams.reader import Place, RangedReader, Span

SLOT_MS = 10_000
SLOTS_A_PART = 6
WINDOW_MS = PARTS * SLOTS_A_PART * SLOT_MS
CAUSES_A_SLOT = 100


class RecentLetters:
    """Memory is bounded, and so is what one look reads: of a partition at most the newest `look_at` offsets.

    What is passed over is counted, by its offsets.
    """

    def __init__(self, reader: RangedReader, decoder: FramedDecoder, topics: Sequence[str], look_at: int) -> None:
        self._reader = reader
        self._decoder = decoder
        self._topics = topics
        self._look_at = look_at
        self._ends: dict[Place, int] = {}
        self._slots: dict[int, Causes] = {}
        self._passed_over: dict[int, int] = {}

    def look(self, now_ms: int) -> dict[str, Any]:
        """Return what `summarise` does, for ten minutes, and `passed_over`; raise Unavailable."""
        present = now_ms // SLOT_MS
        since_ms = (present - PARTS * SLOTS_A_PART + 1) * SLOT_MS
        held = self._reader.spans(self._topics, since_ms=since_ms)
        added = {place: Span(max(first, self._ends.get(place, first)), end) for place, (first, end) in held.items()}
        wanted = {place: Span(max(first, end - self._look_at), end) for place, (first, end) in added.items()}
        for record in self._reader.read(wanted):
            letter = stored(record, self._decoder)
            self._slots.setdefault(letter.time_ms // SLOT_MS, Causes(CAUSES_A_SLOT)).add(letter)
        self._ends = {place: end for place, (_, end) in held.items()}
        passed_over = sum(wanted[place].first - first for place, (first, _) in added.items())
        self._passed_over[present] = self._passed_over.get(present, 0) + passed_over
        return self._summary(Window(since_ms, now_ms))

    def _summary(self, window: Window) -> dict[str, Any]:
        oldest = window.since_ms // SLOT_MS
        self._slots = {slot: causes for slot, causes in self._slots.items() if slot >= oldest}
        self._passed_over = {slot: count for slot, count in self._passed_over.items() if slot >= oldest}
        all_of_them = Causes()
        for slot, causes in self._slots.items():
            # The broker's clock may be a little ahead of ours.
            all_of_them.merge(causes, min(PARTS - 1, (slot - oldest) // SLOTS_A_PART))
        return {**all_of_them.as_json(window), "passed_over": sum(self._passed_over.values())}
