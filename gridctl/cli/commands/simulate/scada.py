"""`gridctl simulate scada`: Modbus TCP outstations."""

from pathlib import Path
from typing import Annotated

import typer

from gridctl.cli.commands.simulate.fleets import OldAccountFile, OldOutput, Seed
from gridctl.cli.options import Duration, Output, OutputFormat, renamed

Faults = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND:UNIT[:ARG]", help="Let a unit fail; units are numbered through all ports. Can be repeated."
    ),
]
Interval = Annotated[float, typer.Option(min=0.05, max=3600, help="Seconds between polls that the map asks for.")]


def scada(
    *,
    ports: Annotated[int, typer.Option(min=1, max=64, help="Number of TCP ports.")] = 1,
    units: Annotated[int, typer.Option(min=1, max=247, help="Number of unit ids on each port.")] = 5,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The first port; 0 takes free ones.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    seed: Seed = 1,
    fault: Faults = None,
    interval: Interval = 1.0,
    map_out: Annotated[Path | None, typer.Option(help="Write the register map to this file.")] = None,
    account: Annotated[Path | None, typer.Option(help="Write a JSON account of the polls to this file.")] = None,
    duration: Duration = None,
    output: Output = OutputFormat.TABLE,
    old_account: OldAccountFile = None,
    old_output: OldOutput = None,
) -> None:
    """Serve Modbus TCP outstations: feeders, breakers and transformers.

    Runs until --duration is over or it is stopped. --map-out is written once all ports answer; give it to
    `gridctl ingest scada --map`. Faults: silent, exception, wrong-transaction, corrupt, slow.

        $ gridctl simulate scada --units 5 --map-out map.toml --fault silent:3 --fault exception:4:2 --duration 2
    """
    import asyncio

    from gridctl.cli.output import print_account, talk
    from gridctl.cli.wiring.streaming import outstation_servers
    from gridctl.runtime.clock import wall_clock_ms
    from gridctl.runtime.progress import write_whole
    from gridctl.runtime.stop import Stop
    from gridctl.simulate.scada.grid import Grid
    from gridctl.simulate.scada.outstations import map_text, outstations
    from gridctl.simulate.scada.serve import OutstationAccount, parse_faults, serve_outstations

    fleet = outstations(ports, units)
    grid, polls = Grid(fleet, seed), OutstationAccount(fleet)
    grid.step(wall_clock_ms())
    servers = outstation_servers(grid, parse_faults(fault or [], len(fleet)), polls, host, port)

    def on_ready(addresses: list[str]) -> None:
        if map_out is not None:
            write_whole(map_out, map_text(fleet, addresses, interval_ms=round(interval * 1000)))
        talk().print(f"{len(fleet)} outstations on {', '.join(addresses)}")

    file = renamed("--ledger", "--account", old_account, account)
    with Stop() as stop:
        serving = serve_outstations(servers, grid, polls, stop, file, duration, on_ready)
        print_account(asyncio.run(serving), renamed("--format", "--output", old_output, output))
