"""`gridctl process`: events become the grid state."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gridctl.cli.options import Listen, Output, OutputFormat, Patience, settings_of

app = typer.Typer()

GROUP = "gridstream.process"

Group = Annotated[str, typer.Option("--group", help="The consumer group; its members share the partitions.")]
InstanceId = Annotated[
    str | None,
    typer.Option(
        "--instance-id",
        help="A fixed name in the group (static membership): after a restart the processor has its partitions again at "
        "once. Each processor of a group needs its own.",
    ),
]
BatchSize = Annotated[int, typer.Option("--batch", min=1, max=100_000, help="At most that many records in a batch.")]
MaxMessages = Annotated[int | None, typer.Option("--max-messages", min=1, help="Stop after that many records.")]
UntilIdle = Annotated[
    bool,
    typer.Option("--until-idle", help="Stop when the group has committed every partition up to its end."),
]

Progress = Annotated[
    Path | None, typer.Option("--progress", help="Write to this file once a second what was done so far, as JSON.")
]


@app.command("process")
def process(
    context: typer.Context,
    *,
    group: Group = GROUP,
    instance_id: InstanceId = None,
    batch: BatchSize = 1000,
    max_messages: MaxMessages = None,
    until_idle: UntilIdle = False,
    progress: Progress = None,
    listen: Listen = None,
    patience: Patience = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Apply events to the grid state, once each; what cannot be applied becomes a dead letter.

    Runs until it is interrupted, or until one of the limits. Ctrl-C and SIGTERM finish the current batch, commit it
    and print what was done. Running it again on the same events changes nothing. A broker or a Redis that is away is
    waited for (--patience); nothing is committed meanwhile.

        $ gridctl process --until-idle
    """
    from gridctl.cli.output import print_account
    from gridctl.cli.wiring.service import SCRIPT_PATIENCE_S, SERVICE_PATIENCE_S, service_of
    from gridctl.cli.wiring.streaming import processor_of
    from gridctl.process.processor import Limits
    from gridctl.runtime.progress import ProgressFile

    settings, started_s = settings_of(context), time.monotonic()

    def account() -> Mapping[str, Any]:
        return processor.summary.as_json(time.monotonic() - started_s)

    file = ProgressFile(progress, account)
    default_patience_s = SCRIPT_PATIENCE_S if until_idle else SERVICE_PATIENCE_S
    with service_of(settings, "process", listen, patience, default_patience_s) as service:
        opened = service.opened(lambda: processor_of(settings, group, instance_id, service))
        with opened as (processor, check, needs), service.working(needs):
            limits = Limits(batch, max_messages, until_idle)

            def on_step() -> None:
                check()
                file.tick(time.monotonic())

            processor.run(limits, service.is_asked, on_step, service.attempt)
            file.write()
        print_account(account(), output)
