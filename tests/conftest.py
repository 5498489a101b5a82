"""The embedded stack, for tests that need the real parts."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.running_stack import RunningStack, running_stack
from tests.support.registry_process import registry_process


def pytest_configure() -> None:
    """See to it that the commands that tests start find what they find in a user's shell."""
    # They are many: without its compiled modules each would take twice as long to start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A shell's background job ignores interruptions, and so would every command that it starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take long first: the short ones then keep all workers busy to the end."""
    lasting = {item.path for item in items if item.get_closest_marker("stack") or item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in lasting)


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
    with _real(state_dir, given) if given else running_stack(state_dir) as running:
        yield running


@contextmanager
def _real(state_dir: Path, given: dict[str, str]) -> Iterator[RunningStack]:
    assert set(given) == set(REAL), f"name all of {', '.join(REAL.values())}"
    stack = RunningStack(state_dir, given)
    stack.run("topics", "apply")
    stack.run("schema", "register", "--execute")
    try:
        yield stack
    finally:
        stack.run("down")  # the examples of `up` have started one beside the real servers


@pytest.fixture(scope="session")
def embedded_registry() -> Iterator[str]:
    """The address of the embedded registry alone. Several tests share it: use subjects of your own."""
    with registry_process() as url:
        yield url


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[RunningStack]:
    """A stack for one test alone."""
    with running_stack(tmp_path / "state") as running:
        yield running
