"""Which ids a log still needs, and who can read them."""

import json

import pytest

from gridctl.contracts.framing import frame_header
from gridctl.errors import UsageProblem
from gridctl.governance.retention import Census, Need, needs_of, reader_of, retention_findings
from gridctl.governance.stores import SchemaTree, StoredSchema
from tests.support.memory_registry import MemoryRegistry

BASE = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
FIELD = {"name": "b", "type": "int"}
ONE = json.dumps(BASE)
TWO = json.dumps(BASE | {"fields": [*BASE["fields"], FIELD | {"default": 0}]})
NEEDS_B = json.dumps(BASE | {"fields": [*BASE["fields"], FIELD]})


class Log:
    """A topic `t` with its dead letters, a registry that knows v1 and v2, and a local reader."""

    def __init__(self) -> None:
        self.registry, self.census = MemoryRegistry(), Census()
        self.ids = [self.registry.register("t-value", text).schema_id for text in (ONE, TWO)]

    def put(self, schema_id: int, time_ms: int = 0) -> None:
        self.census.add("t", frame_header(schema_id) + b"\x02", time_ms)

    def put_letter(self, raw: bytes, stage: str = "DECODE") -> None:
        self.census.add_letter("t.dlq", {"raw": raw, "stage": stage}, 0)

    def needs(self, reader: str) -> list[Need]:
        tree = SchemaTree("schemas", (StoredSchema("t-value", 1, "schemas/t-value/v1.avsc", reader),))
        places = {"t": "t-value", "t.dlq": "t-value", "raw in t.dlq": "t-value"}
        return list(needs_of(self.census, places, tree, self.registry))

    def rules(self, reader: str) -> list[str]:
        return [
            each.rule
            for each in retention_findings(self.census, self.needs(reader), "v1.avsc")
            if each.severity == "error"
        ]


@pytest.fixture
def log() -> Log:
    return Log()


def test_what_occurs_is_counted_with_its_times(log: Log) -> None:
    for schema_id, time_ms in ((1, 50), (2, 70), (1, 20), (1, 60)):
        log.put(schema_id, time_ms)
    seen = [
        (need.schema_id, need.subject, need.version, need.use.count, need.use.first_ms, need.use.last_ms)
        for need in log.needs(TWO)
    ]
    assert seen == [(1, "t-value", 1, 3, 20, 60), (2, "t-value", 2, 1, 70, 70)]
    assert log.rules(TWO) == []


def test_a_reader_that_cannot_read_one_of_them_is_not_safe(log: Log) -> None:
    log.put(log.ids[1])
    assert log.rules(NEEDS_B) == []
    log.put(log.ids[0])
    assert log.rules(NEEDS_B) == ["retention-unreadable"]
    (finding,) = retention_findings(log.census, log.needs(NEEDS_B), "v1.avsc")
    assert finding.version == 1
    assert "b" in finding.message


def test_an_id_that_nobody_knows_is_not_safe(log: Log) -> None:
    log.put(77)
    assert log.rules(TWO) == ["retention-unknown-id"]


def test_a_version_that_was_deleted_is_judged_by_its_schema(log: Log) -> None:
    other = log.registry.register("elsewhere", ONE).schema_id
    log.registry._subjects["t-value"] = log.registry._subjects["t-value"][1:]
    log.put(other)
    (need,) = log.needs(TWO)
    assert (need.is_known, need.subject, need.problem) == (True, None, None)
    assert log.rules(NEEDS_B) == ["retention-unreadable"]


@pytest.mark.parametrize("stage", ["DECODE", "APPLY"])
def test_the_record_in_a_dead_letter_counts(log: Log, stage: str) -> None:
    log.put_letter(frame_header(log.ids[0]) + b"\x02", stage)
    assert log.rules(TWO) == []
    assert log.rules(NEEDS_B) == ["retention-unreadable"]
    assert log.needs(TWO)[0].place == "raw in t.dlq"


def test_what_a_device_sent_is_no_record(log: Log) -> None:
    log.put_letter(frame_header(77) + b"\x02", "PARSE")
    log.put_letter(b"\x01", "DECODE")
    assert log.rules(TWO) == []


def test_a_letter_that_cannot_be_read_may_hold_anything(log: Log) -> None:
    log.census.add_letter("t.dlq", None, 0)
    assert log.rules(TWO) == ["retention-letter"]


def test_what_is_not_framed_is_said_and_a_tombstone_needs_nothing(log: Log) -> None:
    log.census.add("t", b"{}", 0)
    log.census.add("t", None, 0)
    assert log.rules(TWO) == []
    assert [each.rule for each in retention_findings(log.census, [], "v1.avsc")] == ["retention-unframed"]
    assert log.census.records == 2


def test_a_subject_without_a_local_schema_has_no_reader(log: Log) -> None:
    with pytest.raises(UsageProblem):
        reader_of(SchemaTree("schemas", ()), "t-value")
