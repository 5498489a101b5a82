"""How many examples a property test takes: all of them in the real tier, a quarter in `make test`."""

import os

IS_THOROUGH = os.environ.get("GRIDCTL_TEST_THOROUGH") == "1"


def examples(number: int) -> int:
    """Return how many examples to take of a test that takes `number` where there is time."""
    return number if IS_THOROUGH else number // 4
