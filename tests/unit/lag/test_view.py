"""How people see a lag."""

import pytest

from gridctl.lag.model import GroupLag, PartitionLag
from gridctl.lag.source import GroupReading, Look, measurement_of
from gridctl.lag.view import age_words, by_topic, class_words, group_rows, in_order, lag_words, partition_rows, remarks
from gridctl.streams.reader import Place
from tests.unit.lag.readings import reading

A0, A1, B0 = Place("a", 0), Place("a", 1), Place("b", 0)


def group(*readings: object, name: str = "g", problem: str | None = None) -> GroupLag:
    look = GroupReading(group=name, state="EMPTY", readings=readings, problem=problem)  # type: ignore[arg-type]
    return measurement_of(Look(groups=[look])).groups[0]


KNOWN = group(reading(70, place=A0), reading(None, place=A1), name="known")
PARTLY = group(reading(70, place=A0), reading(None, None, None, problem="it has no leader", place=A1), name="partly")
NOTHING = group(name="nothing", problem="there is no such group")


def test_a_lag_claims_no_more_than_is_known() -> None:
    assert [lag_words(each) for each in (KNOWN, PARTLY, NOTHING)] == ["130", "≥ 30", "?"]


def test_the_classes_that_matter_are_counted() -> None:
    assert [class_words(each) for each in (KNOWN, PARTLY, NOTHING)] == [
        "2: 1 NEVER_COMMITTED",
        "2: 1 UNKNOWN",
        "0",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "?"),
        (0.0, "0.0s"),
        (59.94, "59.9s"),
        (60.0, "1m0s"),
        (312.4, "5m12s"),
        (3_600, "1h0m"),
        (183_600, "2d3h"),
    ],
)
def test_ages(seconds: float | None, words: str) -> None:
    assert age_words(seconds) == words


def test_the_worst_comes_first_and_unknown_before_all() -> None:
    all_three = [KNOWN, NOTHING, PARTLY]
    assert [each.group for each in in_order(all_three, "lag")] == ["partly", "nothing", "known"]
    assert [each.group for each in in_order(all_three, "time")] == ["known", "nothing", "partly"]
    assert [each.group for each in in_order(all_three, "group")] == ["known", "nothing", "partly"]
    old = group(reading(100, at_s=9), name="z")
    assert [each.group for each in in_order([old, *all_three], "time")][-1] == "z"


def test_rows() -> None:
    assert group_rows([PARTLY]) == [["partly", "EMPTY (0)", "≥ 30", "?", "2: 1 UNKNOWN"]]
    assert partition_rows(PARTLY.partitions) == [
        ["0", "COMMITTED", "70", "100", "30", "?"],
        ["1", "UNKNOWN", "-", "?", "?", "?"],
    ]


def test_a_cause_is_said_once_for_all_its_partitions() -> None:
    away = [reading(None, problem="it has no leader", place=place) for place in (A0, A1, B0)]
    found = group(*away, problem="its members cannot be read: no answer in time")
    assert remarks(found) == [
        "g: its members cannot be read: no answer in time",
        "a 0, 1: it has no leader",
        "b 0: it has no leader",
    ]
    topics: dict[str, list[PartitionLag]] = by_topic(found)
    assert {topic: len(partitions) for topic, partitions in topics.items()} == {"a": 2, "b": 1}
