"""`gridctl ingest scada`: poll Modbus TCP units at a fixed interval."""

from pathlib import Path
from typing import Annotated

import typer

from gridctl.cli.commands.ingest.run import run_source
from gridctl.cli.files import text_of
from gridctl.cli.options import Duration, Listen, Output, OutputFormat, Patience, settings_of


def scada(
    context: typer.Context,
    map_file: Annotated[
        Path, typer.Option("--map", help="The register map: which units, and which registers of each.")
    ],
    interval: Annotated[
        float | None,
        typer.Option(min=0.02, max=86_400, help="Seconds between polls of every unit, instead of the map's."),
    ] = None,
    duration: Duration = None,
    listen: Listen = None,
    patience: Patience = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Poll Modbus TCP units at a fixed interval: one event per device and poll, with all its points.

    Each unit has a connection of its own, so none waits for another. A unit that does not answer, or that answers with
    an exception, gives events whose points are MISSING. Ctrl-C and SIGTERM finish the current polls and print what was
    done. docs/scada-map.md describes the map.

        $ gridctl simulate scada --map-out m.toml --duration 8 & sleep 2; gridctl ingest scada --map m.toml --duration 3
    """
    from contextlib import nullcontext

    from gridctl.cli.wiring.service import service_of
    from gridctl.cli.wiring.streaming import modbus_links
    from gridctl.ingest.pipeline import Until
    from gridctl.ingest.scada.mapfile import read_map
    from gridctl.ingest.scada.source import ScadaSource
    from gridctl.runtime.outage import Needs

    text = text_of(map_file, "`gridctl simulate scada --map-out FILE` writes a map")
    plans = read_map(text, str(map_file), None if interval is None else round(interval * 1000))
    settings = settings_of(context)
    service = service_of(settings, "ingest scada", listen, patience)
    source = ScadaSource(plans, modbus_links(len(plans)), service.log.say)

    run_source(settings, service, lambda: nullcontext((source, Needs())), Until(duration), output, source.summary)
