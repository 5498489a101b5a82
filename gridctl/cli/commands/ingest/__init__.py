"""`gridctl ingest`: readings from outside become events on the broker."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.commands.ingest.run import run_source
from gridctl.cli.commands.ingest.scada import scada
from gridctl.cli.options import Duration, Listen, Output, OutputFormat, Patience, group, settings_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.ingest.jsonl import JsonLines
    from gridctl.runtime.outage import Needs

app = group("ingest")

File = Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines, one reading a line; - reads stdin.")]
Topics = Annotated[str, typer.Option("--topic", help="The MQTT topic filter of the devices.")]
Group = Annotated[str | None, typer.Option("--group", help="Share the messages with the other runs of this group.")]
Idle = Annotated[float | None, typer.Option("--idle", min=0, help="Stop when nothing has come for that many seconds.")]
ClientId = Annotated[
    str | None,
    typer.Option("--client-id", help="The name under which the MQTT broker keeps what was not acknowledged."),
]


app.command("scada")(scada)


@app.command("jsonl")
def jsonl(
    context: typer.Context,
    file: File,
    listen: Listen = None,
    patience: Patience = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Publish readings from a file or from a pipe: one JSON object a line.

    A line that is refused becomes a dead letter with the reason and its line number; the exit code stays 0.
    Running it again is safe: an event that is sent twice is applied once.

        $ gridctl simulate thermostats --devices 100 --to - | gridctl ingest jsonl -
    """
    from gridctl.cli.wiring.service import service_of
    from gridctl.ingest.pipeline import Until

    settings = settings_of(context)
    service = service_of(settings, "ingest jsonl", listen, patience)
    run_source(settings, service, lambda: _lines(file, settings.profile.raw_cap_bytes), Until(), output)


@app.command("mqtt")
def mqtt(
    context: typer.Context,
    *,
    topic: Topics = "devices/#",
    group: Group = None,
    client_id: ClientId = None,
    duration: Duration = None,
    idle: Idle = None,
    listen: Listen = None,
    patience: Patience = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Publish what devices send to the MQTT broker; each message is acknowledged once Kafka has it.

    Runs until it is interrupted, or until --duration or --idle. While this command is not running, the MQTT broker
    keeps messages for a day. It sends them, and what was not acknowledged, to the next run with the same --client-id.
    Several runs can share a fleet with one --group; each then has its own --client-id, and one that stops leaves the
    group.

        $ gridctl ingest mqtt --idle 5
    """
    from gridctl.cli.wiring.service import service_of
    from gridctl.cli.wiring.streaming import mqtt_source
    from gridctl.ingest.pipeline import Until

    if group is not None and (not group or set("/+#") & set(group)):
        raise UsageProblem(f"--group {group!r}: not the name of a group", next_step="leave out /, + and #")
    host = socket.gethostname()
    name = client_id or (f"gridctl-{host}" if group is None else f"gridctl-{group}-{host}-{os.getpid()}")
    settings = settings_of(context)
    service = service_of(settings, "ingest mqtt", listen, patience)
    until = Until(duration, idle)
    run_source(settings, service, lambda: mqtt_source(settings, topic, name, group, service), until, output)


@contextmanager
def _lines(file: str, raw_cap_bytes: int) -> "Iterator[tuple[JsonLines, Needs]]":
    from gridctl.cli.files import reading
    from gridctl.ingest.jsonl import JsonLines
    from gridctl.runtime.outage import Needs

    with reading(file) as lines:
        yield JsonLines(lines.fileno(), "stdin" if file == "-" else file, raw_cap_bytes), Needs()
