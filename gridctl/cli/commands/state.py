"""`gridctl state`: the last known good state."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.options import RecordFormat, RecordOutput, group, settings_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.state.reader import StateReader
    from gridctl.state.view import EventOf

Name = Annotated[str | None, typer.Argument(metavar="DEVICE|CIRCUIT", help="Only this device or circuit.")]

app = group("state")


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
