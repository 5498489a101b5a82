"""The asset table: what an event is stamped with."""

from collections.abc import Callable
from typing import Any

import pytest

from gridctl.assets.protection import stamp_of
from gridctl.assets.table import UNKNOWN_AFTER_S, AssetTable
from gridctl.contracts.assets import AssetRecord
from gridctl.contracts.priority import PriorityLevel


def record(**changes: Any) -> AssetRecord:
    values = {
        "device_id": "th-1",
        "circuit_id": "circuit-1",
        "feeder_id": "feeder-1",
        "priority_level": PriorityLevel.LIFE_SUSTAINING,
        "valid_from_ms": 1000,
        "valid_to_ms": 2000,
        "updated_at_ms": 900,
    }
    return AssetRecord(**{**values, **changes})


def table_of(*records: AssetRecord, clock_s: Callable[[], float] = lambda: 0.0) -> AssetTable:
    """A table that is complete as of now."""
    table = AssetTable(clock_s)
    for each in records:
        table.take(each.device_id, each)
    table.note_complete(clock_s())
    return table


@pytest.mark.parametrize(
    ("at_ms", "level"),
    [(999, "UNKNOWN"), (1000, "LIFE_SUSTAINING"), (1999, "LIFE_SUSTAINING"), (2000, "UNKNOWN")],
)
def test_a_tag_holds_from_its_first_to_before_its_last_millisecond(at_ms: int, level: str) -> None:
    table = table_of(record())
    assert table.stamps()("th-1", at_ms) == (level, "circuit-1")
    assert table.stamps()("th-1", at_ms) == stamp_of(record(), at_ms)


def test_a_tag_without_an_end_goes_on() -> None:
    table = table_of(record(valid_to_ms=None))
    assert table.stamps()("th-1", 2**53).priority_level == "LIFE_SUSTAINING"


def test_a_device_without_a_record_is_unknown_and_on_no_circuit() -> None:
    table = table_of(record())
    assert table.stamps()("th-2", 1500) == ("UNKNOWN", None)
    table.take("th-1", None)
    assert table.stamps()("th-1", 1500) == ("UNKNOWN", None)
    table.take("th-1", None)
    assert len(table) == 0


def test_the_newest_record_counts() -> None:
    table = table_of(record())
    table.take("th-1", record(priority_level=PriorityLevel.ESSENTIAL, circuit_id="circuit-2"))
    assert table.stamps()("th-1", 1500) == ("ESSENTIAL", "circuit-2")


def test_a_record_under_the_key_of_another_device_says_nothing_of_either() -> None:
    table = table_of(record(), record(device_id="th-2"))
    table.take("th-1", record(device_id="th-2", priority_level=PriorityLevel.DISCRETIONARY))
    assert table.stamps()("th-1", 1500) == ("UNKNOWN", None)
    assert table.stamps()("th-2", 1500) == ("LIFE_SUSTAINING", "circuit-1")


def test_a_table_that_was_never_complete_knows_no_priority() -> None:
    table = AssetTable(lambda: 0.0)
    table.take("th-1", record(priority_level=PriorityLevel.DISCRETIONARY))
    assert table.stamps()("th-1", 1500) == ("UNKNOWN", "circuit-1")


@pytest.mark.parametrize(
    ("passed_s", "level"),
    [(0.0, "DISCRETIONARY"), (UNKNOWN_AFTER_S - 0.1, "DISCRETIONARY"), (UNKNOWN_AFTER_S, "UNKNOWN"), (1e9, "UNKNOWN"),
     (-3600.0, "UNKNOWN")],
)  # fmt: skip
def test_a_table_that_is_too_old_knows_no_priority_until_it_is_complete_again(passed_s: float, level: str) -> None:
    now_s = [10_000.0]
    table = table_of(record(priority_level=PriorityLevel.DISCRETIONARY), clock_s=lambda: now_s[0])
    now_s[0] += passed_s
    assert table.stamps()("th-1", 1500) == (level, "circuit-1"), "the circuit stays, or its total would move"
    assert table.stamps()("th-2", 1500) == ("UNKNOWN", None)
    table.note_complete(now_s[0])
    assert table.stamps()("th-1", 1500).priority_level == "DISCRETIONARY"


def test_a_table_is_as_old_as_the_look_that_found_it_complete() -> None:
    now_s = [0.0]
    table = table_of(record(), clock_s=lambda: now_s[0])
    now_s[0] = 7.0
    table.note_complete(4.0)
    assert table.age_s() == 3.0
