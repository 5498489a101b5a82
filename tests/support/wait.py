"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable

import pytest


def wait_until(
    true: Callable[[], object], timeout_s: float = 30, *, otherwise: str = "it did not happen", pause_s: float = 0.02
) -> None:
    """Ask again and again until it is true; the test fails when it is not after so long."""
    deadline_s = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline_s:
            pytest.fail(f"{otherwise}, in {timeout_s:g} s")
        time.sleep(pause_s)
