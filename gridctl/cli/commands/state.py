"""`gridctl state`: the last known good state."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.options import Output, OutputFormat, RecordFormat, RecordOutput, group, seconds_of, settings_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.state.reader import StateReader
    from gridctl.state.view import EventOf

Device = Annotated[str, typer.Argument(metavar="DEVICE", help="The device.")]
OlderThan = Annotated[
    float,
    typer.Option(
        "--older-than",
        parser=seconds_of,
        metavar="DURATION",
        show_default="5m",
        help="A device is silent when its newest good event is older than this.",
    ),
]
Limit = Annotated[
    int, typer.Option("--limit", min=0, max=100_000, help="At most that many devices; `-o jsonl` has all, a line each.")
]
Name = Annotated[str | None, typer.Argument(metavar="DEVICE|CIRCUIT", help="Only this device or circuit.")]

app = group("state")

FIVE_MINUTES_S = 300.0
SHARES_SHOWN = 10


@app.command("show")
def show(context: typer.Context, name: Name = None, output: RecordOutput = RecordFormat.TABLE) -> None:
    """Show each device's last good event and each circuit's total, sorted by id.

    The output depends on the events alone: the same events, in any order and any number of times, give the same.

        $ gridctl state show -o json
    """
    from gridctl.cli.output import print_data, print_json_lines, talk
    from gridctl.cli.wiring.streaming import state_of
    from gridctl.state.view import circuit_rows, device_rows

    with state_of(settings_of(context), talk().print) as (state, event_of):
        if name is None:
            devices, circuits = device_rows(state.devices(), event_of), circuit_rows(state.circuits())
        else:
            devices, circuits = _named(name, state, event_of)
    if output is RecordFormat.TABLE:
        _print_tables(devices, circuits)
    elif output is RecordFormat.JSONL:
        print_json_lines([*devices, *circuits])
    else:
        print_data({"devices": devices, "circuits": circuits}, output.value)


@app.command("stale")
def stale(
    context: typer.Context,
    older_than: OlderThan = FIVE_MINUTES_S,
    limit: Limit = 15,
    output: RecordOutput = RecordFormat.TABLE,
) -> None:
    """Show which devices fell silent: by circuit, by kind, and those that fell silent last.

    A device is silent when its newest good event is too old, by the device's own time: SILENT where nothing came since,
    NOT_GOOD where events come and none is good, as of an outstation that does not answer.

        $ gridctl state stale --older-than 5m
    """
    from contextlib import closing

    from gridctl.cli.output import print_data, print_json_lines
    from gridctl.cli.wiring.base import redis_of
    from gridctl.runtime.clock import wall_clock_ms
    from gridctl.state.silence import silence, silent_rows

    now_ms = wall_clock_ms()
    before_ms = now_ms - round(older_than * 1000)
    with closing(redis_of(settings_of(context))) as state:
        if output is RecordFormat.JSONL:
            print_json_lines(silent_rows(state.devices(), before_ms))
            return
        found = {"asked_ms": now_ms, "older_than_s": older_than, **silence(state.devices(), before_ms, limit)}
    if output is RecordFormat.TABLE:
        _print_silence(found)
    else:
        print_data(found, output.value)


@app.command("device")
def device(
    context: typer.Context,
    device_id: Device,
    older_than: OlderThan = FIVE_MINUTES_S,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Say whether a device is alive, what it said last, and the newest dead letter of it.

    What cannot be read is UNKNOWN, with its cause, and the exit code is 5.

        $ gridctl state device th-0000001
    """
    from gridctl.cli.boundary import ExitCode
    from gridctl.cli.output import print_data, talk
    from gridctl.cli.wiring.oncall import device_report
    from gridctl.runtime.clock import wall_clock_ms

    found = device_report(settings_of(context), device_id, wall_clock_ms(), older_than, talk().print)
    if output is OutputFormat.TABLE:
        _print_device(found)
    else:
        print_data(found, output.value)
    if found["unknown"]:
        raise typer.Exit(ExitCode.UNAVAILABLE)


def _named(name: str, state: "StateReader", event_of: "EventOf") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    from gridctl.state.view import circuit_rows, device_rows

    circuits = state.circuits()
    if name in circuits:
        members = (item for item in state.devices() if item[1].current.circuit_id == name)
        return device_rows(members, event_of), circuit_rows({name: circuits[name]})
    found = state.device(name)
    if found is None:
        raise UsageProblem(
            f"the grid state has no device and no circuit {name}", next_step="`gridctl state show` lists all"
        )
    return device_rows([(name, found)], event_of), []


def _print_tables(devices: list[dict[str, Any]], circuits: list[dict[str, Any]]) -> None:
    from gridctl.cli.output import age_text, print_table, time_text
    from gridctl.contracts.kinds import KINDS
    from gridctl.runtime.clock import wall_clock_ms

    if circuits or not devices:
        rows = [list(circuit.values()) for circuit in circuits]
        print_table(["circuit", "power_w", "devices"], rows, title="Circuits")
    now_ms = wall_clock_ms()
    print_table(
        ["device", "circuit", "reported", "seen", "quality", "values"],
        [
            [
                row["device_id"],
                row["circuit_id"],
                time_text(row["event_time_ms"], now_ms),
                age_text((now_ms - row["last_seen_ms"]) / 1000),
                row["last_quality"],
                KINDS[row["kind"]].summary(row),
            ]
            for row in devices
        ],
        title="Devices",
        cut=True,
    )


def _print_silence(found: dict[str, Any]) -> None:
    from gridctl.cli.output import age_text, print_table, time_and_age

    now_ms = found["asked_ms"]
    typer.echo(
        f"{found['silent']} of {found['devices']} devices silent for {age_text(found['older_than_s'])} or longer"
    )
    for title, name, key in (("Kinds", "kind", "by_kind"), ("Circuits", "circuit_id", "by_circuit")):
        fallen = [share for share in found[key] if share["silent"]]
        rows = [
            [share[name], share["silent"], share["devices"], *time_and_age(share["last_seen_ms"], now_ms)]
            for share in fallen[:SHARES_SHOWN]
        ]
        if rows:
            print_table([name.removesuffix("_id"), "silent", "of", "last seen", "age"], rows, title=title)
        if more := len(fallen) - len(rows):
            typer.echo(f"and {more} more: -o json")
    rows = [
        [row["device_id"], row["kind"], row["circuit_id"], *time_and_age(row["last_good_ms"], now_ms), row["why"]]
        for row in found["silent_devices"]
    ]
    if rows:
        columns = ["device", "kind", "circuit", "last good", "age", "why"]
        print_table(columns, rows, title="The devices that fell silent last")


def _print_device(found: dict[str, Any]) -> None:
    from gridctl.cli.output import print_table, printable, time_and_age
    from gridctl.contracts.kinds import KINDS

    def when(time_ms: int | None) -> str:
        time, age = time_and_age(time_ms, found["asked_ms"])
        return "never" if time_ms is None else f"{time}, {age} ago"

    unknown, event, letter = found["unknown"], found["event"], found["last_dead_letter"]
    state = {True: "alive", False: found["why"], None: "UNKNOWN"}[found["alive"]]
    typer.echo(f"{printable(found['device_id'])} is {state}: last good event {when(found['last_good_ms'])}")
    rows: list[tuple[str, object]] = [("last event", when(found["last_seen_ms"]))]
    if event is not None:
        rows += [("kind", event["kind"]), ("circuit", event["circuit_id"]), ("priority", event["priority_level"])]
        rows += [("quality", event["last_quality"]), ("values", KINDS[event["kind"]].summary(event))]
    if letter is not None:
        rows.append(("last dead letter", f"{when(letter['appended_ms'])}: {letter['rule']}: {letter['reason']}"))
    elif "last_dead_letter" not in unknown:
        rows.append(("last dead letter", "none among the newest ones"))
    rows += [(name.replace("_", " "), f"UNKNOWN: {cause}") for name, cause in unknown.items()]
    print_table(("what", "value"), rows)
