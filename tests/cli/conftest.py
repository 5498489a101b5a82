"""What the tests of several commands share."""

from collections.abc import Iterator

import pytest

from tests.running_stack import RunningStack, running_stack


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of this module's own: here counts are exact."""
    with running_stack(tmp_path_factory.mktemp("platform")) as running:
        yield running
