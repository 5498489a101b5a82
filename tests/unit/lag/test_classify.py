"""Every class of a partition, and which one wins where several fit."""

from itertools import product

import pytest

from gridctl.lag.classify import classify
from gridctl.lag.model import Head, LagClass, Reading
from tests.unit.lag.readings import reading


@pytest.mark.parametrize(
    ("seen", "found", "lag", "lost"),
    [
        (reading(70), LagClass.COMMITTED, 30, 0),
        (reading(100), LagClass.COMMITTED, 0, 0),
        (reading(0, 0, 0), LagClass.COMMITTED, 0, 0),
        (reading(None, 20), LagClass.NEVER_COMMITTED, 80, 0),
        (reading(None, 0, 0), LagClass.NEVER_COMMITTED, 0, 0),
        (reading(10, 40), LagClass.RETENTION_LOST, 60, 30),
        (reading(10, 100), LagClass.RETENTION_LOST, 0, 90),
        (reading(40, 40), LagClass.COMMITTED, 60, 0),
        (reading(101), LagClass.UNKNOWN, None, None),
        (reading(50, 101), LagClass.UNKNOWN, None, None),
        (reading(50, 0, None), LagClass.UNKNOWN, None, None),
        (reading(50, None, 100), LagClass.UNKNOWN, None, None),
        (reading(None, problem="no leader"), LagClass.UNKNOWN, None, None),
        (reading(50, problem="no leader"), LagClass.UNKNOWN, None, None),
    ],
)
def test_one_look(seen: Reading, found: LagClass, lag: int | None, lost: int | None) -> None:
    partition = classify(seen)
    assert (partition.lag_class, partition.lag, partition.lost) == (found, lag, lost)
    assert (partition.cause is not None) == (found in {LagClass.UNKNOWN, LagClass.RETENTION_LOST})


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (reading(50), reading(50, at_s=30), LagClass.STALLED),
        (reading(50), reading(50, end=200, at_s=30), LagClass.STALLED),
        (reading(None), reading(None, at_s=30), LagClass.STALLED),
        (reading(50), reading(51, at_s=30), LagClass.COMMITTED),
        (reading(50), reading(20, at_s=30), LagClass.COMMITTED),  # set back by hand: somebody is at work
        (reading(None), reading(1, at_s=30), LagClass.COMMITTED),
        (reading(100), reading(100, end=200, at_s=30), LagClass.COMMITTED),  # nothing waited at the first look
        (reading(None, 0, 0), reading(None, 0, 50, at_s=30), LagClass.NEVER_COMMITTED),
        (reading(100), reading(100, at_s=30), LagClass.COMMITTED),
        (reading(10, 40), reading(10, 45, at_s=30), LagClass.RETENTION_LOST),  # also stands still
        (reading(10), reading(10, 45, at_s=30), LagClass.RETENTION_LOST),
        (reading(50), reading(101, at_s=30), LagClass.UNKNOWN),
        (reading(50), reading(50, problem="no leader", at_s=30), LagClass.UNKNOWN),
        (reading(50, problem="no leader"), reading(50, at_s=30), LagClass.COMMITTED),
    ],
)
def test_two_looks(before: Reading, now: Reading, found: LagClass) -> None:
    assert classify(now, before).lag_class is found


def test_a_stall_says_how_long_and_whether_it_is_known() -> None:
    assert classify(reading(50, at_s=30), reading(50)).cause == "no progress in 30 s"
    unread = reading(50, problem="no leader")
    assert classify(reading(50, at_s=30), unread).cause == "whether it moves is not known: no leader"


def test_a_loss_says_how_much_and_that_it_stands_still_too() -> None:
    lost = "30 offsets were deleted before the group had committed them"
    assert classify(reading(10, 40)).cause == lost
    assert classify(reading(10, 40, at_s=30), reading(10)).cause == f"{lost}; no progress in 30 s"


def test_what_needs_a_human_first_comes_first() -> None:
    assert list(LagClass) == ["UNKNOWN", "RETENTION_LOST", "STALLED", "NEVER_COMMITTED", "COMMITTED"]


def test_an_open_transaction_is_named_and_its_age_where_it_did_not_move() -> None:
    caught_up = reading(60, stable=60, at_s=30)
    one = classify(caught_up)
    assert (one.lag, one.stable_end, one.lag_class) == (40, 60, LagClass.COMMITTED)
    assert one.cause == "an open transaction at offset 60 holds back 40 offsets"
    two = classify(caught_up, reading(60, stable=60))
    assert two.lag_class is LagClass.STALLED
    assert two.cause == f"no progress in 30 s; {one.cause}, for at least 30 s"
    opened_since = classify(caught_up, reading(50, end=60))
    assert opened_since.cause == one.cause


def test_a_contradiction_says_what_it_may_be() -> None:
    assert "the topic was made anew" in (classify(reading(101)).cause or "")


@pytest.mark.parametrize(
    ("committed", "head", "age_s", "error_s"),
    [
        (50, Head(90_000), 10.0, 0.5),
        (None, Head(90_000), 10.0, 0.5),
        (50, Head(103_000), 0.0, 3.5),  # stamped by a clock that is ahead
        (50, Head(None), 0.0, 0.5),  # only marks of transactions wait
        (100, None, 0.0, 0.5),
        (50, None, None, None),
        (101, Head(90_000), None, None),
    ],
)
def test_the_age_of_what_waits(
    committed: int | None, head: Head | None, age_s: float | None, error_s: float | None
) -> None:
    partition = classify(reading(committed, at_s=100, head=head))
    assert (partition.time_lag_s, partition.time_lag_error_s) == (age_s, error_s)


def test_a_number_is_what_can_still_be_read_and_null_is_said() -> None:
    offsets = [None, *range(4)]
    for committed, start, end, problem in product(offsets, offsets, offsets, [None, "no leader"]):
        now = reading(committed, start, end, at_s=30, problem=problem)
        for before in (None, reading(committed, 0, 3), reading(None, None, None, problem="no leader")):
            partition = classify(now, before)
            if start is None or end is None or problem or start > end or (committed or 0) > end:
                assert (partition.lag_class, partition.lag) == (LagClass.UNKNOWN, None)
                assert partition.cause
                continue
            assert partition.lag == len(range(max(start, committed or 0), end))
            assert partition.lost == len(range(start if committed is None else committed, start))
            assert partition.lag_class is not LagClass.UNKNOWN
