"""What becomes of a call whose reader has gone."""

import os
import subprocess

import pytest

from tests.running_stack import GRIDCTL

CALLS = ["--help", "simulate thermostats --help", "simulate thermostats --devices 2000 --ticks 9 --output -"]


@pytest.mark.parametrize("words", CALLS)
def test_a_reader_that_has_gone_is_no_fault(words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([GRIDCTL, *words.split()], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
