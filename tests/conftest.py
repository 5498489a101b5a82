"""The embedded stack, for tests that need the real parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_stack import RunningStack


def _running(state_dir: Path) -> Iterator[RunningStack]:
    stack = RunningStack(state_dir)
    try:
        stack.run("up")
        yield stack
    finally:
        stack.run("down")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack that the tests of this session share."""
    yield from _running(tmp_path_factory.mktemp("stack"))


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[RunningStack]:
    """A stack for one test alone."""
    yield from _running(tmp_path / "state")
