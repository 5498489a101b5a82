"""`gridctl topics`: the topics that schemas/topics.toml declares, and the broker's."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.boundary import ExitCode
from gridctl.cli.confirm import Yes, confirm
from gridctl.cli.options import Output, OutputFormat, group, settings_of

if TYPE_CHECKING:
    from gridctl.governance.topics import TopicChange

FOLLOW_EVERY_S = 0.2

app = group("topics")

TopicArgument = Annotated[str, typer.Argument(metavar="TOPIC", help="The topic to read.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="The newest that many records, over all partitions.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, change nothing.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Then go on with what is added, until Ctrl-C.")]


@app.command("list")
def list_(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """List the declared topics, and whether the broker has them.

    $ gridctl up && gridctl topics list
    """
    from gridctl.cli.output import print_data
    from gridctl.cli.wiring.base import catalogue_of, topic_admin

    settings = settings_of(context)
    live = topic_admin(settings).topics()
    rows: list[dict[str, Any]] = [
        {
            "topic": spec.name,
            "partitions": spec.partitions,
            "cleanup_policy": spec.cleanup_policy,
            "retention_ms": spec.retention_ms,
            "key": spec.key,
            "dlq": spec.dlq,
            "owner": spec.owner,
            "exists": spec.name in live,
        }
        for spec in catalogue_of(settings).topic
    ]
    if output is OutputFormat.TABLE:
        _print_topics(rows)
    else:
        print_data({"topics": rows}, output.value)


@app.command("plan")
def plan_(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """Show how the broker's topics differ from the declared ones; exit code 3 when they do.

    A topic that is not declared is shown, and does not change the exit code.

        $ gridctl up && gridctl topics plan
    """
    from gridctl.cli.wiring.base import catalogue_of, topic_admin
    from gridctl.governance.topics import drift, plan

    settings = settings_of(context)
    catalogue = catalogue_of(settings)
    changes = plan(catalogue, topic_admin(settings).topics())
    _show(changes, output, "the broker has what is declared")
    if drift(catalogue, changes):
        raise typer.Exit(ExitCode.VIOLATION)


@app.command("apply")
def apply_(
    context: typer.Context, dry_run: DryRun = False, yes: Yes = False, output: Output = OutputFormat.TABLE
) -> None:
    """Create missing topics, add partitions, set settings; never delete anything.

    Exit code 3 when something is left of a declared topic that only a person can change.

        $ gridctl up && gridctl topics apply
    """
    from gridctl.cli.wiring.base import catalogue_of, topic_admin
    from gridctl.governance.topics import apply, drift, plan, undone

    settings = settings_of(context)
    if not dry_run:
        confirm(settings, "Apply topics", yes=yes)
    catalogue, admin = catalogue_of(settings), topic_admin(settings)
    changes = plan(catalogue, admin.topics()) if dry_run else apply(catalogue, admin)
    _show(changes, output, "nothing to do")
    if undone(drift(catalogue, changes)):
        raise typer.Exit(ExitCode.VIOLATION)


@app.command("tail")
def tail(context: typer.Context, topic: TopicArgument, limit: Limit = 10, follow: Follow = False) -> None:
    """Print the newest records of a topic as JSON lines, decoded with the schemas of their writers.

    A record that cannot be decoded is printed with its problem and its bytes.

        $ gridctl up && gridctl topics tail grid.asset --limit 5
    """
    from gridctl.cli.output import print_json_lines
    from gridctl.cli.wiring.streaming import topic_tail
    from gridctl.runtime.stop import Stop

    with Stop() as stop, topic_tail(settings_of(context), topic, limit) as parts:
        for rows in parts:
            print_json_lines(rows)
            if not follow or stop.wait(FOLLOW_EVERY_S):
                break


def _print_topics(rows: list[dict[str, Any]]) -> None:
    from gridctl.cli.output import age_text, print_table

    def kept(row: dict[str, Any]) -> str:
        if row["cleanup_policy"] == "compact":
            return "compacted"
        return "for ever" if row["retention_ms"] < 0 else age_text(row["retention_ms"] / 1000)

    print_table(
        ["topic", "partitions", "kept", "exists", "owner"],
        [[row["topic"], row["partitions"], kept(row), "yes" if row["exists"] else "NO", row["owner"]] for row in rows],
        cut=True,
    )


def _show(changes: "list[TopicChange]", output: OutputFormat, nothing: str) -> None:
    from dataclasses import asdict

    from gridctl.cli.output import print_data, print_table, talk

    if output is not OutputFormat.TABLE:
        print_data({"changes": [asdict(change) for change in changes]}, output.value)
    elif changes:
        print_table(["topic", "action", "detail"], [[change.topic, change.action, change.detail] for change in changes])
    else:
        talk().print(nothing)
