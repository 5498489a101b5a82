"""`gridctl ingest`: readings from outside become events on the broker."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.commands.ingest.run import Duration, Idle, run_source
from gridctl.cli.commands.ingest.scada import scada
from gridctl.cli.options import Output, OutputFormat, group
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.cli.config import Settings
    from gridctl.ingest.jsonl import JsonLines

app = group("ingest")

File = Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines, one reading a line; - reads stdin.")]
Topics = Annotated[str, typer.Option("--topic", help="The topic filter of the devices.")]
Group = Annotated[str | None, typer.Option("--group", help="Share the messages with the other bridges of this group.")]
ClientId = Annotated[
    str | None,
    typer.Option("--client-id", help="The name under which the broker keeps what this bridge has not acknowledged."),
]


app.command("scada")(scada)


@app.command("jsonl")
def jsonl(context: typer.Context, file: File, output: Output = OutputFormat.TABLE) -> None:
    """Publish recorded readings, or those of a pipe: one JSON object a line.

    A line that is refused becomes a dead letter with the reason and its line number, and does not change the exit code.
    Doing the same again is safe: an event that is sent twice is applied once.

    Example:
    $ gridctl simulate thermostats --devices 100 --to - | gridctl ingest jsonl -
    """
    from gridctl.ingest.pipeline import Until

    run_source(context, lambda settings: _lines(file, settings), Until(), output)


@app.command("mqtt")
def mqtt(
    context: typer.Context,
    topic: Topics = "devices/#",
    group: Group = None,
    client_id: ClientId = None,
    duration: Duration = None,
    idle: Idle = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Publish what devices send to the MQTT broker; each message is acknowledged once Kafka has it.

    Runs until it is interrupted, or until --duration or --idle. The broker keeps for a day what arrives while the
    bridge is away, and sends again what was not acknowledged, to the bridge of the same --client-id. Several bridges
    share a fleet under one --group; then each has its own --client-id, and one that stops leaves the group.

    Example:
    $ gridctl ingest mqtt --idle 5
    """
    from gridctl.cli.output import talk
    from gridctl.cli.wiring.streaming import mqtt_source
    from gridctl.ingest.pipeline import Until

    if group is not None and (not group or set("/+#") & set(group)):
        raise UsageProblem(f"--group {group!r}: not the name of a group", next_step="leave out /, + and #")
    host = socket.gethostname()
    name = client_id or (f"gridctl-{host}" if group is None else f"gridctl-{group}-{host}-{os.getpid()}")
    run_source(
        context, lambda settings: mqtt_source(settings, topic, name, group, talk().print), Until(duration, idle), output
    )


@contextmanager
def _lines(file: str, settings: "Settings") -> "Iterator[JsonLines]":
    from gridctl.cli.files import reading
    from gridctl.ingest.jsonl import JsonLines

    with reading(file) as lines:
        yield JsonLines(lines.fileno(), "stdin" if file == "-" else file, settings.profile.raw_cap_bytes)
