"""What a walk over a ledger finds, on exported bytes: any of them may have been changed."""

import random
from collections.abc import Callable

import pytest

from gridctl.audit.chain import START, Head, head_of, seal
from gridctl.audit.export import in_range, line_of, records_of
from gridctl.audit.ledger import LedgerRecord, Origin
from gridctl.audit.verify import walk
from gridctl.contracts.audit import AuditEntry
from gridctl.errors import ViolationFound
from tests.support.memory_ledger import MemoryLedger

HOUR_MS = 3_600_000


def ledger(count: int = 5) -> MemoryLedger:
    made = MemoryLedger()
    for number in range(count):
        made.append([Origin("ann", commit="c0").fact("schema.level", f"s{number}-ü", number * HOUR_MS, before="a")])
    return made


@pytest.fixture
def entries() -> list[AuditEntry]:
    return ledger().entries


def walked(lines: list[bytes], expected: Head | None = None) -> list[tuple[str, str]]:
    """Return rules and places; a place that is not a line stands before the message."""
    found = walk(records_of(lines, "f"), expected, "f").findings
    assert {each.file for each in found} <= {"f"}
    return [(each.rule, f"f:{each.line}" if each.line else each.message.partition(":")[0]) for each in found]


def lines_of(entries: list[AuditEntry]) -> list[bytes]:
    return [line_of(entry) for entry in entries]


def test_a_whole_ledger_has_no_faults(entries: list[AuditEntry]) -> None:
    seen = walk(records_of(lines_of(entries), "f"), head_of(entries[-1]))
    assert (seen.findings, seen.count, seen.head, seen.first) == ([], 5, head_of(entries[-1]), head_of(entries[0]))


def test_every_flipped_bit_is_found(entries: list[AuditEntry]) -> None:
    whole = b"".join(lines_of(entries))
    seeded = random.Random(7)
    for at in seeded.sample(range(len(whole)), 400):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << seeded.randrange(8)
        assert walked(bytes(flipped).splitlines(keepends=True)), (at, bytes(flipped))


def test_the_place_of_a_change_is_named(entries: list[AuditEntry]) -> None:
    lines = lines_of(entries)
    lines[2] = lines[2].replace(b'"before":"a"', b'"before":"b"')
    assert walked(lines) == [("audit-changed", "f:3")]


def test_a_change_with_a_new_hash_breaks_the_link_after_it(entries: list[AuditEntry]) -> None:
    fact = Origin("eve").fact("schema.level", "s", 0)
    forged = seal(fact, Head(2, entries[1].entry_hash))
    assert walked(lines_of([*entries[:2], forged, *entries[3:]])) == [("audit-link", "f:4")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda e: e[:2] + e[3:], [("audit-gap", "f:3")]),
        (lambda e: [*e[:2], e[3], e[2], e[4]], [("audit-gap", "f:3"), ("audit-gap", "f:4"), ("audit-gap", "f:5")]),
        (lambda e: [*e[:3], e[2], *e[3:]], [("audit-fork", "f:4")]),
    ],
    ids=["removed", "swapped", "twice"],
)
def test_what_was_removed_moved_or_added_is_found(
    entries: list[AuditEntry],
    change: Callable[[list[AuditEntry]], list[AuditEntry]],
    expected: list[tuple[str, str]],
) -> None:
    assert walked(lines_of(change(entries))) == expected


def test_a_fork_is_called_one(entries: list[AuditEntry]) -> None:
    other = seal(Origin("bob").fact("schema.level", "s", 0), head_of(entries[3]))
    assert walked(lines_of([*entries, other])) == [("audit-fork", "f:6")]


def test_a_line_that_is_none_hides_nothing_behind_it(entries: list[AuditEntry]) -> None:
    lines = lines_of(entries)
    assert walked([lines[0], b"{}\n", *lines[2:]]) == [("audit-unreadable", "f:2")]
    assert walked([lines[0], b"{}\n", *lines[3:]]) == [("audit-unreadable", "f:2"), ("audit-gap", "f:3")]


@pytest.mark.parametrize("kept", [0, 1, 4])
def test_a_cut_off_end_is_found_with_the_head(entries: list[AuditEntry], kept: int) -> None:
    lines = lines_of(entries)[:kept]
    assert walked(lines) == []
    assert walked(lines, head_of(entries[-1])) == [("audit-cut-off", f"after entry {kept}")]


def test_a_ledger_that_went_on_since_holds_the_head(entries: list[AuditEntry]) -> None:
    assert walked(lines_of(entries), head_of(entries[2])) == []
    assert walked(lines_of(entries), START) == []


def test_a_history_written_anew_is_found_with_the_head(entries: list[AuditEntry]) -> None:
    anew = MemoryLedger()
    for _ in entries:
        anew.append([Origin("eve").fact("schema.level", "s", 0)])
    assert walked(lines_of(anew.entries)) == []
    assert walked(lines_of(anew.entries), head_of(entries[-1])) == [("audit-other-history", "entry 5")]


def test_a_part_of_a_ledger_can_be_checked(entries: list[AuditEntry]) -> None:
    seen = walk(records_of(lines_of(entries[2:]), "f"), head_of(entries[-1]))
    assert seen.findings == []
    assert seen.first == head_of(entries[2])
    assert walked(lines_of(entries[2:]), head_of(entries[0])) == [("audit-cut-off", "after entry 5")]


def test_a_first_entry_follows_the_start() -> None:
    alone = seal(Origin("eve").fact("schema.level", "s", 0), Head(0, "1" * 64))
    assert walked([line_of(alone)]) == [("audit-link", "f:1")]


def test_an_export_by_time_has_no_gaps() -> None:
    made = MemoryLedger()
    for hour in (0, 1, 5, 2, 3, 9):
        made.append([Origin("ann").fact("schema.level", "s", hour * HOUR_MS)])
    found = [entry.sequence for entry in in_range(made.records(), HOUR_MS, 4 * HOUR_MS)]
    assert found == [2, 3, 4, 5]
    assert [entry.sequence for entry in in_range(made.records(), None, None)] == [1, 2, 3, 4, 5, 6]
    assert [entry.sequence for entry in in_range(made.records(), 9 * HOUR_MS, None)] == [6]
    assert [entry.sequence for entry in in_range(made.records(), None, HOUR_MS)] == [1]


def test_an_export_stops_at_what_is_no_entry() -> None:
    with pytest.raises(ViolationFound, match="offset 7"):
        list(in_range([LedgerRecord("offset 7", None, "broken")], None, None))
