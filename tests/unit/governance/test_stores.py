"""Looking schemas up in trees and registries: which store answers, how often it is asked, and what a bad schema is."""

import pytest

from gridctl.avro.model import Record
from gridctl.contracts.registry import SchemaReference, SchemaVersion
from gridctl.errors import Unavailable, UsageProblem
from gridctl.governance.stores import RegistryStore, SchemaTree, StoredSchema, find, parse_stored, schema_of
from tests.support.memory_registry import MemoryRegistry

USER = '{"type": "record", "name": "x.U", "fields": [{"name": "e", "type": "E"}]}'
REFERENCE = (SchemaReference("x.E", "e", 1),)


def enum(symbol: str) -> str:
    return f'{{"type": "enum", "name": "x.E", "symbols": ["{symbol}"]}}'


class Counting(MemoryRegistry):
    """A registry that counts how often it is asked for versions."""

    asked = 0

    def versions(self, subject: str) -> list[SchemaVersion]:
        self.asked += 1
        return super().versions(subject)


@pytest.fixture
def registry() -> Counting:
    made = Counting()
    made.register("e", enum("REGISTERED"))
    return made


def test_the_first_store_that_has_a_version_gives_it(registry: Counting) -> None:
    tree = SchemaTree("t", (StoredSchema("e", 1, "t/e/v1.avsc", enum("LOCAL")),))
    store = RegistryStore("http://r", registry)
    user = StoredSchema("u", 1, "t/u/v1.avsc", USER, REFERENCE)
    for stores, symbol in (((tree, store), "LOCAL"), ((store, tree), "REGISTERED"), ((store,), "REGISTERED")):
        root = parse_stored(user, *stores).root
        assert isinstance(root, Record)
        assert root.by_name["e"].type.raw["symbols"] == [symbol]
    assert find((tree, store), "e", 2) is None
    assert find((store,), "e", 1) == StoredSchema("e", 1, "http://r", enum("REGISTERED"), (), 1)


def test_a_registry_is_asked_for_a_subject_once(registry: Counting) -> None:
    store = RegistryStore("http://r", registry)
    for version in (1, 2, 1):
        find((store,), "e", version)
        find((store,), "absent", version)
    assert registry.asked == 2


def test_a_bad_file_is_for_its_author_and_a_bad_version_of_a_registry_is_not() -> None:
    with pytest.raises(UsageProblem, match=r"^t/s/v1\.avsc:2:10: is not an Avro schema"):
        schema_of(StoredSchema("s", 1, "t/s/v1.avsc", '{"type":\n         "object"}'))
    with pytest.raises(Unavailable, match=r"^http://r: s version 1 is not an Avro schema"):
        schema_of(StoredSchema("s", 1, "http://r", "syntax = 'proto3';", (), 7))
