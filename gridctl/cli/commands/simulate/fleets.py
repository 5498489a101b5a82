"""`gridctl simulate thermostats` and the other fleets, live or as JSON lines."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.options import OutputFormat, renamed, settings_of
from gridctl.contracts.clock import EVENT_TIME_MIN_MS
from gridctl.errors import UsageProblem
from gridctl.runtime.clock import wall_clock_ms

if TYPE_CHECKING:
    from gridctl.simulate.fleet import Fleet

START = "2026-01-15T00:00:00Z"
INTERVAL_MAX_S = 900.0  # a room changes by two degrees in that time; more would not look like one
NOTES = """
Without --to the fleet is live: it publishes to the MQTT broker in real time, until --ticks are over or it is stopped.
With --to it writes exactly devices x ticks lines; the same seed gives the same bytes on every machine.
A thermostat takes 7 bytes of memory and a charger 11, so millions fit.

    $ gridctl simulate {name} --devices 1000 --ticks 5 --seed 7 --to -"""
Devices = Annotated[int, typer.Option(min=1, max=50_000_000, help="Number of devices.")]
Ticks = Annotated[
    int | None, typer.Option(min=1, help="Number of reports of each device; by default 1 with --to, no limit live.")
]
Interval = Annotated[float, typer.Option(min=1, max=INTERVAL_MAX_S, help="Seconds between the reports of a device.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same devices.")]
Start = Annotated[str | None, typer.Option(help=f"With --to: the time of the first reports; {START} by default.")]
To = Annotated[str | None, typer.Option(metavar="FILE|-", help="Write JSON lines to a file, or - for stdout.")]
Mqtt = Annotated[str | None, typer.Option(help="HOST:PORT of the MQTT broker, instead of the configured one.")]
Burst = Annotated[
    bool, typer.Option("--burst", help="A weather event: all devices switch on and report 4 times as often.")
]
Faulty = Annotated[
    float, typer.Option("--faulty-firmware", min=0, max=1, help="Share of the devices that send broken packets.")
]
AccountFile = Annotated[Path | None, typer.Option(help="Live: write a JSON account of what was sent to this file.")]
Output = Annotated[
    str, typer.Option("--output", "-o", metavar="table|json|yaml", help="Live: how to print the account.")
]
OldAccountFile = Annotated[Path | None, typer.Option("--ledger", hidden=True)]
OldOutput = Annotated[OutputFormat | None, typer.Option("--format", hidden=True)]


def add_fleets(group: typer.Typer) -> None:
    """Add a command for each fleet."""
    from gridctl.simulate.fleets import FLEETS

    for name, fleet in FLEETS.items():
        group.command(name, help=f"{fleet.about}\n{NOTES.format(name=name)}")(_command_of(fleet))


def _command_of(kind: "type[Fleet]") -> Callable[..., None]:

    def simulate(
        context: typer.Context,
        *,
        devices: Devices = 1000,
        ticks: Ticks = None,
        interval: Interval = 60.0,
        seed: Seed = 1,
        start: Start = None,
        to: To = None,
        mqtt: Mqtt = None,
        burst: Burst = False,
        faulty_firmware: Faulty = 0.0,
        account: AccountFile = None,
        output: Output = OutputFormat.TABLE.value,
        old_account: OldAccountFile = None,
        old_output: OldOutput = None,
    ) -> None:
        from gridctl.simulate.faults import SHARE_UNIT
        from gridctl.simulate.fleet import FleetPlan, Schedule

        to, chosen = _target(to, renamed("--format", "--output", old_output, output))
        account = renamed("--ledger", "--account", old_account, account)
        _require_consistent(to, start, mqtt, account)
        reports = ticks if to is None else ticks or 1
        schedule = Schedule.plan(_start_ms(to, start), round(interval * 1000), reports, burst=burst)
        plan = FleetPlan(devices, seed, schedule, round(faulty_firmware * SHARE_UNIT))
        fleet = kind(plan)
        if to is None:
            _run_live(context, fleet, mqtt, account, chosen)
        else:
            _write_lines(fleet, to)

    return simulate


def _target(to: str | None, output: str) -> tuple[str | None, OutputFormat]:
    """Return the file of the lines and the format of the account; --output named the file before."""
    if output in set(OutputFormat):
        return to, OutputFormat(output)
    return renamed("--output FILE", "--to FILE", output, to), OutputFormat.TABLE


def _require_consistent(to: str | None, start: str | None, mqtt: str | None, account: Path | None) -> None:
    if to is None and start is not None:
        raise UsageProblem("a live fleet runs in real time", next_step="leave out --start, or add --to -")
    if to is not None and (mqtt is not None or account is not None):
        raise UsageProblem("--mqtt and --account are for a live fleet", next_step="leave out --to, or them")


def _start_ms(to: str | None, start: str | None) -> int:
    """Read an ISO 8601 time with its offset (`2026-01-15T00:00:00Z`); a live fleet starts now."""
    if to is None:
        return wall_clock_ms()
    text, next_step = start or START, "write for example --start 2026-01-15T00:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageProblem(f"--start {text}: not an ISO 8601 time", next_step=next_step) from error
    if moment.tzinfo is None:
        raise UsageProblem(f"--start {text}: without an offset it means another time elsewhere", next_step=next_step)
    at_ms = round(moment.timestamp() * 1000)
    if at_ms < EVENT_TIME_MIN_MS:
        raise UsageProblem(f"--start {text}: before the year 2000 no event is accepted", next_step=next_step)
    return at_ms


def _write_lines(fleet: "Fleet", to: str) -> None:
    from gridctl.cli.files import writing
    from gridctl.cli.output import progress_bar
    from gridctl.runtime.stop import Stop
    from gridctl.simulate.sending import write_lines

    total = fleet.plan.devices * (fleet.plan.schedule.ticks or 0)
    with Stop() as stop, writing(to) as out, progress_bar("lines", total) as advance:
        if write_lines(fleet, out, advance, stop.is_asked) < total:
            raise KeyboardInterrupt  # SIGTERM too: the lines are not all there


def _run_live(
    context: typer.Context, fleet: "Fleet", mqtt: str | None, account: Path | None, output: OutputFormat
) -> None:
    from gridctl.cli.output import print_account, progress_bar, talk
    from gridctl.cli.wiring.streaming import mqtt_publisher
    from gridctl.runtime.stop import Stop
    from gridctl.simulate.sending import LiveFleet

    ticks = fleet.plan.schedule.ticks
    with Stop() as stop:
        publisher = mqtt_publisher(settings_of(context), f"gridctl-simulate-{fleet.kind}-{os.getpid()}", mqtt)
        talk().print(f"{fleet.plan.devices} devices are sending to {publisher.address}")
        with progress_bar("packets", ticks and ticks * fleet.plan.devices) as advance:
            done = LiveFleet(fleet, publisher, stop, account, advance).run()
        print_account(done, output)
