"""`gridctl up`, `status`, `down` and `doctor`: the platform's parts on this machine."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.boundary import ExitCode
from gridctl.cli.options import Output, OutputFormat, settings_of

if TYPE_CHECKING:
    from gridctl.local.stack.model import Part

app = typer.Typer()


class BrokerKind(StrEnum):
    """Which broker a local stack runs."""

    EMBEDDED = "embedded"
    KAFKA = "kafka"


Broker = Annotated[BrokerKind, typer.Option("--broker", help="A small embedded broker, or Apache Kafka itself.")]
Brokers = Annotated[int, typer.Option("--brokers", min=1, max=5, help="With `--broker kafka`: how many brokers.")]


@app.command("up")
def up(
    context: typer.Context,
    broker: Broker = BrokerKind.EMBEDDED,
    brokers: Brokers = 1,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Start broker, registry, Valkey and MQTT broker on this machine; apply topics and register schemas.

    They listen on 127.0.0.1. Their addresses are written to the state directory (GRIDCTL_STATE_DIR, else .gridctl
    beside gridctl.toml), where the other commands find them. A stack that is up is left as it is. `gridctl down`
    deletes its data.

        $ gridctl up
    """
    from gridctl.cli.output import talk
    from gridctl.cli.wiring.local import start_stack
    from gridctl.runtime.stop import terminable

    with terminable():
        stack = start_stack(settings_of(context), broker.value, brokers, talk().print)
    _show([_row(part, "") for part in stack.parts], output)


@app.command("status")
def status(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """Show which parts answer; exit code 5 when one does not.

    $ gridctl up && gridctl status -o json
    """
    from gridctl.cli.wiring.local import configured_parts, part_question
    from gridctl.local.doctor import examine

    settings = settings_of(context)
    parts = configured_parts(settings)
    checks = examine(part_question(part.name, settings) for part in parts)
    rows = [_row(part, check.problem) for part, check in zip(parts, checks, strict=True)]
    _show(rows, output)
    if not all(row["up"] for row in rows):
        raise typer.Exit(ExitCode.UNAVAILABLE)


@app.command("down")
def down(context: typer.Context) -> None:
    """Stop every process that `gridctl up` started here, and delete the stack's data.

    Works after a crash too, and when nothing runs.

        $ gridctl down
    """
    from gridctl.cli.output import talk
    from gridctl.local.stack.stack import down as end

    settings = settings_of(context)
    ended = end(settings.state_dir)
    said = f"no stack in {settings.state_dir}" if ended is None else f"stopped the stack in {settings.state_dir}"
    talk().print(said)


@app.command("doctor")
def doctor(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """Check every endpoint, the topics and the schemas, and say what to do about each failure.

    Checks whether each part answers, whether the broker has the declared topics, and whether the registry has the
    newest schemas. Exit code 5 when a check fails.

        $ gridctl up && gridctl doctor
    """
    from gridctl.cli.output import print_result
    from gridctl.cli.wiring.local import questions_of
    from gridctl.local.doctor import examine

    checks = examine(questions_of(settings_of(context)))
    rows = ([check.name, "failed" if check.problem else "ok", check.address] for check in checks)
    document = {"checks": [check.as_json() for check in checks]}
    print_result(document, output, ["check", "result", "address"], rows)
    if output is OutputFormat.TABLE:
        _say_problems((check.name, check.problem, check.next_step) for check in checks)
    if any(check.problem for check in checks):
        raise typer.Exit(ExitCode.UNAVAILABLE)


def _say_problems(found: Iterable[tuple[str, str, str]]) -> None:
    """Print each problem whole, below the table: none of it may be cut, or broken in its words."""
    from gridctl.cli.output import printable

    for name, problem, next_step in found:
        if problem:
            typer.echo(printable(f"{name}: {problem}" + (f"\n  next: {next_step}" if next_step else "")))


def _row(part: "Part", problem: str) -> dict[str, Any]:
    from gridctl.contracts.addresses import without_password

    address = without_password(part.address)
    return {"name": part.name, "kind": part.kind, "address": address, "up": not problem, "problem": problem}


def _show(rows: list[dict[str, Any]], output: OutputFormat) -> None:
    from rich.text import Text

    from gridctl.cli.output import print_result

    marks = {True: Text("up", "green"), False: Text("down", "bold red")}
    cells = ([row["name"], row["kind"], marks[row["up"]], row["address"]] for row in rows)
    print_result({"parts": rows}, output, ["part", "kind", "state", "address"], cells)
    if output is OutputFormat.TABLE:
        _say_problems((row["name"], row["problem"], "") for row in rows)
