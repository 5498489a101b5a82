"""`gridctl ingest scada`: poll Modbus TCP units at a fixed interval."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.commands.ingest.run import Duration, run_source
from gridctl.cli.options import Output, OutputFormat

if TYPE_CHECKING:
    from gridctl.ingest.scada.plan import PollPlan


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
    output: Output = OutputFormat.TABLE,
) -> None:
    """Poll Modbus TCP units at a fixed interval: one event per device and poll, with all its points.

    Each unit has a connection of its own, so none waits for another. A unit that does not answer, or that answers with
    an exception, gives events whose points are MISSING. Ctrl-C and SIGTERM finish the current polls and print what was
    done. docs/scada-map.md describes the map.

        $ gridctl simulate scada --map-out m.toml --duration 8 & sleep 2; gridctl ingest scada --map m.toml --duration 3
    """
    from contextlib import nullcontext

    from gridctl.cli.output import talk
    from gridctl.cli.wiring.streaming import modbus_links
    from gridctl.ingest.pipeline import Until
    from gridctl.ingest.scada.source import ScadaSource

    plans = _plans(map_file, interval)
    source = ScadaSource(plans, modbus_links(len(plans)), talk().print)

    run_source(context, lambda _: nullcontext(source), Until(duration_s=duration), output, extra=ScadaSource.summary)


def _plans(map_file: Path, interval: float | None) -> "list[PollPlan]":
    from gridctl.errors import UsageProblem
    from gridctl.ingest.scada.mapfile import read_map

    try:
        text = map_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageProblem(
            f"{map_file}: cannot be read: {why}", next_step="`gridctl simulate scada --map-out FILE` writes a map"
        ) from error
    return read_map(text, str(map_file), None if interval is None else round(interval * 1000))
