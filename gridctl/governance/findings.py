"""Findings about files, with line and column; and what the engine says as such."""

from dataclasses import dataclass, replace
from typing import Any

from gridctl.avro import Break, Direction, Incompatibility, Schema, SchemaInvalid
from gridctl.avro.usable import problems
from gridctl.contracts.verdict import Finding, Severity
from gridctl.governance.stores import StoredSchema, place_of

INVALID_SCHEMA = "invalid-schema"
UNUSABLE_SCHEMA = "unusable-schema"


def finding_in(
    file: StoredSchema,
    rule: str,
    message: str,
    *,
    path: str | None = None,
    against: int | None = None,
    fix: str | None = None,
    severity: Severity = "error",
) -> Finding:
    """Return a finding at the place of a file that a JSON pointer names; without one at its beginning."""
    line, column = (1, 1) if path is None else file.positions.find(path)
    return Finding(
        rule=rule,
        message=message,
        severity=severity,
        subject=file.subject,
        version=file.version,
        against=against,
        path=path,
        file=file.place,
        line=line,
        column=column,
        fix=fix,
    )


def invalid(file: StoredSchema, error: SchemaInvalid) -> Finding:
    """Return the finding that a file is not an Avro schema."""
    line, column = place_of(error, file)
    found = finding_in(file, INVALID_SCHEMA, error.message, fix="make it a valid Avro schema")
    return replace(found, path=error.path or None, line=line, column=column)


def unusable(file: StoredSchema, schema: Schema) -> list[Finding]:
    """Return a finding for each reason why no producer could write with this schema, valid as it is.

    This is asked of the newest version alone: nothing new is written with an earlier one, and what was is still read.
    """
    words = "no producer can write with this schema"
    return [
        finding_in(file, UNUSABLE_SCHEMA, f"{words}: {problem.message}", path=problem.path, fix=problem.fix)
        for problem in problems(schema)
    ]


@dataclass(frozen=True)
class Side:
    """One of two versions that are compared, and what messages call it."""

    name: str
    schema: Schema
    stored: StoredSchema


def broken(entry: Break, later: Side, earlier: Side) -> Finding:
    """Return the finding of a break; it points into the later version, a file, where the place has a match there."""
    problem = entry.incompatibility
    reader, writer = (later, earlier) if entry.direction is Direction.BACKWARD else (earlier, later)
    words = f"{reader.name} cannot read what {writer.name} wrote: {problem.message}"
    file, path = _place(problem, reader, later)
    found = finding_in(file, problem.rule.value, words, path=path, against=earlier.stored.version, fix=problem.fix)
    return replace(found, version=later.stored.version)


def _place(problem: Incompatibility, reader: Side, later: Side) -> tuple[StoredSchema, str]:
    """Return the file to point into and the pointer in it: of the later version, which can be changed, if possible."""
    if reader is later:
        return later.stored, problem.path
    matching = _matching(problem.path, reader.schema.document, later.schema.document)
    if matching is not None or reader.stored.schema_id is not None:
        return later.stored, matching or "/"
    return reader.stored, problem.path


def _matching(path: str, source: Any, target: Any) -> str | None:
    """Return the pointer to what stands in `target` where `path` leads in `source`, fields and branches by name."""
    found = ""
    for escaped in path.strip("/").split("/") if path.strip("/") else ():
        token = escaped.replace("~1", "/").replace("~0", "~")
        if isinstance(source, list) and isinstance(target, list) and token.isdigit() and int(token) < len(source):
            source = source[int(token)]
            at = next((at for at, item in enumerate(target) if _name(item) == _name(source)), None)
            if at is None:
                return None
            found, target = f"{found}/{at}", target[at]
        elif isinstance(source, dict) and isinstance(target, dict) and token in source and token in target:
            found, source, target = f"{found}/{escaped}", source[token], target[token]
        else:
            return None
    return found or "/"


def _name(item: Any) -> Any:
    return item.get("name", item.get("type")) if isinstance(item, dict) else item
