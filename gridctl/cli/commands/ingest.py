"""`gridctl ingest`: readings from outside become events on the broker."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.commands.ingest_run import run_source
from gridctl.cli.options import Output, OutputFormat
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.cli.config import Settings
    from gridctl.ingest.jsonl import JsonLines

app = typer.Typer(no_args_is_help=True, help="Take readings to the broker; what is refused becomes a dead letter.")

File = Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines, one reading a line; - reads stdin.")]


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, name="ingest")


@app.callback()
def _group() -> None:
    """Take readings to the broker; what is refused becomes a dead letter."""


@app.command("jsonl")
def jsonl(context: typer.Context, file: File, output: Output = OutputFormat.TABLE) -> None:
    """Publish recorded readings, or those of a pipe: one JSON object a line.

    A line that is refused becomes a dead letter with the reason and its line number, and does not change the exit code.
    Doing the same again is safe: an event that is sent twice is applied once.

    Example:
    $ gridctl simulate thermostats --devices 100 --output - | gridctl ingest jsonl -
    """
    from gridctl.ingest.run import Until

    run_source(context, lambda settings: _lines(file, settings), Until(), output)


@contextmanager
def _lines(file: str, settings: "Settings") -> "Iterator[JsonLines]":
    from gridctl.ingest.jsonl import JsonLines

    cap = settings.profile.raw_cap_bytes
    if file == "-":
        yield JsonLines(0, "stdin", cap)
        return
    try:
        if Path(file).is_dir():
            raise IsADirectoryError(None, "is a directory")
        descriptor = os.open(file, os.O_RDONLY)
    except OSError as error:
        raise UsageProblem(
            f"{file}: cannot be read: {error.strerror}", next_step="name a file of JSON lines, or - for stdin"
        ) from error
    try:
        yield JsonLines(descriptor, file, cap)
    finally:
        os.close(descriptor)
