"""`gridctl slo show`: attainment, error budget and burn rates."""

from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.boundary import ExitCode
from gridctl.cli.commands.slo.declared import File, chosen_file, slos_of
from gridctl.cli.options import Output, OutputFormat
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.slo.model import Slos
    from gridctl.slo.report import Standing

PrometheusUrl = Annotated[
    str | None, typer.Option("--prometheus", metavar="URL", help="The Prometheus that scrapes the platform.")
]
MetricsUrl = Annotated[
    str | None, typer.Option("--metrics", metavar="URL", help="A command's /metrics: its numbers since it started.")
]
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only these objectives.")]
Check = Annotated[bool, typer.Option("--check", help="Exit 3 when one is missed or burns, else 5 when one is UNKNOWN.")]

_SHOWN = ("1h", "6h", "since_start")  # what pages somebody; JSON has them all


def show(
    names: Names = None,
    *,
    prometheus: PrometheusUrl = None,
    metrics: MetricsUrl = None,
    file: File = None,
    check: Check = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show what was attained of each objective, what is left of its error budget, and how fast that burns.

    A burn rate of 1 uses up the budget in exactly the objective's window. What was not measured is UNKNOWN, not 100 %.

        $ gridctl slo show --prometheus http://127.0.0.1:9090
    """
    from gridctl.cli.output import print_result, talk
    from gridctl.slo.report import SINCE_START

    declared = chosen_file(file)
    slos = slos_of(declared)
    if strangers := set(names or ()) - {each.name for each in slos.objectives}:
        known = ", ".join(each.name for each in slos.objectives)
        raise UsageProblem(f"{declared}: declares no objective {min(strangers)}", next_step=f"name one of {known}")
    standings = _standings(slos, names or [], prometheus, metrics)
    document = {
        "source": prometheus or metrics,
        "window_s": slos.window_s if prometheus else None,
        "objectives": [each.as_json() for each in standings],
    }
    rates = [name for name in _SHOWN if name in standings[0].burn_rates]
    burns = [f"burn {name}" if name != SINCE_START else "burn" for name in rates]
    columns = ["objective", "target", "status", "attained", "budget", *burns]
    print_result(document, output.value, columns, [_cells(each, rates) for each in standings])
    if output is OutputFormat.TABLE:
        for each in standings:
            if each.cause is not None:
                talk().print(f"{each.name}: {each.cause}")
    if check:
        raise typer.Exit(_exit_code(standings))


def _standings(slos: "Slos", names: list[str], prometheus: str | None, metrics: str | None) -> "list[Standing]":
    from gridctl.cli.wiring.slo import from_metrics, from_prometheus

    if prometheus is not None and metrics is None:
        return from_prometheus(slos, prometheus, names)
    if metrics is not None and prometheus is None:
        return from_metrics(slos, metrics, names)
    raise UsageProblem(
        "name one source", next_step="--prometheus http://HOST:9090, or --metrics http://HOST:PORT/metrics"
    )


def _cells(each: "Standing", rates: list[str]) -> list[str]:
    def percent(share: float | None, digits: int) -> str:
        return "-" if share is None else f"{share:.{digits}%}"

    burn = ["-" if (rate := each.burn_rates[name]) is None else f"{rate:.2f}" for name in rates]
    attained, left = percent(each.attainment, 2), percent(each.error_budget_left, 1)
    return [each.name, f"{each.target:.6g}", each.status.value, attained, left, *burn]


def _exit_code(standings: "list[Standing]") -> ExitCode:
    from gridctl.slo.report import Status

    found = {each.status for each in standings}
    if found & {Status.MISSED, Status.BURNING}:
        return ExitCode.VIOLATION
    return ExitCode.UNAVAILABLE if Status.UNKNOWN in found else ExitCode.OK
