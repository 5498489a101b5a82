"""The embedded stack, for tests that need the real parts."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_stack import RunningStack


def pytest_configure() -> None:
    """A shell's background job ignores interruptions, and so would every command that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _running(state_dir: Path) -> Iterator[RunningStack]:
    stack = RunningStack(state_dir)
    try:
        stack.run("up")
        yield stack
    finally:
        stack.run("down")


REAL = {
    "broker": "GRIDCTL_TEST_BOOTSTRAP",
    "registry": "GRIDCTL_TEST_REGISTRY",
    "redis": "GRIDCTL_TEST_REDIS",
    "mqtt": "GRIDCTL_TEST_MQTT",
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack that the tests of this session share: the real servers where the environment names them, all four."""
    state_dir = tmp_path_factory.mktemp("stack")
    given = {name: os.environ[variable] for name, variable in REAL.items() if os.environ.get(variable)}
    yield from _real(state_dir, given) if given else _running(state_dir)


def _real(state_dir: Path, given: dict[str, str]) -> Iterator[RunningStack]:
    assert set(given) == set(REAL), f"name all of {', '.join(REAL.values())}"
    stack = RunningStack(state_dir, given)
    stack.run("topics", "apply")
    stack.run("schema", "register", "--execute")
    try:
        yield stack
    finally:
        stack.run("down")  # the examples of `up` have started one beside the real servers


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[RunningStack]:
    """A stack for one test alone."""
    yield from _running(tmp_path / "state")
