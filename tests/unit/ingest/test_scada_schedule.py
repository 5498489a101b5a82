"""When polls are due, what is counted of them, and what waits for the broker."""

from threading import Timer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.ingest.scada.poller import DeviceAccount, Outbox, PolledReading, Slots, quantiles_ms, summary_of

WALL_MS = 1_795_000_000_123.4


def test_polls_are_due_at_multiples_of_the_interval_shifted_by_the_phase() -> None:
    slots = Slots(1000, 250, WALL_MS, 50.0)
    assert slots.due_ms == 1_795_000_000_250
    assert slots.due_s == pytest.approx(50.1266)
    assert slots.advance(WALL_MS + 127, 50.127) == 0
    assert slots.due_ms == 1_795_000_001_250


def test_two_pollers_of_one_map_have_the_same_grid_of_times() -> None:
    """A restart within an interval must not give two events one time."""
    first = Slots(1000, 0, WALL_MS, 50.0)
    again = Slots(1000, 0, WALL_MS + 877.0, 7.0)
    assert again.due_ms == first.due_ms + 1000


@given(st.integers(20, 5000), st.integers(0, 5000), st.lists(st.floats(0, 0.9), min_size=5, max_size=60))
def test_lateness_never_adds_up(interval_ms: int, phase_ms: int, latenesses: list[float]) -> None:
    slots = Slots(interval_ms, phase_ms, WALL_MS, 50.0)
    first = slots.due_ms
    for late in latenesses:
        at_s = slots.due_s + late * interval_ms / 1000
        assert slots.advance(WALL_MS + (at_s - 50) * 1000, at_s) == 0
    assert slots.due_ms == first + len(latenesses) * interval_ms


def test_polls_that_could_not_be_made_are_missed_not_made_up_for() -> None:
    slots = Slots(1000, 0, WALL_MS, 50.0)
    due_ms, at_s = slots.due_ms, slots.due_s + 3.5
    assert slots.advance(WALL_MS + (at_s - 50) * 1000, at_s) == 3
    assert slots.due_ms == due_ms + 4000


def test_a_clock_set_forward_moves_the_due_times_along() -> None:
    slots = Slots(1000, 0, WALL_MS, 50.0)
    assert slots.advance(WALL_MS + 3_600_000, 51.0) == 3599
    assert slots.due_ms == 1_795_003_601_000
    assert slots.due_s == pytest.approx(51.8766)


def test_a_clock_set_back_repeats_no_time() -> None:
    slots = Slots(1000, 0, WALL_MS, 50.0)
    due_ms = slots.due_ms
    assert slots.advance(WALL_MS - 3_600_000, 51.0) == 0
    assert slots.due_ms == due_ms + 1000
    assert slots.due_s == pytest.approx(51.8766)  # and nobody waits an hour for the clock to catch up


def test_quantiles_are_those_of_the_samples_to_two_digits() -> None:
    account = DeviceAccount(1000)
    for number in range(1, 101):
        account.deviate(-number / 10)
    assert quantiles_ms([account.deviations_us]) == {"p50": 5.0, "p99": 9.9, "max": 10.0}
    assert quantiles_ms([]) == {"p50": None, "p99": None, "max": None}


def test_measuring_jitter_takes_bounded_memory() -> None:
    account = DeviceAccount(1000)
    for number in range(20_000):
        account.deviate(number / 7)
    assert account.deviations_us.counts.total() == 20_000
    assert len(account.deviations_us.counts) <= 64 * 16


def test_the_summary_adds_up_and_tells_intervals_apart() -> None:
    fast, slow = DeviceAccount(100), DeviceAccount(1000)
    fast.outcomes.update({"data": 5, "exception": 2, "no_answer": 3, "no_connection": 1})
    fast.skipped = 4
    fast.deviate(1)
    slow.outcomes.update({"data": 7})
    slow.deviate(30)
    told = summary_of({"a": fast, "b": slow})
    assert {name: told[name] for name in told if name.startswith("polls")} == {
        "polls": 18, "polls_answered": 14, "polls_unanswered": 4, "polls_skipped": 4,
    }  # fmt: skip
    assert {interval: jitter["p50"] for interval, jitter in told["interval_jitter_ms"].items()} == {
        "100": 1.0, "1000": 30.0,
    }  # fmt: skip
    assert told["devices"]["a"]["outcomes"] == {"data": 5, "exception": 2, "no_answer": 3, "no_connection": 1}


def test_the_outbox_says_when_it_is_full_and_gives_back_in_order() -> None:
    outbox = Outbox(cap_bytes=10)
    outbox.put(PolledReading(b"12345", "a"))
    assert outbox.has_room()
    outbox.put(PolledReading(b"67890", "b"))
    assert not outbox.has_room()
    assert outbox.take(0) == [PolledReading(b"12345", "a"), PolledReading(b"67890", "b")]
    assert outbox.has_room()
    assert outbox.take(0.01) == []


def test_a_reader_that_waits_is_woken_by_a_record_and_by_the_end() -> None:
    outbox = Outbox()
    Timer(0.05, lambda: outbox.put(PolledReading(b"x", "a"))).start()
    assert outbox.take(10) == [PolledReading(b"x", "a")]
    Timer(0.05, outbox.close).start()
    assert outbox.take(10) is None
