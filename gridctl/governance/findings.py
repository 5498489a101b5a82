"""From what the engine says to findings with file, line and column."""

from collections.abc import Iterable
from typing import Any

from gridctl.avro import Break, Direction, Incompatibility, Schema, SchemaInvalid
from gridctl.avro.positions import Positions
from gridctl.avro.usable import problems
from gridctl.contracts.verdict import Finding
from gridctl.governance.tree import SchemaFile

INVALID_SCHEMA = "invalid-schema"
UNUSABLE_SCHEMA = "unusable-schema"


def invalid(file: SchemaFile, error: SchemaInvalid, *, version: int | None) -> Finding:
    """Return the finding that a file is not an Avro schema."""
    line, column = error.line, error.column
    if line is None:
        line, column = Positions(file.text).find(error.path)
    return Finding(
        rule=INVALID_SCHEMA,
        message=error.message,
        subject=file.subject,
        version=version,
        path=error.path or None,
        file=file.path,
        line=line,
        column=column,
        fix="make it a valid Avro schema",
    )


def unusable(file: SchemaFile, schema: Schema) -> list[Finding]:
    """Return a finding for each reason why no producer could write with this schema, valid as it is.

    This is asked of the newest version alone: nothing new is written with an earlier one, and what was is still read.
    """
    positions = Positions(file.text)
    found = []
    for problem in problems(schema):
        line, column = positions.find(problem.path)
        found.append(
            Finding(
                rule=UNUSABLE_SCHEMA,
                message=f"no producer can write with this schema: {problem.message}",
                subject=file.subject,
                version=file.version,
                path=problem.path,
                file=file.path,
                line=line,
                column=column,
                fix=problem.fix,
            )
        )
    return found


class Side:
    """One of two versions that were compared. `file` is None where it is not a file of ours."""

    def __init__(self, name: str, schema: Schema, file: SchemaFile | None) -> None:
        self.name = name
        self.schema = schema
        self.file = file


def broken(
    entry: Break, later: Side, earlier: Side, *, subject: str | None, version: int | None, against: int | None
) -> Finding:
    """Return the finding of a break; it points into the later version where the place has a match there."""
    problem = entry.incompatibility
    reader, writer = (later, earlier) if entry.direction is Direction.BACKWARD else (earlier, later)
    file, path = _place(problem, reader, later)
    line, column = Positions(file.text).find(path) if file else (None, None)
    return Finding(
        rule=problem.rule.value,
        message=f"{reader.name} cannot read what {writer.name} wrote: {problem.message}",
        subject=subject,
        version=version,
        against=against,
        path=path,
        file=file.path if file else None,
        line=line,
        column=column,
        fix=problem.fix,
    )


def _place(problem: Incompatibility, reader: Side, later: Side) -> tuple[SchemaFile | None, str]:
    """Return the file to point into and the pointer in it: of the later version, which can be changed, if possible."""
    if reader is later:
        return later.file, problem.path
    matching = _matching(problem.path, reader.schema.document, later.schema.document)
    if later.file and (matching is not None or reader.file is None):
        return later.file, matching or "/"
    return reader.file, problem.path


def _matching(path: str, source: Any, target: Any) -> str | None:
    """Return the pointer to what stands in `target` where `path` leads in `source`, fields and branches by name."""
    found = ""
    for escaped in path.strip("/").split("/") if path.strip("/") else ():
        token = escaped.replace("~1", "/").replace("~0", "~")
        if isinstance(source, list) and isinstance(target, list) and token.isdigit() and int(token) < len(source):
            source = source[int(token)]
            at = _index_of(_name(source), target)
            if at is None:
                return None
            found, target = f"{found}/{at}", target[at]
        elif isinstance(source, dict) and isinstance(target, dict) and token in source and token in target:
            found, source, target = f"{found}/{escaped}", source[token], target[token]
        else:
            return None
    return found or "/"


def _index_of(name: Any, items: Iterable[Any]) -> int | None:
    return next((at for at, item in enumerate(items) if _name(item) == name), None)


def _name(item: Any) -> Any:
    return item.get("name", item.get("type")) if isinstance(item, dict) else item
