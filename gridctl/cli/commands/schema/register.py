"""`gridctl schema register`: register what the tree holds, and record it in the ledger."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.confirm import Yes, confirm
from gridctl.cli.options import Output, OutputFormat, settings_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.audit.chain import Head
    from gridctl.governance.register import Report
    from gridctl.governance.register_plan import Step

Schemas = Annotated[Path | None, typer.Option("--schemas", metavar="DIR", help="Another tree than the profile's.")]
Registry = Annotated[
    str | None, typer.Option("--registry", metavar="URL", help="Another registry; glue://REGION/NAME for AWS Glue.")
]
Execute = Annotated[bool, typer.Option("--execute", help="Write; without it the plan is printed.")]
Adopt = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Also record versions in the registry that no ledger entry records."),
]


def register(
    context: typer.Context,
    schemas: Schemas = None,
    registry: Registry = None,
    execute: Execute = False,
    adopt: Adopt = None,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Print what registering the schemas would change; with --execute change it and record it in the ledger.

    Levels become BACKWARD_TRANSITIVE, versions come in the order of their references, each is read back, and
    each change becomes an entry of grid.audit. A tree that breaks the level, that no producer can write with, or that
    differs from what is published, is refused before anything is written: exit code 3. A second run changes nothing.

    The ledger's head is printed; keep it, `gridctl audit verify --head` finds with it that the ledger was cut off.

        $ gridctl up && gridctl schema register --execute
    """
    from dataclasses import replace

    from gridctl.cli.wiring.governance import register_schemas

    if adopt is not None and not (execute and adopt.strip()):
        raise UsageProblem("--adopt needs --execute and a reason", next_step='--execute --adopt "registered by hand"')
    settings = settings_of(context)
    if schemas is not None:
        settings = replace(settings, schemas_dir=schemas)
    if execute:
        confirm(settings, "Register schemas", yes=yes)
    report = register_schemas(settings, execute=execute, registry_url=registry, adopt=adopt)
    _show(report, executed=execute, output=output)
    if report.head is not None:
        _announce(report.head, os.environ)


def _announce(head: "Head", environ: Mapping[str, str]) -> None:
    """Print the head on stderr; in GitHub Actions also put it into the job's outputs and summary."""
    from gridctl.cli.gating import append_to_job_file
    from gridctl.cli.output import talk

    talk().print(f"ledger head {head}", soft_wrap=True)
    if name := environ.get("GITHUB_OUTPUT"):
        append_to_job_file(name, f"ledger-head={head}\n")
    if name := environ.get("GITHUB_STEP_SUMMARY"):
        append_to_job_file(name, f"Ledger head: `{head}` (check it with `gridctl audit verify --head {head}`)\n\n")


def _show(report: "Report", *, executed: bool, output: OutputFormat) -> None:
    from gridctl.cli.output import print_data, print_table, talk

    steps = [_row(step) for step in report.plan.steps]
    adopted = [
        {"subject": entry.subject, "version": entry.version}
        for entry in report.entries
        if entry.action == "schema.adopt"
    ]
    if output is not OutputFormat.TABLE:
        head = report.head and {"sequence": report.head.sequence, "hash": report.head.entry_hash}
        strangers = [{"subject": version.subject, "version": version.version} for version in report.plan.strangers]
        document = {"executed": executed, "steps": steps, "unchanged": report.plan.unchanged}
        print_data({**document, "strangers": strangers, "adopted": adopted, "head": head}, output.value)
        return
    if steps:
        print_table(list(steps[0]), [list(row.values()) for row in steps])
    done = "done" if executed else "planned, nothing was written: --execute does it"
    talk().print(f"{len(steps)} changes {done}; {report.plan.unchanged} versions were already there")
    for version in report.plan.strangers:
        talk().print(f"the registry also holds {version.subject} version {version.version}, which the tree does not")
    for row in adopted:
        talk().print(f"recorded {row['subject']} version {row['version']} as it was found")


def _row(step: "Step") -> dict[str, Any]:
    from gridctl.governance.register_plan import SetLevel

    if isinstance(step, SetLevel):
        change = f"{step.before or 'none'} → {step.after}"
        return {"action": "set level", "subject": step.subject, "version": None, "change": change}
    return {"action": "register", "subject": step.file.subject, "version": step.file.version, "change": step.file.place}
