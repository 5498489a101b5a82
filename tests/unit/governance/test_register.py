"""Planning and registering a tree, on the registry and the ledger in memory."""

import json
from itertools import count

import pytest

from gridctl.audit.ledger import Origin
from gridctl.avro import Level
from gridctl.contracts.audit import AUDIT_SUBJECT
from gridctl.contracts.registry import SchemaReference
from gridctl.errors import GridctlError, UsageProblem, ViolationFound
from gridctl.governance.register import Registrar, Report, system_name
from gridctl.governance.register_plan import AddVersion, Plan, SetLevel, plan
from gridctl.governance.stores import RegistryStore, SchemaTree, StoredSchema
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_registry import MemoryRegistry

LEVEL = Level.BACKWARD_TRANSITIVE


def schema(*fields: object, name: str = "R") -> str:
    return json.dumps({"type": "record", "name": name, "fields": list(fields)})


A = {"name": "a", "type": "int"}
B = {"name": "b", "type": "int", "default": 0}
ONE, TWO = schema(A), schema(A, B)
UNUSABLE = schema(A, {"name": "f", "type": {"type": "enum", "name": "E", "symbols": ["X"]}, "default": "Y"})
THREE = schema(A, {"name": "b", "type": "int"})


def file(subject: str, version: int, text: str, *references: SchemaReference) -> StoredSchema:
    return StoredSchema(subject, version, f"schemas/{subject}/v{version}.avsc", text, references)


def tree(*files: StoredSchema, strays: tuple[str, ...] = ()) -> SchemaTree:
    return SchemaTree("schemas", files, strays)


def planned(registry: MemoryRegistry, *files: StoredSchema, strays: tuple[str, ...] = ()) -> Plan:
    return plan(tree(*files, strays=strays), RegistryStore("mem://r", registry), LEVEL)


# t v2 comes after t v1, which refers to s v1, which refers to t v2.
ORDERLESS = [
    file("s", 1, '"int"', SchemaReference("X", "t", 2)),
    file("t", 1, '"int"', SchemaReference("X", "s", 1)),
    file("t", 2, '"int"'),
]


class World:
    def __init__(self) -> None:
        self.registry, self.ledger = MemoryRegistry(), MemoryLedger()
        clock = count(1_000)
        self.registrar = Registrar(self.registry, self.ledger, "mem://r", Origin("ann", commit="c0"), clock.__next__)

    def register(self, *files: StoredSchema) -> Report:
        return self.registrar.execute(planned(self.registry, *files))


@pytest.fixture
def world() -> World:
    return World()


def test_a_new_subject_is_registered_gets_its_level_and_both_are_recorded(world: World) -> None:
    report = world.register(file("s", 1, ONE), file("s", 2, TWO))
    assert [version.version for version in world.registry.versions("s")] == [1, 2]
    assert world.registry.level("s") == LEVEL
    assert [(entry.action, entry.version, entry.actor, entry.commit, entry.system) for entry in report.entries] == [
        ("schema.register", 1, "ann", "c0", "mem://r"),
        ("schema.level", None, "ann", "c0", "mem://r"),
        ("schema.register", 2, "ann", "c0", "mem://r"),
    ]
    assert (report.entries[0].before, report.entries[0].after) == (None, ONE)
    assert (report.entries[1].before, report.entries[1].after) == (None, LEVEL)
    assert (report.entries[2].before, report.entries[2].after) == (ONE, TWO)
    assert report.head == world.ledger.head()


def test_the_second_time_changes_nothing(world: World) -> None:
    files = file("s", 1, ONE), file("s", 2, TWO)
    first = world.register(*files)
    second = world.register(*files)
    assert (second.plan.steps, second.entries, second.plan.unchanged) == ((), (), 2)
    assert second.head == first.head
    assert len(world.ledger.entries) == 3


def test_a_level_that_somebody_changed_is_set_again(world: World) -> None:
    world.register(file("s", 1, ONE))
    world.registry.set_level("s", "NONE")
    report = world.register(file("s", 1, ONE))
    assert report.plan.steps == (SetLevel("s", "NONE", LEVEL),)
    assert world.registry.level("s") == LEVEL


def test_what_is_referenced_comes_first_and_the_ledgers_own_before_all() -> None:
    uses = schema({"name": "r", "type": "R"}, name="U")
    files = file("a", 1, uses, SchemaReference("R", "z", 2)), file("z", 1, ONE), file("z", 2, TWO)
    found = planned(MemoryRegistry(), *files, file(AUDIT_SUBJECT, 1, ONE))
    added = [(step.file.subject, step.file.version) for step in found.steps if isinstance(step, AddVersion)]
    assert added == [(AUDIT_SUBJECT, 1), ("z", 1), ("z", 2), ("a", 1)]


@pytest.mark.parametrize(
    ("files", "kind", "words"),
    [
        ([], UsageProblem, "holds no schema"),
        ([file("s", 2, ONE)], ViolationFound, "v1 missing"),
        ([file("s", 1, ONE), file("s", 3, TWO)], ViolationFound, "v2 missing"),
        ([file("s", 1, "{")], UsageProblem, "schemas/s/v1.avsc"),
        ([file("s", 1, ONE), file("s", 2, TWO), file("s", 3, THREE)], ViolationFound, "v3 cannot read what v1 wrote"),
        ([file("s", 1, ONE), file("s", 2, UNUSABLE)], ViolationFound, r"v2\.avsc:1:\d+: no producer can write"),
        ([file("s", 1, ONE, SchemaReference("X", "gone", 1))], UsageProblem, "refers to gone v1 for X"),
        ([file("s", 1, ONE, SchemaReference("X", "s", 1))], UsageProblem, "in a circle through s v1"),
        (ORDERLESS, UsageProblem, r"references itself through s v1 → t v2 → t v1"),
    ],
)
def test_a_tree_that_is_wrong_is_refused_before_anything_is_written(
    world: World, files: list[StoredSchema], kind: type[GridctlError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        world.register(file("a", 1, ONE), *files) if files else world.register()
    assert world.registry.subjects() == []
    assert world.ledger.entries == []


def test_a_stray_file_is_refused() -> None:
    with pytest.raises(UsageProblem, match=r"schemas/x\.avsc"):
        planned(MemoryRegistry(), file("s", 1, ONE), strays=("schemas/x.avsc",))


def test_another_schema_under_a_published_version_is_refused(world: World) -> None:
    world.register(file("s", 1, ONE))
    with pytest.raises(ViolationFound, match=r"v1 is published in mem://r with other content"):
        world.register(file("s", 1, TWO))


def test_a_version_that_the_registry_has_under_another_number_is_refused(world: World) -> None:
    world.registry._subjects["s"] = [world.registry.register("s", ONE)._replace(version=2)]
    with pytest.raises(ViolationFound, match="v1 is version 2 in mem://r"):
        world.register(file("s", 1, ONE))


def test_a_version_that_is_gone_while_later_ones_are_there_is_not_registered_again(world: World) -> None:
    world.registry._subjects["s"] = [world.registry.register("s", TWO)._replace(version=2)]
    with pytest.raises(ViolationFound, match="later versions of s"):
        world.register(file("s", 1, ONE))


def test_the_same_text_with_other_references_is_another_schema(world: World) -> None:
    uses = schema({"name": "r", "type": "R"}, name="U")
    files = file("z", 1, ONE), file("z", 2, TWO)
    world.register(*files, file("a", 1, uses, SchemaReference("R", "z", 1)))
    with pytest.raises(ViolationFound, match=r"v1 is published in mem://r with other content"):
        world.register(*files, file("a", 1, uses, SchemaReference("R", "z", 2)))


def test_what_only_the_registry_holds_is_named_and_counts_for_compatibility(world: World) -> None:
    world.register(file("s", 1, ONE))
    world.registry.register("s", TWO)
    assert [version.version for version in planned(world.registry, file("s", 1, ONE)).strangers] == [2]


def test_the_same_content_under_a_later_number_is_named_too(world: World) -> None:
    world.register(file("s", 1, ONE))
    (held,) = world.registry.versions("s")
    world.registry._subjects["s"].append(held._replace(version=2))
    assert [version.version for version in planned(world.registry, file("s", 1, ONE)).strangers] == [2]


def test_layout_does_not_make_another_schema(world: World) -> None:
    world.register(file("s", 1, ONE))
    assert world.register(file("s", 1, json.dumps(json.loads(ONE), indent=4, sort_keys=True))).entries == ()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:39125", "http://loopback"),
        ("http://localhost:8080/apis/ccompat/v7/", "http://loopback/apis/ccompat/v7"),
        ("https://registry.example.com/", "https://registry.example.com"),
    ],
)
def test_what_a_registry_is_called_in_the_ledger(url: str, name: str) -> None:
    assert system_name(url) == name
