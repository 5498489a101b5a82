"""What the simulate commands share: how they stop, show progress, and say what they did."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from gridctl.cli.options import OutputFormat
from gridctl.cli.output import print_data, print_table, talk
from gridctl.contracts.clock import EVENT_TIME_MIN_MS
from gridctl.errors import UsageProblem


@contextmanager
def stopping() -> Iterator[Event]:
    """Yield an event that SIGTERM and Ctrl-C set; after an orderly end, Ctrl-C still counts as interrupted."""
    stop = Event()
    received: list[int] = []

    def on_signal(number: int, _frame: object) -> None:
        received.append(number)
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if signal.SIGINT in received:
        raise KeyboardInterrupt


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Yield a function that counts; it is shown on stderr when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress(console=talk(), transient=True) as shown:
        task = shown.add_task(what, total=total)
        yield lambda count: shown.advance(task, count)


@contextmanager
def destination(name: str) -> Iterator[BinaryIO]:
    """Yield stdout for `-`, else the file; UsageProblem when it cannot be written."""
    if name == "-":
        try:
            yield sys.stdout.buffer
        except BrokenPipeError:
            # The reader has gone (`| head`). Typer would end with 1, and Python complain when it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    try:
        with Path(name).open("wb") as out:
            yield out
    except OSError as error:
        raise UsageProblem(f"{name}: cannot be written: {error.strerror}", next_step="name another --output") from error


def epoch_ms(text: str) -> int:
    """Read an ISO 8601 time with its offset (`2026-01-15T00:00:00Z`); UsageProblem when it is something else."""
    next_step = "write for example --start 2026-01-15T00:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageProblem(f"--start {text}: not an ISO 8601 time", next_step=next_step) from error
    if moment.tzinfo is None:
        raise UsageProblem(f"--start {text}: without an offset it means another time elsewhere", next_step=next_step)
    at_ms = round(moment.timestamp() * 1000)
    if at_ms < EVENT_TIME_MIN_MS:
        raise UsageProblem(f"--start {text}: before the year 2000 no event is accepted", next_step=next_step)
    return at_ms


def print_summary(summary: Mapping[str, Any], output: OutputFormat) -> None:
    """Print the whole summary as JSON or YAML, or its plain numbers as a table."""
    if output is not OutputFormat.TABLE:
        print_data(summary, output.value)
        return
    rows: list[tuple[str, object]] = []
    for name, value in summary.items():
        if isinstance(value, Mapping):
            counts = [f"{key} {count}" for key, count in value.items() if isinstance(count, int)]
            rows += [(name, ", ".join(counts))] if counts else []
        else:
            rows.append((name, value))
    print_table(("what", "value"), rows)
