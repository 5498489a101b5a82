"""Bringing a stack up and down."""

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gridctl.errors import GridctlError, Unavailable, UsageProblem
from gridctl.local.stack.model import STATE_FILE, Part, Stack, Starter, read_stack
from gridctl.local.stack.processes import find, log_tail, stop

ANSWER_TIMEOUT_S = 60.0
DATA_DIR = "data"

Probe = Callable[[Part], None]
"""Returns when a part answers; raises GridctlError when it does not."""


def running(part: Part) -> bool:
    """Say whether all processes of a part are running; they may still not answer."""
    return all(find(process) is not None for process in part.processes)


def up(state_dir: Path, starters: Mapping[str, Starter], probe: Probe, say: Callable[[str], None]) -> Stack:
    """Start what is missing of a stack and wait until each part answers; raise Unavailable.

    A stack that is up is left as it is. What is left of one whose processes have all stopped is deleted. One that is
    partly up holds data that a new start would lose, so a person has to decide.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageProblem(
            f"{state_dir}: cannot be made: {error.strerror}", next_step="name a directory in GRIDCTL_STATE_DIR"
        ) from error
    with _locked(state_dir):
        present = read_stack(state_dir)
        if present is not None:
            running_now = [part.name for part in present.parts if running(part)]
            # What is not recorded was never started: an `up` that was killed midway left it out.
            ended = [name for name in starters if name not in running_now]
            if not ended:
                _answer(present, probe, state_dir)
                return present
            if running_now:
                raise Unavailable(
                    f"{', '.join(ended)} is down in the stack of {state_dir}",
                    next_step="`gridctl down` stops the rest and deletes all data of this stack; then run `gridctl up`",
                )
            _clear(state_dir, present)
        return _start(state_dir, starters, probe, say)


def _start(state_dir: Path, starters: Mapping[str, Starter], probe: Probe, say: Callable[[str], None]) -> Stack:
    data = state_dir / DATA_DIR
    data.mkdir(exist_ok=True)
    stack = Stack()
    try:
        for name, starter in starters.items():
            say(f"starting {name}")
            stack = Stack(parts=(*stack.parts, starter(data)))
            # At once: whatever happens next, `down` finds what was started.
            stack.write(state_dir)
        _answer(stack, probe, state_dir)
    except BaseException:
        _end(state_dir, stack)
        raise
    return stack


def down(state_dir: Path) -> Stack | None:
    """Stop every process of the stack and delete its data; return what was stopped, None when there was nothing."""
    if not state_dir.is_dir():
        return None
    with _locked(state_dir):
        present = read_stack(state_dir)
        if present is not None:
            _clear(state_dir, present)
        return present


def _end(state_dir: Path, stack: Stack) -> None:
    """Stop the processes of a stack that did not come up; the logs stay, they say why."""
    stop(process for part in stack.parts for process in part.processes)
    (state_dir / STATE_FILE).unlink(missing_ok=True)


def _clear(state_dir: Path, stack: Stack) -> None:
    _end(state_dir, stack)
    shutil.rmtree(state_dir / DATA_DIR, ignore_errors=True)


def _answer(stack: Stack, probe: Probe, state_dir: Path) -> None:
    deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
    for part in stack.parts:
        while True:
            try:
                probe(part)
                break
            except GridctlError as problem:
                log = state_dir / DATA_DIR / f"{part.name}.log"
                if not running(part):
                    raise Unavailable(
                        f"{part.name} stopped right after its start: {log_tail(log)}", next_step=f"read {log}"
                    ) from problem
                if time.monotonic() > deadline_s:
                    raise Unavailable(
                        f"{part.name} at {part.address} does not answer: {problem.message}", next_step=f"read {log}"
                    ) from problem
                time.sleep(0.05)


@contextmanager
def _locked(state_dir: Path) -> Iterator[None]:
    """Let one command at a time change the stack of a directory."""
    with (state_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unavailable(
                f"another gridctl is changing the stack in {state_dir}", next_step="wait until it has finished"
            ) from error
        yield
