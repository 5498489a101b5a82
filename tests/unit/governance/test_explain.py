"""A registry beside the ledger: what nobody recorded, what is gone, and what was set otherwise."""

import json
from collections import deque

import pytest

from gridctl.audit.ledger import Origin
from gridctl.audit.verify import Fault
from gridctl.governance.ledger_check import LedgerView, compare, unexplained
from gridctl.governance.register import Registrar
from gridctl.governance.register_plan import plan
from gridctl.governance.tree import SchemaFile, SchemaTree
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_registry import MemoryRegistry

ONE = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
TWO = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]})


class World:
    def __init__(self) -> None:
        self.registry, self.ledger = MemoryRegistry(), MemoryLedger()
        self.registrar = Registrar(self.registry, self.ledger, "r", Origin("ann"), lambda: 0)
        tree = SchemaTree("schemas", (SchemaFile("s", 1, "schemas/s/v1.avsc", ONE),))
        self.registrar.execute(plan(tree, self.registry))

    def view(self, system: str = "r") -> LedgerView:
        view = LedgerView(system)
        deque(view.listen(self.ledger.records()), maxlen=0)
        return view

    def faults(self, system: str = "r") -> list[Fault]:
        return compare(self.view(system), self.registry)[1]


@pytest.fixture
def world() -> World:
    return World()


def test_what_was_recorded_is_explained(world: World) -> None:
    assert compare(world.view(), world.registry) == (1, [])


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
    (entry,) = world.registrar.adopt(unexplained(world.view(), world.registry), "found in the old cluster")
    assert (entry.action, entry.version, entry.reason, entry.after) == (
        "schema.adopt",
        2,
        "found in the old cluster",
        TWO,
    )
    assert world.faults() == []
