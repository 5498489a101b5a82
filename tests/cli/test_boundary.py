"""What becomes of a call whose reader has gone, or that is given no input at all."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.running_stack import GRIDCTL, RunningStack

CALLS = ["--help", "simulate thermostats --help", "simulate thermostats --devices 2000 --ticks 9 --output -"]


@pytest.mark.parametrize("words", CALLS)
def test_a_reader_that_has_gone_is_no_fault(words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([GRIDCTL, *words.split()], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_stdin_is_an_empty_one() -> None:
    words = [GRIDCTL, "schema", "compat", "--pairs", "-"]
    done = subprocess.run(["/bin/sh", "-c", '"$@" <&-', "sh", *words], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_state_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.touch()
    done = RunningStack(path).run("up", check=False)
    assert done.returncode == 2
    assert f"{path}: cannot be made" in done.stderr
