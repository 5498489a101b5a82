"""`gridctl schema retention`: which schemas the records that are still there were written with."""

from pathlib import Path
from typing import Annotated

import typer

from gridctl.cli.gating import Format, run_gate
from gridctl.cli.options import settings_of

Topic = Annotated[str, typer.Argument(metavar="TOPIC", help="A topic of topics.toml.", show_default=False)]
Schemas = Annotated[
    Path | None, typer.Option("--schemas", metavar="DIR", help="Another tree than the profile's, with topics.toml.")
]


def retention(context: typer.Context, topic: Topic, schemas: Schemas = None, chosen: Format = None) -> None:
    """Say which schema ids still occur in a topic and in its dead letters, and whether our newest schema reads them.

    Reads the whole retained log. Of dead letters both the letter and the record in it count. Exits 3 where the newest
    local schema cannot read one of the ids that occur, or where the registry does not know an id: then it is not
    known whether the reader is safe.

        $ gridctl up && gridctl schema retention iot.thermostat
    """
    from dataclasses import replace

    from gridctl.cli.wiring.governance import retained
    from gridctl.governance.retention import GATE

    settings = settings_of(context)
    if schemas is not None:
        settings = replace(settings, schemas_dir=schemas)
    run_gate(GATE, chosen, lambda: retained(settings, topic))
