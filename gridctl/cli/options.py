"""Options before every command and options that several commands share; the group and the settings of a command."""

import os
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from gridctl import __version__
from gridctl.cli.config import Overrides, Settings, load_settings
from gridctl.cli.config.sources import unknown_variables
from gridctl.errors import UsageProblem


class OutputFormat(StrEnum):
    """How a reading command prints its data."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class RecordFormat(StrEnum):
    """The same for commands that read many records."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    JSONL = "jsonl"


Output = Annotated[OutputFormat, typer.Option("--output", "-o", help="How to print the data.")]
RecordOutput = Annotated[RecordFormat, typer.Option("--output", "-o", help="How to print the records.")]
Listen = Annotated[
    str | None,
    typer.Option(
        "--listen", metavar="HOST:PORT", help="Answer /livez, /readyz and /metrics there; 0.0.0.0:8080 in a pod."
    ),
]


_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_WITH_UNITS = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def seconds_of(given: str | float) -> float:
    """Return a duration in seconds, for a parser of options: `90s`, `10m`, `1h30m`; a number alone is seconds."""
    text = str(given)
    if _NUMBER.fullmatch(text):
        return float(text)
    if _WITH_UNITS.fullmatch(text):
        return sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(text))
    raise typer.BadParameter(f"{text} is not a duration: write for example 90s, 10m or 2h")


def epoch_ms_of(text: str, now_ms: int) -> int:
    """Return a point in time, given in ISO 8601 or as how long ago it is; UsageProblem."""
    if _WITH_UNITS.fullmatch(text):
        return now_ms - round(seconds_of(text) * 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageProblem(
            f"{text} is not a time", next_step="write for example 10m, 2026-01-31 or 2026-01-31T06:00Z"
        ) from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


Duration = Annotated[
    float | None,
    typer.Option("--duration", parser=seconds_of, metavar="DURATION", help="Stop after that time: 90s, 10m, 2h."),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="From then on: ISO 8601 (UTC without an offset), or 10m, 2h ago."),
]
Patience = Annotated[
    float | None,
    typer.Option(
        "--patience",
        parser=seconds_of,
        metavar="DURATION",
        help="Wait so long for what is away before the command ends; 10m by default, 60s with --until-idle. "
        "At the start it is waited for with this option, or with --listen.",
    ),
]

Value = TypeVar("Value")


def renamed(old: str, new: str, value: Value | None, current: Value) -> Value:
    """Return what an option's old name gives, with a warning, else what its present name gives."""
    from gridctl.cli.output import talk

    if value is None:
        return current
    talk().print(f"warning: {old} is now {new}; the next release no longer takes the old name")
    return value


def stated_base(revision: str | None) -> str | None:
    """Return what `--base` names; UsageProblem where it is blank: taken for no base, it would drop a comparison."""
    if revision is not None and not revision.strip():
        raise UsageProblem("--base is empty", next_step="name a revision, for example --base origin/main")
    return revision


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"gridctl {__version__}")
        raise typer.Exit


def root_options(
    context: typer.Context,
    profile: Annotated[
        str | None, typer.Option(help="A profile of gridctl.toml, instead of GRIDCTL_PROFILE's.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("-X", metavar="KEY=VALUE", help="Set one setting for this call.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001 -- read by the boundary
    version: Annotated[  # noqa: ARG001 -- handled by its callback
        bool, typer.Option("--version", callback=lambda wanted: _print_version(wanted=wanted), is_eager=True)
    ] = False,
) -> None:
    """GridStream as one command."""
    for sentence in unknown_variables(os.environ):
        typer.echo(f"warning: {sentence}", err=True)
    context.obj = Overrides(profile=profile, settings=tuple(setting or ()))


def group(name: str) -> typer.Typer:
    """Return an application for the commands of one group; without a command it prints its help."""
    app = typer.Typer(name=name, no_args_is_help=True)
    app.callback()(lambda: None)  # a group of one command is not that command
    return app


def settings_of(context: typer.Context) -> Settings:
    """Return the settings of this call; UsageProblem names the one that is wrong, and where it stands."""
    return load_settings(context.obj)
