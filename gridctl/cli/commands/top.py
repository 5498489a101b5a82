"""`gridctl top`: the platform on one screen."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.boundary import ExitCode
from gridctl.cli.commands.slo.declared import chosen_file
from gridctl.cli.commands.slo.show import MetricsUrl, PrometheusUrl
from gridctl.cli.options import Output, OutputFormat, seconds_of, settings_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.cli.top.gather import Gathering
    from gridctl.cli.top.model import Answer, Panel

# A little longer than a broker is waited for, so that its cause is told.
DEADLINE_S = 7.0
REDRAW_S = 1.0

app = typer.Typer()

Once = Annotated[bool, typer.Option("--once", help="Ask once, print it and end; so also without a terminal.")]
Objectives = Annotated[Path | None, typer.Option("--objectives", help="The file that declares the objectives.")]
Deadline = Annotated[
    float,
    typer.Option(
        "--deadline",
        parser=seconds_of,
        metavar="DURATION",
        show_default="7s",
        help="What has no answer by then is UNKNOWN.",
    ),
]


@app.command("top")
def top(
    context: typer.Context,
    once: Once = False,
    prometheus: PrometheusUrl = None,
    metrics: MetricsUrl = None,
    objectives: Objectives = None,
    deadline: Deadline = DEADLINE_S,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show the platform on one screen, until Ctrl-C: its parts, lag, SLIs, dead letters, and what was done last.

    All is asked at the same time. What does not answer is UNKNOWN with its cause, and hides nothing else; with --once
    the exit code is 5 then. `-o json` and `-o yaml` ask once.

        $ gridctl top --once -o json
    """
    from gridctl.cli.output import print_data
    from gridctl.cli.top.gather import Gathering
    from gridctl.cli.top.panels import panels
    from gridctl.cli.top.slos import Sources

    if prometheus is not None and metrics is not None:
        raise UsageProblem("--prometheus and --metrics are both given", next_step="name one source of the objectives")
    settings = settings_of(context)
    shown = panels(Sources(prometheus, metrics, chosen_file(objectives)))
    is_live = output is OutputFormat.TABLE and not once and sys.stdout.isatty()
    with Gathering(shown, settings, deadline) as gathering:
        gathering.wait()
        if is_live:
            _redraw(shown, gathering, settings.profile_name)
            return
        answers = gathering.answers()
        if output is OutputFormat.TABLE:
            _print_once(shown, answers, settings.profile_name)
        else:
            print_data(_document(answers), output.value)
    if any(answer.data is None for answer in answers.values()):
        raise typer.Exit(ExitCode.UNAVAILABLE)


def _document(answers: "Mapping[str, Answer]") -> dict[str, Any]:
    from gridctl.runtime.clock import wall_clock_ms

    return {
        "asked_ms": wall_clock_ms(),
        **{name: answer.data for name, answer in answers.items()},
        "unknown": {name: answer.unknown for name, answer in answers.items() if answer.data is None},
    }


def _print_once(panels: "Sequence[Panel]", answers: "Mapping[str, Answer]", profile: str) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_screen(panels, answers, profile, console.width, console.height))


def _redraw(panels: "Sequence[Panel]", gathering: "Gathering", profile: str) -> None:
    from rich.console import Console
    from rich.live import Live

    from gridctl.runtime.stop import Stop

    console = Console(highlight=False)
    with Stop() as stop, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            width, height = console.size
            live.update(_screen(panels, gathering.answers(), profile, width, height), refresh=True)
            if stop.wait(REDRAW_S):
                return


def _screen(panels: "Sequence[Panel]", answers: "Mapping[str, Answer]", profile: str, width: int, height: int) -> Any:
    from datetime import UTC, datetime

    from gridctl.cli.top.screen import screen
    from gridctl.runtime.clock import wall_clock_ms

    now_ms = wall_clock_ms()
    time = f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return screen(panels, answers, now_ms, f"gridctl top  {time}  profile {profile}", width, height)
