"""What every gate command shares: `--format`, printing the verdict, and the exit code that follows from it."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gridctl.cli.boundary import ExitCode
from gridctl.contracts.verdict import Verdict, VerdictName, could_not_check
from gridctl.errors import Unavailable
from gridctl.gates.formats import GateFormat, render

Format = Annotated[
    GateFormat | None,
    typer.Option("--format", help="How to print the verdict; by default `github` in GitHub Actions, else `text`."),
]

EXIT_OF_VERDICT: Mapping[VerdictName, ExitCode] = {
    "pass": ExitCode.OK,
    "fail": ExitCode.VIOLATION,
    "error": ExitCode.UNAVAILABLE,
}


def run_gate(gate: str, chosen: GateFormat | None, call: Callable[[], Verdict]) -> NoReturn:
    """Run the gate, print its verdict and exit; what could not be reached is a verdict too, in the same format."""
    try:
        verdict = call()
    except Unavailable as error:
        verdict = could_not_check(gate, error.message, error.next_step or None)
    emit(verdict, chosen)


def emit(verdict: Verdict, chosen: GateFormat | None, environ: Mapping[str, str] | None = None) -> NoReturn:
    """Print the verdict on stdout and exit: 0 pass, 3 fail, 5 where something could not be checked."""
    environ = os.environ if environ is None else environ
    show(verdict, chosen_format(chosen, environ), environ)
    raise typer.Exit(EXIT_OF_VERDICT[verdict.verdict])


def chosen_format(chosen: GateFormat | None, environ: Mapping[str, str]) -> GateFormat:
    """Return the format that the call names, else the one that fits where it runs."""
    return chosen or (GateFormat.GITHUB if environ.get("GITHUB_ACTIONS") == "true" else GateFormat.TEXT)


def show(verdict: Verdict, chosen: GateFormat, environ: Mapping[str, str]) -> None:
    """Print the verdict on stdout; for GitHub Actions also into the job's summary and outputs."""
    sys.stdout.write(render(verdict, chosen))
    sys.stdout.flush()
    if chosen is GateFormat.GITHUB:
        _write_job_files(verdict, environ)


def _write_job_files(verdict: Verdict, environ: Mapping[str, str]) -> None:
    from gridctl.gates.formats.github import SUMMARY_CAP_BYTES, outputs, summary

    if name := environ.get("GITHUB_STEP_SUMMARY"):
        # Several gates of one step share the file, and with it the cap.
        written_bytes = Path(name).stat().st_size if Path(name).exists() else 0
        append_to_job_file(name, summary(verdict, SUMMARY_CAP_BYTES - written_bytes))
    if name := environ.get("GITHUB_OUTPUT"):
        append_to_job_file(name, outputs(verdict))


def append_to_job_file(name: str, text: str) -> None:
    """Add text to a file that GitHub Actions reads after the step."""
    try:
        with Path(name).open("a", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise Unavailable(f"{name}: cannot be written: {error.strerror}") from error
