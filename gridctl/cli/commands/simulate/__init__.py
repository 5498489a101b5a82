"""`gridctl simulate`: fleets and outstations to try the platform on, and their asset records."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.commands.simulate.scada import HELP as SCADA_HELP
from gridctl.cli.commands.simulate.scada import scada
from gridctl.cli.options import OutputFormat

if TYPE_CHECKING:
    from gridctl.simulate.fleet import Fleet, FleetPlan

START = "2026-01-15T00:00:00Z"
INTERVAL_MAX_S = 900.0  # a room changes by two degrees in that time; more would not look like one

FLEET_NOTES = """
Without --output the fleet is live: it publishes to the MQTT broker at the wall clock, until --ticks are over or it
is stopped. With --output it writes exactly devices x ticks lines; the same seed gives the same bytes on every
machine. A thermostat takes 7 bytes of memory and a charger 11, so millions fit.

Example:

"""
THERMOSTATS = (
    "Simulate thermostats: rooms driven by the weather.\n"
    + FLEET_NOTES
    + "    $ gridctl simulate thermostats --devices 1000 --ticks 5 --seed 7 --output -"
)
CHARGERS = (
    "Simulate EV chargers: sessions by time of day, constant current, then a taper.\n"
    + FLEET_NOTES
    + "    $ gridctl simulate chargers --devices 200 --ticks 5 --seed 7 --output -"
)
ASSETS = """Write the CIS records of the simulated fleets, for `gridctl assets apply`.

A few devices sustain life, a few tags have expired, and a few devices have no record.

Example:

    $ gridctl simulate assets --thermostats 1000 --chargers 200 --scada 10 --output -
"""

Devices = Annotated[int, typer.Option(min=1, max=50_000_000, help="How many devices.")]
Ticks = Annotated[int | None, typer.Option(min=1, help="Reports a device; live: without end, else 1.")]
Interval = Annotated[float, typer.Option(min=1, max=INTERVAL_MAX_S, help="Seconds from report to report.")]
Seed = Annotated[int, typer.Option(help="The same seed, the same devices.")]
Start = Annotated[str | None, typer.Option(help=f"With --output: when time starts; {START} if not said.")]
OutputFile = Annotated[str | None, typer.Option("--output", help="Write JSON lines to a file, or - for stdout.")]
Mqtt = Annotated[str | None, typer.Option(help="HOST:PORT of the MQTT broker, instead of the settings' one.")]
Burst = Annotated[bool, typer.Option("--burst", help="A weather event: all switch on and report 4 x as often.")]
Faulty = Annotated[float, typer.Option("--faulty-firmware", min=0, max=1, help="Share that sends broken packets.")]
LedgerFile = Annotated[Path | None, typer.Option(help="Live: keep a JSON account of what was sent in this file.")]
Summary = Annotated[OutputFormat, typer.Option("-o", "--format", help="How to print the summary.")]


def register(root: typer.Typer) -> None:
    """Add `simulate` to the root."""
    group = typer.Typer(no_args_is_help=True, help="Outstations, thermostats, chargers and their asset records.")
    group.command(help=SCADA_HELP)(scada)
    group.command(help=THERMOSTATS)(thermostats)
    group.command(help=CHARGERS)(chargers)
    group.command(help=ASSETS)(assets)
    root.add_typer(group, name="simulate")


def thermostats(
    context: typer.Context,
    *,
    devices: Devices = 1000,
    ticks: Ticks = None,
    interval: Interval = 60.0,
    seed: Seed = 1,
    start: Start = None,
    output: OutputFile = None,
    mqtt: Mqtt = None,
    burst: Burst = False,
    faulty_firmware: Faulty = 0.0,
    ledger: LedgerFile = None,
    summary: Summary = OutputFormat.TABLE,
) -> None:
    """Simulate thermostats."""
    from gridctl.simulate.thermostats import Thermostats

    plan = _plan(devices, ticks, interval, seed, start, burst=burst, share=faulty_firmware, live=output is None)
    _run(context, Thermostats(plan), output, mqtt, ledger, summary)


def chargers(
    context: typer.Context,
    *,
    devices: Devices = 1000,
    ticks: Ticks = None,
    interval: Interval = 60.0,
    seed: Seed = 1,
    start: Start = None,
    output: OutputFile = None,
    mqtt: Mqtt = None,
    burst: Burst = False,
    faulty_firmware: Faulty = 0.0,
    ledger: LedgerFile = None,
    summary: Summary = OutputFormat.TABLE,
) -> None:
    """Simulate chargers."""
    from gridctl.simulate.chargers import Chargers

    plan = _plan(devices, ticks, interval, seed, start, burst=burst, share=faulty_firmware, live=output is None)
    _run(context, Chargers(plan), output, mqtt, ledger, summary)


def assets(
    thermostats: Annotated[int, typer.Option(min=0, help="Size of the thermostat fleet.")] = 0,
    chargers: Annotated[int, typer.Option(min=0, help="Size of the charger fleet.")] = 0,
    scada: Annotated[int, typer.Option(min=0, help="Number of outstations: ports x units.")] = 0,
    circuits: Annotated[int, typer.Option(min=1, max=10_000, help="Circuits that share the devices.")] = 8,
    seed: Seed = 1,
    output: Annotated[str, typer.Option(help="The file to write, or - for stdout.")] = "-",
) -> None:
    """Write the asset records as JSON lines."""
    from gridctl.cli.commands.simulate.run import destination
    from gridctl.cli.output import progress_bar
    from gridctl.simulate.assets import AssetPlan, asset_records

    plan = AssetPlan(seed=seed, thermostats=thermostats, chargers=chargers, scada=scada, circuits=circuits)
    total = thermostats + chargers + scada
    with destination(output) as out, progress_bar("records", total) as advance:
        for record in asset_records(plan):
            out.write(record.model_dump_json().encode() + b"\n")
            advance(1)
        out.flush()


def _plan(
    devices: int,
    ticks: int | None,
    interval_s: float,
    seed: int,
    start: str | None,
    *,
    burst: bool,
    share: float,
    live: bool,
) -> "FleetPlan":
    import time

    from gridctl.cli.commands.simulate.run import epoch_ms
    from gridctl.errors import UsageProblem
    from gridctl.simulate.faults import SHARE_UNIT
    from gridctl.simulate.fleet import FleetPlan, Schedule

    if live and start is not None:
        raise UsageProblem("a live fleet runs at the wall clock", next_step="leave out --start, or add --output -")
    start_ms = time.time_ns() // 1_000_000 if live else epoch_ms(start or START)
    reports = ticks if live else ticks or 1
    schedule = Schedule.plan(start_ms, round(interval_s * 1000), reports, burst=burst)
    return FleetPlan(devices, seed, schedule, round(share * SHARE_UNIT))


def _run(
    context: typer.Context,
    fleet: "Fleet",
    output: str | None,
    mqtt: str | None,
    ledger: Path | None,
    summary: OutputFormat,
) -> None:
    from gridctl.errors import UsageProblem

    if output is None:
        _run_live(context, fleet, mqtt, ledger, summary)
    elif mqtt is not None or ledger is not None:
        raise UsageProblem("--mqtt and --ledger are for a live fleet", next_step="leave out --output, or them")
    else:
        _run_lines(fleet, output)


def _run_lines(fleet: "Fleet", output: str) -> None:
    from gridctl.cli.commands.simulate.run import destination
    from gridctl.cli.output import progress_bar
    from gridctl.runtime.stop import Stop
    from gridctl.simulate.sending import write_lines

    total = fleet.plan.devices * (fleet.plan.schedule.ticks or 0)
    with Stop() as stop, destination(output) as out, progress_bar("lines", total) as advance:
        if write_lines(fleet, out, advance, stop.is_asked) < total:
            raise KeyboardInterrupt  # SIGTERM too: the lines are not all there


def _run_live(
    context: typer.Context, fleet: "Fleet", mqtt: str | None, ledger: Path | None, summary: OutputFormat
) -> None:
    import os

    from gridctl.cli.output import print_account, progress_bar, talk
    from gridctl.cli.wiring.base import settings_of
    from gridctl.cli.wiring.simulate import mqtt_publisher
    from gridctl.runtime.stop import Stop
    from gridctl.simulate.sending import LiveFleet

    ticks = fleet.plan.schedule.ticks
    with Stop() as stop:
        publisher = mqtt_publisher(settings_of(context), f"gridctl-simulate-{fleet.kind}-{os.getpid()}", mqtt)
        talk().print(f"{fleet.plan.devices} devices are sending to {publisher.address}")
        with progress_bar("packets", ticks and ticks * fleet.plan.devices) as advance:
            done = LiveFleet(fleet, publisher, stop, ledger, advance).run()
        print_account(done, summary)
