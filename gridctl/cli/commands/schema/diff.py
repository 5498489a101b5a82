"""`gridctl schema diff`: what changed between two schemas, in words."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.options import Output, OutputFormat
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.avro import Incompatibility, Schema
    from gridctl.governance.diff import Diff

Operands = Annotated[
    list[str], typer.Argument(metavar="OLD NEW | SUBJECT vA vB", help="Two files, or two versions of a subject.")
]
Schemas = Annotated[Path | None, typer.Option(metavar="DIR", help="Another tree than the profile's.")]
Registry = Annotated[str | None, typer.Option(metavar="URL", help="A registry instead of a tree, for a subject.")]

FILES, VERSIONS = 2, 3


def diff(
    context: typer.Context,
    operands: Operands,
    schemas: Schemas = None,
    registry: Registry = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Say what changed from one schema to another, and who can read whose data.

    Shown are fields that were added, removed or renamed, types, null, defaults, docs, symbols, logical types and units.
    Exits 0 whatever changed: `schema compat` and `schema check` are the gates.

        $ echo '"int"' > old.avsc && echo '"long"' > new.avsc && gridctl schema diff old.avsc new.avsc
    """
    from gridctl.cli.output import print_data
    from gridctl.governance.diff import diff as compare

    if len(operands) == FILES:
        if schemas or registry:
            raise UsageProblem("two files need no tree and no registry", next_step="leave --schemas and --registry out")
        old, new = (_of_file(Path(name)) for name in operands)
        names = list(operands)
    elif len(operands) == VERSIONS:
        old, new = _of_subject(context, operands[0], operands[1:], schemas, registry)
        names = [f"{operands[0]} v{_number(word)}" for word in operands[1:]]
    else:
        raise UsageProblem(
            "two files are needed, or a subject and two versions", next_step="gridctl schema diff --help"
        )
    found = compare(old, new)
    if output is not OutputFormat.TABLE:
        print_data({"old": names[0], "new": names[1], **found.as_json()}, output.value)
        return
    _print(found, names)


def _of_file(path: Path) -> "Schema":
    from gridctl.cli.wiring.schema import file_with_tree
    from gridctl.governance.stores import schema_of

    return schema_of(*file_with_tree(path))


def _of_subject(
    context: typer.Context, subject: str, words: list[str], schemas: Path | None, registry: str | None
) -> tuple["Schema", "Schema"]:
    from gridctl.cli.wiring.schema import open_store
    from gridctl.governance.stores import one_of, schema_of, versions_of

    with open_store(context, schemas, registry) as store:
        found = versions_of(store, subject)
        old, new = (schema_of(one_of(found, _number(word)), store) for word in words)
    return old, new


def _number(word: str) -> int:
    digits = word.removeprefix("v")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):  # noqa: PLR2004 -- as many as in vN.avsc
        raise UsageProblem(f"{word} is not a version", next_step="write it as v2 or 2")
    return int(digits)


def _print(found: "Diff", names: list[str]) -> None:
    from gridctl.cli.output import print_table

    title = f"{names[0]} → {names[1]}"
    rows = [[change.kind, change.path or "(whole)", change.message] for change in found.changes]
    if rows:
        print_table(["change", "where", "what"], rows, title=title)
    else:
        sys.stdout.write(f"{title}: no difference\n")
    sys.stdout.write(_reading("the new one reads data of the old one", found.new_reads_old))
    sys.stdout.write(_reading("the old one reads data of the new one", found.old_reads_new))


def _reading(what: str, reasons: tuple["Incompatibility", ...]) -> str:
    return "".join([f"{what}: {'no' if reasons else 'yes'}\n", *(f"  {each.message}\n" for each in reasons)])
