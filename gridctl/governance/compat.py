"""Two schemas side by side: as files with a verdict, or as lines of pairs for other judges to compare with."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from gridctl.avro import Break, Level, Schema, SchemaInvalid, check, parse, parse_json
from gridctl.avro.jsontext import load_json
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.governance.findings import Side, broken, invalid
from gridctl.governance.stores import SchemaStore, StoredSchema, parse_stored

GATE = "schema-compat"


def compare_files(reader: StoredSchema, writer: StoredSchema, level: Level, *stores: SchemaStore) -> Verdict:
    """Judge two files: BACKWARD asks whether the reader reads the writer's data, FORWARD the reverse, FULL both."""
    findings: list[Finding] = []
    sides: list[Side] = []
    for file in (reader, writer):
        try:
            sides.append(Side(file.place, parse_stored(file, *stores), file))
        except SchemaInvalid as error:
            findings.append(replace(invalid(file, error), version=None))
    if len(sides) == 2:  # noqa: PLR2004 -- both are valid
        later, earlier = sides
        found = [broken(entry, later, earlier) for entry in check(level, later.schema, [(1, earlier.schema)])]
        findings += [replace(finding, subject=None, version=None, against=None) for finding in found]
    looked_at = {"reader": reader.place, "writer": writer.place, "level": str(level)}
    return Verdict(GATE, looked_at, tuple(findings))


class Answer(NamedTuple):
    """The answer to one line, and whether the line was a question at all."""

    document: dict[str, Any]
    is_answered: bool


def answer_lines(lines: Iterable[bytes], level: Level) -> Iterator[Answer]:
    """Answer each line `{"id", "reader", "writer"}`; a line that is not a question gets an answer with its `error`."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _answer(line, number, level)


def _answer(line: bytes, number: int, level: Level) -> Answer:
    pair_id: Any = None
    try:
        pair = load_json(line.decode("utf-8"))
        pair_id = pair.get("id") if isinstance(pair, dict) else None
        reader, writer = _schema(pair, "reader"), _schema(pair, "writer")
        breaks = check(level, reader, [(1, writer)])
    except SchemaInvalid as error:
        place = f" at {error.path}" if error.path else f" at column {error.column}" if error.column else ""
        return _refused(pair_id, f"line {number}: {error.message}{place}")
    except UnicodeDecodeError as error:
        return _refused(pair_id, f"line {number}: not UTF-8 at byte {error.start + 1}")
    findings = [_finding(entry) for entry in breaks]
    return Answer({"id": pair_id, "compatible": not findings, "findings": findings}, is_answered=True)


def _refused(pair_id: Any, words: str) -> Answer:
    return Answer({"id": pair_id, "compatible": None, "findings": [], "error": words}, is_answered=False)


def _schema(pair: Any, side: str) -> Schema:
    if not isinstance(pair, dict) or side not in pair:
        raise SchemaInvalid(f"the pair has no {side}")
    document = pair[side]
    try:
        # No name begins like that, so such a string can only be a schema's text.
        is_text = isinstance(document, str) and document.lstrip().startswith(("{", "[", '"'))
        return parse(document) if is_text else parse_json(document)
    except SchemaInvalid as error:
        raise SchemaInvalid(f"the {side} is not valid: {error.message}", error.path) from None


def _finding(entry: Break) -> dict[str, Any]:
    return {"direction": str(entry.direction), **entry.incompatibility._asdict()}


def write_answer(answer: Answer) -> str:
    """Return the line that answers, with its end; ASCII, so that any stream takes it."""
    return json.dumps(answer.document) + "\n"
