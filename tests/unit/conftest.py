"""What the tests of several rooms share: our newest schemas, and a registry that holds them."""

import pytest

from gridctl.adapters.schema_files import read_tree
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT
from gridctl.contracts.kinds import TOPIC_OF_KIND
from tests.support.memory_registry import MemoryRegistry
from tests.support.paths import SCHEMAS


@pytest.fixture(scope="session")
def schemas() -> dict[str, str]:
    """The newest schema of each subject that the platform writes."""
    tree = read_tree(SCHEMAS)
    subjects = [*(f"{topic}-value" for topic in TOPIC_OF_KIND.values()), DEAD_LETTER_SUBJECT, "grid.asset-value"]
    return {subject: file.text for subject in subjects if (file := tree.newest(subject))}


@pytest.fixture(scope="session")
def registry(schemas: dict[str, str]) -> MemoryRegistry:
    registry = MemoryRegistry()
    for subject, text in schemas.items():
        registry.register(subject, text)
    return registry
