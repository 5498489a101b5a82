"""A registry beside the ledger: what nobody recorded, what is gone, and what was set otherwise."""

import json

import pytest

from gridctl.audit.ledger import Origin
from gridctl.contracts.registry import SchemaVersion
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.governance.ledger_check import verify
from gridctl.governance.register import Registrar, Report
from gridctl.governance.register_plan import plan
from gridctl.governance.stores import RegistryStore, SchemaTree, StoredSchema
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_registry import MemoryRegistry

ONE = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
TWO = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]})


class World:
    def __init__(self) -> None:
        self.registry, self.ledger = MemoryRegistry(), MemoryLedger()
        self.registrar = Registrar(self.registry, self.ledger, "r", Origin("ann"), lambda: 0)
        self.tree = SchemaTree("schemas", (StoredSchema("s", 1, "schemas/s/v1.avsc", ONE),))
        self.register()

    def register(self, adopt: str | None = None) -> Report:
        return self.registrar.execute(plan(self.tree, RegistryStore("r", self.registry)), adopt)

    def verdict(self, system: str = "r") -> Verdict:
        return verify(self.ledger.records(), RegistryStore("r", self.registry), system)

    def faults(self, system: str = "r") -> tuple[Finding, ...]:
        return self.verdict(system).findings


@pytest.fixture
def world() -> World:
    return World()


def test_what_was_recorded_is_explained(world: World) -> None:
    head = str(world.ledger.head())
    assert world.verdict().checked == {"entries": 2, "head": head, "registry": "r", "versions": 1}
    assert world.faults() == ()


@pytest.mark.parametrize("subject", ["s", "new"])
def test_a_version_that_nobody_recorded_is_found(world: World, subject: str) -> None:
    added = world.registry.register(subject, TWO)
    assert [(fault.rule, fault.subject, fault.version) for fault in world.faults()] == [
        ("registry-unexplained", subject, added.version)
    ]


def test_another_schema_under_a_recorded_version_is_found(world: World) -> None:
    world.registry._subjects["s"] = [world.registry.versions("s")[0]._replace(schema=TWO)]
    (fault,) = world.faults()
    assert (fault.rule, fault.version) == ("registry-unexplained", 1)
    assert "another schema" in fault.message


@pytest.mark.parametrize(
    "text",
    [
        "syntax = 'proto3';",
        '{"type": ["object", "null"], "properties": {}}',
        '{"type": {"a": 1}}',
        '{"type": "record", "name": "R", "fields": 3, "aliases": 4}',
        '{"type": "record", "name": "R", "fields": [{"name": "b", "type": {"type": ["null", "double"]}}]}',
    ],
)
def test_what_is_not_avro_is_found_and_can_be_adopted(world: World, text: str) -> None:
    world.registry._subjects["proto"] = [SchemaVersion("proto", 1, 9, text)]
    assert [(fault.rule, fault.subject) for fault in world.faults()] == [("registry-unexplained", "proto")]
    world.register(adopt="another team's")
    assert world.faults() == ()


def test_the_same_schema_under_another_id_is_found(world: World) -> None:
    world.registry._subjects["s"] = [world.registry.versions("s")[0]._replace(schema_id=99)]
    assert [fault.rule for fault in world.faults()] == ["registry-unexplained"]


def test_a_version_that_is_gone_is_found(world: World) -> None:
    del world.registry._subjects["s"]
    assert [(fault.rule, fault.subject, fault.version) for fault in world.faults()] == [("registry-missing", "s", 1)]


def test_a_level_that_somebody_changed_is_found(world: World) -> None:
    world.registry.set_level("s", "NONE")
    (fault,) = world.faults()
    assert (fault.rule, fault.subject) == ("registry-level", "s")
    assert "NONE" in fault.message


def test_what_another_registrys_entries_say_explains_nothing(world: World) -> None:
    assert [fault.rule for fault in world.faults("another")] == ["registry-unexplained"]


def test_what_is_adopted_is_explained_from_then_on(world: World) -> None:
    world.registry.register("s", TWO)
    report = world.register(adopt="found in the old cluster")
    (entry,) = report.entries
    assert report.head == world.ledger.head()
    assert (entry.action, entry.version, entry.reason, entry.after) == (
        "schema.adopt",
        2,
        "found in the old cluster",
        TWO,
    )
    assert world.faults() == ()
    assert world.register(adopt="again").entries == ()
