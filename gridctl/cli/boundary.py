"""The one place that turns errors into exit codes and into lines for people."""

import os
import sys
import traceback
from collections.abc import Callable
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


def exit_code_of(error: GridctlError) -> ExitCode:
    """Return the exit code of an expected error."""
    return next((code for kind, code in CODE_OF.items() if isinstance(error, kind)), ExitCode.FAULT)


def guarded(call: Callable[[], object], *, debug: bool = False) -> int:  # noqa: PLR0911 -- one return a way to end
    """Run the call and return its exit code; an error becomes one line on stderr, and what to do next."""
    try:
        call()
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # Typer ends with 1 then
            return _reader_gone()
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        _say("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except GridctlError as error:
        if debug:
            traceback.print_exc()
        _say(f"error: {_one_line(error.message)}")
        if error.next_step:
            _say(f"  next: {_one_line(error.next_step)}")
        return exit_code_of(error)
    except Exception as error:  # noqa: BLE001 -- the boundary is where the unexpected ends
        if debug:
            traceback.print_exc()
        _say(f"error: unexpected {type(error).__name__}: {_one_line(str(error))}")
        _say("  next: run the same again with --debug and report what it prints")
        return ExitCode.FAULT
    return ExitCode.OK


def _reader_gone() -> int:
    # The reader has gone (`| head`); Python would complain once more when it closes stdout.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return ExitCode.OK


def _one_line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
