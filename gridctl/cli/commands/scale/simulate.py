"""`gridctl scale simulate`: an autoscaler's answer to a lag trace, before it is in production."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.commands.scale.values import Max, Min, TargetLag, Values, hpa_of
from gridctl.cli.options import Output, OutputFormat
from gridctl.errors import UsageProblem, ViolationFound
from gridctl.scaling.scenarios import Scenario

if TYPE_CHECKING:
    from gridctl.scaling.simulation import Outcome
    from gridctl.scaling.trace import Trace

NAMES = ("drained_s", "max_replicas", "flaps")
DEFAULT_PARTITIONS, DEFAULT_RATE = 12, 1000.0

ScenarioName = Annotated[Scenario | None, typer.Option("--scenario", help="A trace that is made up.")]
TraceFile = Annotated[
    str | None,
    typer.Option("--trace", metavar="FILE", help="A window of `lag record`; - is stdin."),
]
Group = Annotated[str | None, typer.Option("--group", help="The consumer group of --trace, where it holds several.")]
Partitions = Annotated[
    int | None, typer.Option("--partitions", min=1, max=1000, help="Partitions of --scenario; 12 by default.")
]
Rate = Annotated[
    float | None, typer.Option("--rate", min=0, help="Records a second that usually arrive; 1000 by default.")
]
Replicas = Annotated[int | None, typer.Option("--replicas", min=0, help="Pods at the beginning; else minReplicas.")]
PodRate = Annotated[float, typer.Option("--pod-rate", min=0.001, help="Records a second that one pod consumes.")]
Startup = Annotated[int, typer.Option("--startup-s", min=0, help="Seconds until a new pod is in the group.")]
Rebalance = Annotated[int, typer.Option("--rebalance-s", min=0, help="Seconds that a rebalance pauses the group.")]
SyncPeriod = Annotated[int, typer.Option("--sync-period-s", min=1, help="The controller's period.")]
Tolerance = Annotated[float, typer.Option("--tolerance", min=0, max=1, help="The controller's tolerance.")]
Downscale = Annotated[
    int, typer.Option("--downscale-stabilization-s", min=0, help="The controller's window, where --values names none.")
]
Assertions = Annotated[
    list[str] | None, typer.Option("--assert", metavar="'NAME<NUMBER'", help=f"One of {', '.join(NAMES)}; else exit 3.")
]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE.png|html", help="Draw lag and pods.")]


def simulate_(
    *,
    scenario: ScenarioName = None,
    trace: TraceFile = None,
    group: Group = None,
    partitions: Partitions = None,
    rate: Rate = None,
    values: Values = None,
    minimum: Min = None,
    maximum: Max = None,
    target: TargetLag = None,
    replicas: Replicas = None,
    pod_rate: PodRate = 800.0,
    startup_s: Startup = 30,
    rebalance_s: Rebalance = 10,
    sync_period_s: SyncPeriod = 15,
    tolerance: Tolerance = 0.1,
    downscale_s: Downscale = 300,
    asserted: Assertions = None,
    plot: Plot = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Replay a lag trace through the HorizontalPodAutoscaler's algorithm, and show replicas, lag and drain time.

    Needs no cluster. The consumers pause in each rebalance, and no more of them are of use than there are partitions.
    Where the lag cannot be read, replicas are held. Without --values: what `gridctl scale rules hpa` writes.

        $ gridctl scale simulate --scenario demand-response --assert 'drained_s<900' --assert 'flaps<=1'
    """
    from gridctl.cli.wiring.scaling import draw
    from gridctl.scaling.assertion import parse_assertion
    from gridctl.scaling.autoscaler import Controller
    from gridctl.scaling.consumers import Workload
    from gridctl.scaling.simulation import simulate

    assertions = [parse_assertion(text, NAMES) for text in asserted or ()]
    arriving = _trace(scenario, trace, group, partitions, rate)
    hpa = hpa_of(values, arriving.partitions, minimum, maximum, target)
    controller = Controller(sync_period_s, tolerance, downscale_s)
    begin = hpa.min_replicas if replicas is None else replicas
    outcome = simulate(arriving, hpa, controller, Workload(pod_rate, startup_s, rebalance_s), begin)
    if plot is not None:
        draw(outcome, scenario or f"{trace}", arriving.partitions, plot)
    _show(outcome, arriving, output)
    found = {name: getattr(outcome, name) for name in NAMES}
    if failed := [failure for each in assertions if (failure := each.failure(found))]:
        raise ViolationFound("; ".join(failed), next_step="change the values, or what is asserted of them")


def _trace(
    scenario: Scenario | None, file: str | None, group: str | None, partitions: int | None, rate: float | None
) -> "Trace":
    from gridctl.cli.files import reading
    from gridctl.scaling.recorded import parse_trace
    from gridctl.scaling.scenarios import made_up

    if (scenario is None) == (file is None):
        raise UsageProblem("name one trace", next_step="--scenario NAME, or --trace FILE of `gridctl lag record`")
    if scenario is not None and group is None:
        return made_up(scenario, partitions or DEFAULT_PARTITIONS, DEFAULT_RATE if rate is None else rate)
    if file is None or partitions is not None or rate is not None:
        raise UsageProblem("--group is for --trace; --partitions and --rate are for --scenario")
    with reading(file) as lines:
        return parse_trace(lines, file, group)


def _show(outcome: "Outcome", trace: "Trace", output: OutputFormat) -> None:
    from gridctl.cli.output import print_data, print_table, talk

    if output is not OutputFormat.TABLE:
        print_data(outcome.as_json(), output.value)
        return
    rows = [
        [each.t_s, each.lag, "missing" if each.metric_missing else each.lag, each.replicas, each.ready, each.desired]
        for each in outcome.turning_points()
    ]
    print_table(["t_s", "lag", "metric", "replicas", "ready", "desired"], rows)
    drained = "never" if outcome.drained_s is None else outcome.drained_s
    print_table(["what", "value"], [["drained_s", drained], *([name, getattr(outcome, name)] for name in NAMES[1:])])
    if outcome.max_replicas > trace.partitions:
        idle = outcome.max_replicas - trace.partitions
        talk().print(f"warning: {idle} of {outcome.max_replicas} pods had no partition; there are {trace.partitions}")
