"""One suite for the registry port: in memory, embedded over HTTP, AWS Glue on moto, and a real one by its URL."""

import json
import os
import uuid
from collections.abc import Iterable, Iterator

import pytest

from gridctl.adapters.registry import HttpRegistry, RegistryOptions
from gridctl.contracts.registry import SchemaReference, SchemaRegistry, SchemaVersion
from gridctl.errors import UsageProblem, ViolationFound
from tests.support.memory_registry import MemoryRegistry
from tests.support.moto_glue import glue_registry

LEVELS = ["NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]
BASE = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
FIELD = {"name": "b", "type": "int"}
ONE = json.dumps(BASE)
TWO = json.dumps(BASE | {"fields": [*BASE["fields"], FIELD | {"default": 0}]})
THREE = json.dumps(BASE | {"fields": [*BASE["fields"], FIELD]})
NEVER_GIVEN_ID = 2_000_000_000


@pytest.fixture(params=["memory", "embedded", "glue", pytest.param("real", marks=pytest.mark.real)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def glue() -> Iterator[SchemaRegistry]:
    with glue_registry("suite") as registry:
        yield registry


@pytest.fixture
def registry(kind: str, request: pytest.FixtureRequest) -> Iterator[SchemaRegistry]:
    if kind == "memory":
        yield MemoryRegistry()
        return
    if kind == "glue":
        yield request.getfixturevalue("glue")
        return
    url = os.environ.get("GRIDCTL_TEST_REGISTRY") if kind == "real" else request.getfixturevalue("embedded_registry")
    assert url, "GRIDCTL_TEST_REGISTRY names no registry"
    with HttpRegistry(RegistryOptions(url)) as client:
        yield client


@pytest.fixture
def subject(registry: SchemaRegistry) -> str:
    """A new name in a registry that others use too, with the level that the platform sets."""
    name = f"t-{uuid.uuid4().hex}-value"
    registry.set_level(name, "BACKWARD_TRANSITIVE") if is_apicurio(registry) else None
    return name


def is_apicurio(registry: SchemaRegistry) -> bool:
    return isinstance(registry, HttpRegistry) and "/apis/ccompat" in registry.url


def expect_failure(request: pytest.FixtureRequest, reason: str) -> None:
    request.applymarker(pytest.mark.xfail(strict=True, reason=reason))


def plain(version: SchemaVersion | None) -> SchemaVersion | None:
    """Return the version with its text in one form: registries lay the same JSON out as they like."""
    return version and version._replace(schema=json.dumps(json.loads(version.schema), sort_keys=True))


def all_plain(versions: Iterable[SchemaVersion]) -> list[SchemaVersion | None]:
    return [plain(version) for version in versions]


def test_nothing_is_there_at_first(registry: SchemaRegistry) -> None:
    subject = f"t-{uuid.uuid4().hex}-value"
    assert registry.find(subject, ONE) is None
    assert registry.versions(subject) == []
    assert subject not in registry.subjects()
    assert registry.schema_by_id(NEVER_GIVEN_ID) is None


def test_what_is_registered_is_found(registry: SchemaRegistry, subject: str) -> None:
    added = registry.register(subject, ONE)
    assert (added.subject, added.version) == (subject, 1)
    assert json.loads(added.schema) == BASE
    assert plain(registry.find(subject, ONE)) == plain(added)
    assert all_plain(registry.versions(subject)) == [plain(added)]
    assert subject in registry.subjects()
    text = registry.schema_by_id(added.schema_id)
    assert text is not None
    assert json.loads(text) == BASE


def test_registering_twice_changes_nothing(registry: SchemaRegistry, subject: str) -> None:
    assert plain(registry.register(subject, ONE)) == plain(registry.register(subject, ONE))
    assert len(registry.versions(subject)) == 1


def test_blanks_do_not_make_another_schema(registry: SchemaRegistry, subject: str) -> None:
    added = registry.register(subject, ONE)
    assert registry.register(subject, json.dumps(BASE, indent=4)).version == added.version
    found = registry.find(subject, json.dumps(BASE, indent=4))
    assert found is not None
    assert found.version == 1


def test_one_schema_has_one_id_in_all_subjects(registry: SchemaRegistry, subject: str) -> None:
    assert registry.register(subject, ONE).schema_id == registry.register(subject + "2", ONE).schema_id


def test_versions_come_oldest_first(registry: SchemaRegistry, subject: str) -> None:
    first, second = registry.register(subject, ONE), registry.register(subject, TWO)
    assert all_plain(registry.versions(subject)) == [plain(first), plain(second)]
    assert (first.version, second.version) == (1, 2)
    assert first.schema_id != second.schema_id
    assert plain(registry.find(subject, TWO)) == plain(second)
    assert registry.find(subject, THREE) is None


def test_every_earlier_version_counts(registry: SchemaRegistry, subject: str) -> None:
    registry.register(subject, ONE)
    registry.register(subject, TWO)
    with pytest.raises(ViolationFound):
        registry.register(subject, THREE)
    assert len(registry.versions(subject)) == 2


def test_what_is_no_schema_is_refused(registry: SchemaRegistry, subject: str) -> None:
    for text in ('{"type":"nonsense"}', "{", '{"type":"record","name":"R"}'):
        with pytest.raises(UsageProblem):
            registry.register(subject, text)
        assert registry.find(subject, text) is None
    assert registry.versions(subject) == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_subject_has_the_level_it_was_given(registry: SchemaRegistry, subject: str, level: str) -> None:
    registry.register(subject, ONE)
    registry.set_level(subject, level)
    assert registry.level(subject) == level


def test_a_level_that_is_none_is_refused(registry: SchemaRegistry, subject: str) -> None:
    with pytest.raises(UsageProblem):
        registry.set_level(subject, "SIDEWAYS")


def test_the_level_decides(registry: SchemaRegistry, subject: str) -> None:
    registry.register(subject, '"int"')
    registry.set_level(subject, "FORWARD")
    with pytest.raises(ViolationFound):
        registry.register(subject, '"long"')
    registry.set_level(subject, "NONE")
    assert registry.register(subject, '"string"').version == 2


def test_a_subject_has_no_level_until_it_gets_one(
    registry: SchemaRegistry, kind: str, request: pytest.FixtureRequest
) -> None:
    if is_apicurio(registry):
        expect_failure(request, "Apicurio answers 200 NONE for a subject without a level; Confluent's answers 40408")
    if kind == "glue":
        expect_failure(request, "a schema of Glue always has a level")
    subject = f"t-{uuid.uuid4().hex}-value"
    registry.register(subject, ONE)
    assert registry.level(subject) is None


def test_types_of_other_subjects(
    registry: SchemaRegistry, subject: str, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "glue":
        expect_failure(request, "Glue knows no references")
    named = f"R{uuid.uuid4().hex}"
    registry.register(subject, json.dumps(BASE | {"name": named}))
    user = json.dumps({"type": "record", "name": "User", "fields": [{"name": "r", "type": named}]})
    reference = SchemaReference(named, subject, 1)
    added = registry.register(f"{subject}-user", user, [reference])
    assert added.references == (reference,)
    assert all_plain(registry.versions(f"{subject}-user")) == [plain(added)]
    assert plain(registry.find(f"{subject}-user", user)) == plain(added)
    with pytest.raises(UsageProblem):
        registry.register(f"{subject}-other", user, [reference._replace(version=9)])


def test_types_of_other_subjects_that_need_others_themselves(
    registry: SchemaRegistry, subject: str, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "glue":
        expect_failure(request, "Glue knows no references")
    inner, middle = f"I{uuid.uuid4().hex}", f"M{uuid.uuid4().hex}"
    registry.register(f"{subject}-i", json.dumps(BASE | {"name": inner}))
    using_inner = {"type": "record", "name": middle, "fields": [{"name": "i", "type": inner}]}
    registry.register(f"{subject}-m", json.dumps(using_inner), [SchemaReference(inner, f"{subject}-i", 1)])
    using_middle = {"type": "record", "name": "Outer", "fields": [{"name": "m", "type": middle}]}
    to_middle = [SchemaReference(middle, f"{subject}-m", 1)]
    assert registry.register(f"{subject}-o", json.dumps(using_middle), to_middle).version == 1


@pytest.mark.parametrize("odd", ["with/slash", "per%cent", "sp ace", "ümlaut", "quest?ion#hash"])
def test_names_with_odd_characters(
    registry: SchemaRegistry, odd: str, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "glue":
        expect_failure(request, "names in Glue have letters, digits and -_$#. alone")
    subject = f"{odd}-{uuid.uuid4().hex}"
    added = registry.register(subject, ONE)
    assert added.subject == subject
    assert subject in registry.subjects()
    assert all_plain(registry.versions(subject)) == [plain(added)]
    registry.set_level(subject, "FULL")
    assert registry.level(subject) == "FULL"
