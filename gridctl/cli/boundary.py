"""The one place that turns errors into exit codes and into lines for people."""

import os
import select
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from enum import IntEnum

from gridctl.errors import GridctlError, SafetyBlocked, Unavailable, UsageProblem, ViolationFound


class ExitCode(IntEnum):
    """What a script may rely on."""

    OK = 0
    FAULT = 1
    USAGE = 2
    VIOLATION = 3
    BLOCKED = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130


CODE_OF: dict[type[GridctlError], ExitCode] = {
    UsageProblem: ExitCode.USAGE,
    ViolationFound: ExitCode.VIOLATION,
    SafetyBlocked: ExitCode.BLOCKED,
    Unavailable: ExitCode.UNAVAILABLE,
}


def exit_code_of(error: Exception) -> ExitCode:
    """Return the exit code of an error; what is not one of ours is a fault."""
    return next((code for kind, code in CODE_OF.items() if isinstance(error, kind)), ExitCode.FAULT)


def guarded(call: Callable[[], object], *, debug: bool = False) -> int:
    """Run the call and return its exit code; an error becomes one line on stderr, and what to do next."""
    with ExitStack() as stack:
        outputs = []
        for number in (1, 2):
            with suppress(OSError):  # closed by the caller
                outputs.append(os.dup(number))
                stack.callback(os.close, outputs[-1])
        return _code_of(call, outputs, debug=debug)


def _code_of(call: Callable[[], object], outputs: list[int], *, debug: bool) -> int:
    try:
        call()
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # Typer and rich end with 1 then
            return _broken_pipe(stop.__context__, outputs, debug=debug)
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        _say("interrupted\n")
        return ExitCode.INTERRUPTED
    except BrokenPipeError as error:
        return _broken_pipe(error, outputs, debug=debug)
    except Exception as error:  # noqa: BLE001 -- the boundary is where the unexpected ends
        return _failed(error, debug=debug)
    return ExitCode.OK


def _broken_pipe(error: BrokenPipeError, outputs: list[int], *, debug: bool) -> int:
    """Return OK where the reader of our own output has gone (`| head`); a broken pipe to a server is a fault."""
    poll = select.poll()
    for output in outputs:
        poll.register(output, 0)
    if not any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
        return _failed(error, debug=debug)
    # Python would complain once more when it closes stdout.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return ExitCode.OK


def _failed(error: Exception, *, debug: bool) -> int:
    if isinstance(error, GridctlError) and error.is_said and not debug:
        return exit_code_of(error)
    if isinstance(error, GridctlError):
        message, next_step = error.message, error.next_step
    else:
        message = f"unexpected {type(error).__name__}: {error}"
        next_step = "run the same again with --debug and report what it prints"
    lines = _printable("".join(traceback.format_exception(error)), but="\n") if debug else ""
    lines += f"error: {_one_line(message)}\n"
    if next_step:
        lines += f"  next: {_one_line(next_step)}\n"
    _say(lines)
    return exit_code_of(error)


def _say(lines: str) -> None:
    with suppress(OSError):  # nobody reads it; the exit code still says it
        sys.stderr.write(lines)
        sys.stderr.flush()


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(text: str, but: str = "") -> str:
    return "".join(character if character.isprintable() or character in but else " " for character in text)
