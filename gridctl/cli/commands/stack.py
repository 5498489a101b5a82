"""`gridctl up`, `status`, `down` and `doctor`: the platform's parts on this machine."""

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
Brokers = Annotated[int, typer.Option("--brokers", min=1, max=5, help="With `--broker kafka`: size of the cluster.")]


@app.command("up")
def up(
    context: typer.Context,
    broker: Broker = BrokerKind.EMBEDDED,
    brokers: Brokers = 1,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Start broker, registry, Valkey and MQTT broker on loopback; apply topics and register schemas.

    Where they listen is written to the state directory (GRIDCTL_STATE_DIR, else .gridctl beside gridctl.toml), in which
    the other commands find it. A stack that is up is left as it is. Its data ends with `gridctl down`.

    Example:
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
    """Say which parts answer; exit code 5 when one does not.

    Example:
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
    """End every process that `gridctl up` started here, and delete the stack's data.

    Works after a crash too, and when there is nothing to end.

    Example:
    $ gridctl down
    """
    from gridctl.cli.output import talk
    from gridctl.local.stack.stack import down as end

    settings = settings_of(context)
    ended = end(settings.state_dir)
    said = f"no stack in {settings.state_dir}" if ended is None else f"ended the stack in {settings.state_dir}"
    talk().print(said)


@app.command("doctor")
def doctor(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """Check the tools on this machine and every configured endpoint, and say what to do about each failure.

    Besides whether a part answers: whether the broker has the declared topics, and the registry our schemas.

    Example:
    $ gridctl up && gridctl doctor
    """
    from gridctl.cli.output import print_data, print_table
    from gridctl.cli.wiring.local import questions_of
    from gridctl.local.doctor import examine

    checks = examine(questions_of(settings_of(context)))
    if output is OutputFormat.TABLE:
        print_table(
            ["check", "address", "result", "next"],
            [[check.name, check.address, check.problem or "ok", check.next_step] for check in checks],
        )
    else:
        print_data({"checks": [check.as_json() for check in checks]}, output.value)
    if any(check.problem for check in checks):
        raise typer.Exit(ExitCode.UNAVAILABLE)


def _row(part: "Part", problem: str) -> dict[str, Any]:
    from gridctl.contracts.addresses import without_password

    address = without_password(part.address)
    return {"name": part.name, "kind": part.kind, "address": address, "up": not problem, "problem": problem}


def _show(rows: list[dict[str, Any]], output: OutputFormat) -> None:
    from rich.text import Text

    from gridctl.cli.output import print_data, print_table

    if output is not OutputFormat.TABLE:
        print_data({"parts": rows}, output.value)
        return
    marks = {True: Text("up", "green"), False: Text("down", "bold red")}
    print_table(
        ["part", "kind", "address", "state", "problem"],
        [[row["name"], row["kind"], row["address"], marks[row["up"]], row["problem"]] for row in rows],
    )
