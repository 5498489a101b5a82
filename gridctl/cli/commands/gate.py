"""`gridctl gate`: every gate that ci/gates.toml names, side by side, with one summary and one exit code."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.files import text_of
from gridctl.cli.gating import Format, chosen_format, show
from gridctl.gates.formats import GateFormat

if TYPE_CHECKING:
    from gridctl.gates.runner import Gate, Outcome
    from gridctl.gates.runner_process import Ran

app = typer.Typer()

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Run only these gates.")]
File = Annotated[Path, typer.Option("--file", help="The file that lists the gates.")]
Base = Annotated[
    str | None, typer.Option(metavar="REV", help="The revision to compare the change with; passed on to the gates.")
]


@app.command("gate")
def gate(
    names: Names = None,
    file: File = Path("ci/gates.toml"),
    base: Base = None,
    chosen: Format = None,
) -> None:
    """Run the gates of ci/gates.toml side by side, and print the verdict of each.

    Exits 0 when all pass. When several fail, the exit code is the first of these that applies: 1 (a fault in a gate),
    2 (a wrong call), 5 (not checked: not installed, crashed, out of time, output not readable), 3 (a violation).

    The gate `pr` runs only where there is a pull request to judge: GITHUB_EVENT_PATH names its event.

        $ gridctl gate schema lint drift
    """
    from gridctl.gates.runner import NOT_APPLICABLE, combined, exit_code, parse_gates
    from gridctl.gates.runner import chosen as named

    declared = parse_gates(text_of(file, "name the gates with --file"), str(file))
    gates = named(declared, names or (), str(file))
    applicable = [gate for gate in gates if names or _applies(gate, os.environ)]
    left_out = [gate.name for gate in gates if gate not in applicable]
    for name in left_out:
        sys.stderr.write(f"{name}: {NOT_APPLICABLE} here\n")
    outcomes = _run(applicable, base)
    as_format = chosen_format(chosen, os.environ)
    show(combined(outcomes, left_out), as_format, os.environ)
    if as_format is GateFormat.TEXT:
        _table(outcomes)
    raise typer.Exit(exit_code(outcomes))


def _applies(gate: "Gate", environ: Mapping[str, str]) -> bool:
    # In GitHub Actions a gate that has nothing to judge is a wrong set-up, and it says so itself.
    return gate.only_with is None or gate.only_with in environ or environ.get("GITHUB_ACTIONS") == "true"


def _run(gates: "Sequence[Gate]", base: str | None) -> "list[Outcome]":
    from gridctl.gates.runner import outcome_of
    from gridctl.gates.runner_process import Call, run_all

    by_name = {gate.name: gate for gate in gates}

    def ended(name: str, ran: "Ran") -> None:
        sys.stderr.write(f"{name}: {outcome_of(by_name[name], ran).word} ({ran.seconds:.1f} s)\n")

    calls = {
        name: Call([*gate.command, *(("--base", base) if base is not None and gate.takes_base else ())], gate.timeout_s)
        for name, gate in by_name.items()
    }
    ran = run_all(calls, os.environ, ended)
    return [outcome_of(gate, ran[name]) for name, gate in by_name.items()]


def _table(outcomes: "Sequence[Outcome]") -> None:
    from gridctl.cli.output import print_table

    rows = [
        (outcome.name, outcome.word, outcome.code, len(outcome.findings), round(outcome.seconds, 1))
        for outcome in outcomes
    ]
    print_table(("gate", "verdict", "exit code", "findings", "seconds"), rows)
