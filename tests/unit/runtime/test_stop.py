"""Signals, on real processes: once is a question, twice is the end."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gridctl.runtime.deadline import reached
from gridctl.runtime.stop import Stop

ASKED = """
import sys, time
from gridctl.runtime.stop import Stop
with Stop() as stop:
    print("ready", flush=True)
    print(stop.wait(50), flush=True)
    if "hang" in sys.argv:
        time.sleep(50)
"""
UNDONE = """
import time
from gridctl.runtime.stop import terminable
with terminable():
    try:
        print("ready", flush=True)
        time.sleep(50)
    finally:
        print("undone", flush=True)
"""
BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def started() -> Iterator[list["subprocess.Popen[str]"]]:
    running: list[subprocess.Popen[str]] = []
    yield running
    for each in running:
        each.kill()
        each.communicate()


def start(started: list["subprocess.Popen[str]"], program: str, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", program, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    started.append(process)
    assert said(process) == "ready"
    return process


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 0)])
def test_a_signal_ends_the_wait_and_ctrl_c_still_counts(
    number: int, code: int, started: list["subprocess.Popen[str]"]
) -> None:
    process = start(started, ASKED)
    process.send_signal(number)
    assert said(process) == "True"
    assert process.wait(20) == code  # Python ends with the signal itself after KeyboardInterrupt


@pytest.mark.parametrize("number", BOTH)
def test_a_second_signal_ends_it_at_once(number: int, started: list["subprocess.Popen[str]"]) -> None:
    process = start(started, ASKED, "hang")
    process.send_signal(number)
    assert said(process) == "True"
    process.send_signal(number)
    assert process.wait(20) == -number


@pytest.mark.parametrize("number", BOTH)
def test_what_has_no_result_yet_is_undone(number: int, started: list["subprocess.Popen[str]"]) -> None:
    process = start(started, UNDONE)
    process.send_signal(number)
    assert said(process) == "undone"
    assert process.wait(20) == -signal.SIGINT


def test_without_a_signal_nothing_is_asked_and_the_handlers_are_as_before() -> None:
    before = [signal.getsignal(number) for number in BOTH]
    with Stop() as stop:
        assert not stop.wait(0)
        assert not stop.is_asked()
    assert [signal.getsignal(number) for number in BOTH] == before


def test_a_failure_is_not_covered_by_the_interruption() -> None:
    def fails() -> None:
        with Stop():
            signal.raise_signal(signal.SIGINT)
            raise ValueError("it")

    with pytest.raises(ValueError, match="it"):
        fails()


def test_a_goal_is_reached_or_the_time_is_over() -> None:
    steps: list[int] = []
    assert reached(lambda: len(steps) == 3, 60, lambda: steps.append(1))
    assert not reached(lambda: False, 0.01, lambda: None)
