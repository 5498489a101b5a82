"""`gridctl schema list`, `history` and `show`: what a tree or a registry holds."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gridctl.cli.options import Output, OutputFormat

Schemas = Annotated[Path | None, typer.Option(metavar="DIR", help="Another tree than the profile's.")]
Registry = Annotated[
    str | None, typer.Option(metavar="URL", help="A registry instead of a tree; glue://REGION/NAME for AWS Glue.")
]
Subject = Annotated[str, typer.Argument(help="The subject, such as iot.thermostat-value.", show_default=False)]
Version = Annotated[int | None, typer.Option("--version", min=1, metavar="N", help="That version; else the newest.")]


def list_(
    context: typer.Context,
    schemas: Schemas = None,
    registry: Registry = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """List the subjects with their newest version, its id and the compatibility level.

    Only a registry has ids. The level of a tree is the one that registering sets; in a registry a subject without
    its own level has none here, the registry's holds.

        $ gridctl schema list
    """
    from gridctl.cli.output import print_data, print_table
    from gridctl.cli.wiring.schema import open_store

    with open_store(context, schemas, registry) as store:
        found = [(store.versions(subject), store.level(subject)) for subject in store.subjects]
        rows = [
            {
                "subject": versions[-1].subject,
                "version": versions[-1].version,
                "versions": len(versions),
                "id": versions[-1].schema_id,
                "level": level,
            }
            for versions, level in found
            if versions
        ]
        if output is not OutputFormat.TABLE:
            print_data({"source": store.name, "subjects": rows}, output.value)
            return
        print_table(["subject", "version", "versions", "id", "level"], [list(row.values()) for row in rows])


def history(
    context: typer.Context,
    subject: Subject,
    schemas: Schemas = None,
    registry: Registry = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Tell version by version what changed in a subject, and who can still read whose data.

    $ gridctl schema history iot.thermostat-value
    """
    from gridctl.cli.output import print_data, print_table
    from gridctl.cli.wiring.schema import open_store
    from gridctl.governance.diff import history as tell

    with open_store(context, schemas, registry) as store:
        steps = tell(store, subject)
    if output is not OutputFormat.TABLE:
        rows = [
            {"version": step.stored.version, "id": step.stored.schema_id, "place": step.stored.place}
            | (step.diff.as_json() if step.diff else {"changes": [], "new_reads_old": None, "old_reads_new": None})
            for step in steps
        ]
        print_data({"subject": subject, "versions": rows}, output.value)
        return
    lines: list[list[Any]] = []
    for step in steps:
        head = [step.stored.version, step.stored.schema_id]
        if step.diff is None:
            lines.append([*head, "", "the first version", "", ""])
            continue
        reads = ["no" if step.diff.new_reads_old else "yes", "no" if step.diff.old_reads_new else "yes"]
        told = [[change.path, change.message] for change in step.diff.changes] or [["", "nothing changed"]]
        lines += [[*head, *first, *reads] for first in told[:1]]
        lines += [["", "", *more, "", ""] for more in told[1:]]
    print_table(["version", "id", "where", "what changed", "new reads old", "old reads new"], lines)


def show(
    context: typer.Context,
    subject: Subject,
    version: Version = None,
    schemas: Schemas = None,
    registry: Registry = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Print a schema, indented; what the table view prints is a valid .avsc file.

    $ gridctl schema show iot.thermostat-value
    """
    from gridctl.cli.output import print_data
    from gridctl.cli.wiring.schema import open_store
    from gridctl.governance.stores import one_of, schema_of, versions_of

    with open_store(context, schemas, registry) as store:
        stored = one_of(versions_of(store, subject), version)
        document = schema_of(stored, store).document
    if output is OutputFormat.TABLE:
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return
    data = {"subject": stored.subject, "version": stored.version, "id": stored.schema_id, "place": stored.place}
    references = [reference._asdict() for reference in stored.references]
    print_data({**data, "schema": document, "references": references}, output.value)
