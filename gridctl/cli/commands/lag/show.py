"""`gridctl lag show`: how far consumer groups are behind, now."""

import time as clock
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.commands.lag.options import Groups, Time, Topics, max_heads
from gridctl.cli.options import Output, OutputFormat, seconds_of, settings_of
from gridctl.errors import UsageProblem
from gridctl.gates.formats import GateFormat

if TYPE_CHECKING:
    from gridctl.lag.source import LagSource, Measurement


class Sort(StrEnum):
    """What comes first."""

    LAG = "lag"
    TIME = "time"
    GROUP = "group"


Threshold = Annotated[
    int | None, typer.Option("--threshold", min=0, metavar="N", help="Exit 3 where a group has a lag of more than N.")
]
Observe = Annotated[
    float | None,
    typer.Option(
        "--observe",
        parser=seconds_of,
        metavar="DURATION",
        help="Look twice, so far apart (30 or 30s): this finds what is STALLED.",
    ),
]
SortBy = Annotated[Sort, typer.Option("--sort", help="The worst first, or by name.")]
AsGate = Annotated[
    GateFormat | None, typer.Option("--format", help="Print a verdict, as every gate does, instead of the lag.")
]


def show(
    context: typer.Context,
    groups: Groups = None,
    topics: Topics = None,
    *,
    threshold: Threshold = None,
    observe: Observe = None,
    time: Time = None,
    sort: SortBy = Sort.LAG,
    output: Output = OutputFormat.TABLE,
    chosen: AsGate = None,
) -> None:
    """Show the lag of consumer groups: a class for each partition, and sums that hide none.

    Of the classes that fit a partition the first of these is shown: UNKNOWN (could not be read, or contradicts itself),
    RETENTION_LOST (the log was cut behind the commit: records are gone for ever), STALLED (records wait and the commit
    did not move; only with --observe), NEVER_COMMITTED (all that the log holds is counted, as a group that starts at
    the earliest offset will read it; a broker does not know a group's reset policy), COMMITTED.

    A lag counts offsets up to the high watermark, open transactions included. Compacted topics and those with
    transactions have offsets without a record: there it is the most that can be waiting. The age is that of the oldest
    record that waits, by its own timestamp.

    Exit code 3 where a group is over the threshold by what is known of it; else 5 where something is UNKNOWN, or a
    group that was named is not there; else 0. The answer comes within 30 s, whatever is away.

        $ gridctl process --until-idle && gridctl lag show gridstream.process --threshold 1000
    """
    from gridctl.cli.gating import EXIT_OF_VERDICT, run_gate
    from gridctl.cli.output import talk
    from gridctl.cli.wiring.lag import lag_source
    from gridctl.lag.judge import GATE, verdict_of

    if chosen is not None and output is not OutputFormat.TABLE:
        raise UsageProblem("--format prints a verdict, -o the lag", next_step="give one of the two")
    source = lag_source(settings_of(context))

    def measured() -> "Measurement":
        return _measured(source, groups, topics, max_heads(time), observe)

    if chosen is not None:
        run_gate(GATE, chosen, lambda: verdict_of(measured(), threshold))
    found = measured()
    verdict = verdict_of(found, threshold)
    _print(found, sort, output, details=bool(groups))
    for finding in verdict.findings:
        if finding.severity == "error":
            talk().print(finding.message)
    raise typer.Exit(EXIT_OF_VERDICT[verdict.verdict])


def _measured(
    source: "LagSource", groups: list[str] | None, topics: list[str] | None, heads: int, observe_s: float | None
) -> "Measurement":
    from gridctl.cli.output import talk
    from gridctl.lag.source import measurement_of

    named, on = groups or None, topics or None
    earlier = None
    if observe_s is not None:
        earlier = source.look(named, on)
        talk().print(f"looking again in {observe_s:g} s")
        clock.sleep(observe_s)
    return measurement_of(source.look(named, on, max_heads=heads), earlier)


def _print(measured: "Measurement", sort: Sort, output: OutputFormat, *, details: bool) -> None:
    """Print the lag; as a table the partitions are shown of groups that were named."""
    from dataclasses import replace

    from gridctl.cli.output import print_data, print_table
    from gridctl.lag.document import document
    from gridctl.lag.view import (
        GROUP_COLUMNS,
        PARTITION_COLUMNS,
        by_topic,
        group_rows,
        in_order,
        partition_rows,
        remarks,
    )

    ordered = in_order(measured.groups, sort.value)
    if output is not OutputFormat.TABLE:
        print_data(document(replace(measured, groups=ordered)), output.value)
        return
    print_table(GROUP_COLUMNS, group_rows(ordered))
    for group in ordered if details else ():
        for topic, partitions in by_topic(group).items():
            print_table(PARTITION_COLUMNS, partition_rows(partitions), title=f"{group.group}: {topic}")
        for line in remarks(group):
            typer.echo(line)
