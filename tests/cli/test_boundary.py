"""What becomes of a call whose reader has gone, or that is given no input at all."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.running_stack import RunningStack
from tests.support.command import call
from tests.support.paths import GRIDCTL, ROOT

CALLS = ["--help", "simulate thermostats --help", "simulate thermostats --devices 2000 --ticks 9 --to -"]


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


@pytest.mark.parametrize("words", [["nonsense"], ["config", "show", "-o", "xml"], ["-X", "nonsense", "config", "show"]])
def test_a_wrong_call_is_usage(words: list[str]) -> None:
    done = call(*words, cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2>&1 | true"])
def test_an_error_that_nobody_can_read_keeps_its_exit_code(redirection: str) -> None:
    """A closed stderr, a full disk, and a reader that has gone."""
    script = f'set -o pipefail; "$0" -X nonsense config show {redirection}'
    done = subprocess.run(["bash", "-c", script, GRIDCTL], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")


def test_an_interruption_is_130() -> None:
    """It comes when the first of several pairs has been answered."""
    words = [GRIDCTL, "schema", "compat", "--pairs", "-"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(b'{"id": 1, "reader": "long", "writer": "int"}\n')
        running.stdin.flush()
        assert b'"compatible": true' in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
