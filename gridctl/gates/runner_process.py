"""Run command lines side by side, each in a process group of its own, so that nothing of it outlives its time."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_OURS = "gridctl"
_LAST_READ_S = 2.0
# What makes a tool colour its output even where no terminal is; escape codes would hide places from the reader.
_COLOUR = ("FORCE_COLOR", "CLICOLOR_FORCE", "MYPY_FORCE_COLOR", "PY_COLORS")


@dataclass(frozen=True)
class Call:
    """One command line and the seconds that it may take."""

    command: Sequence[str]
    timeout_s: float


@dataclass(frozen=True)
class Ran:
    """How it went. `trouble` says why there is no exit code of its own: not started, out of time, killed."""

    code: int
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    trouble: str | None = None


def run_all(calls: Mapping[str, Call], environ: Mapping[str, str], ended: Callable[[str, Ran], None]) -> dict[str, Ran]:
    """Run all at once; `ended` is called for each as it ends. An interruption ends every process first."""
    return asyncio.run(_run_all(calls, environ, ended))


async def _run_all(
    calls: Mapping[str, Call], environ: Mapping[str, str], ended: Callable[[str, Ran], None]
) -> dict[str, Ran]:
    async def one(name: str, call: Call) -> tuple[str, Ran]:
        ran = await _run(call, _quiet(environ))
        ended(name, ran)
        return name, ran

    waiting = asyncio.gather(*(one(name, call) for name, call in calls.items()))
    # A cancelled CI job gets SIGTERM; the children are in groups of their own and would not hear of it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, waiting.cancel)
    try:
        return dict(await waiting)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _run(call: Call, environ: Mapping[str, str]) -> Ran:
    program = _program(call.command[0])
    if program is None:
        return Ran(-1, trouble=f"{call.command[0]} is not installed")
    started = time.monotonic()
    creating = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *program,
            *call.command[1:],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environ,
            start_new_session=True,
        )
    )
    try:
        # Shielded: an interruption in the middle would leave a process that nobody knows, and so nobody ends.
        process = await asyncio.shield(creating)
    except (OSError, ValueError) as error:
        return Ran(-1, trouble=f"{call.command[0]} cannot be started: {error}")
    except asyncio.CancelledError:
        with contextlib.suppress(OSError, ValueError):
            await _end(await creating)
        raise
    try:
        out, err = await asyncio.wait_for(process.communicate(), call.timeout_s)
    except TimeoutError:
        return Ran(-1, seconds=time.monotonic() - started, trouble=f"no verdict after {call.timeout_s:g} s")
    finally:
        await _end(process)
    seconds, code = time.monotonic() - started, process.returncode if process.returncode is not None else -1
    trouble = f"ended by signal {-code}" if code < 0 else None
    return Ran(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), seconds, trouble)


def _program(name: str) -> list[str] | None:
    """Return what to start: this very gridctl, or the tool beside this Python before any other on the PATH."""
    if name == _OURS:
        # -P: a package called gridctl in the tree under judgement is not the judge.
        return [sys.executable, "-P", "-m", "gridctl"]
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=places)
    return [found] if found else None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the group, and read its pipes to their end; one outside the group cannot delay us long."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.communicate(), _LAST_READ_S)


def _quiet(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in environ.items() if key not in _COLOUR} | {"NO_COLOR": "1"}
