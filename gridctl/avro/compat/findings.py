"""What a finding says: the rule, the place, both sides, and what to do, in words."""

from enum import StrEnum
from typing import Literal, NamedTuple

from gridctl.avro.model import READS, Enum, Field, Fixed, Named, Node

Changeable = Literal["reader", "writer"]
"""Which of both schemas can still be changed: the other one is published."""


class Rule(StrEnum):
    """The kinds of incompatibility; all but the last have the names of Java Avro's SchemaIncompatibilityType."""

    NAME_MISMATCH = "name_mismatch"
    FIXED_SIZE_MISMATCH = "fixed_size_mismatch"
    MISSING_ENUM_SYMBOLS = "missing_enum_symbols"
    READER_FIELD_MISSING_DEFAULT_VALUE = "reader_field_missing_default_value"
    TYPE_MISMATCH = "type_mismatch"
    MISSING_UNION_BRANCH = "missing_union_branch"
    AMBIGUOUS_FIELD_ALIAS = "ambiguous_field_alias"


class Incompatibility(NamedTuple):
    """Why a reader cannot read a writer's data.

    `path` is a JSON pointer into the READER's document, to the definition where a named type is used by name. A type
    that a reference defines has no place in it: the path then goes on from where its name is used.
    """

    rule: Rule
    path: str
    reader: str
    writer: str
    message: str
    fix: str


def name_mismatch(path: str, reader: Named, writer: Named, change: Changeable) -> Incompatibility:
    """Say that two named types of one kind do not carry one name."""
    if change == "writer":
        fix = f"keep the name {reader.name}"
    elif "." in reader.full and "." not in writer.full:
        fix = f"keep the name {writer.name}"  # an alias without namespace matches nothing from inside one
    else:
        fix = f'keep the name {writer.name}, or add "{writer.full}" to the aliases of {reader.label}'
    message = f"the reader's {reader.label} is not the writer's {writer.label}"
    return Incompatibility(Rule.NAME_MISMATCH, path, reader.full, writer.full, message, fix)


def fixed_size_mismatch(path: str, reader: Fixed, writer: Fixed, change: Changeable) -> Incompatibility:
    """Say that two fixed types differ in size."""
    size, written = reader.size_bytes, writer.size_bytes
    kept = written if change == "reader" else size
    message = f"the reader's {reader.label} has {size} bytes, the writer's {written}"
    fix = f"keep the size {kept}, or add a new field with a type of a new name and a default"
    return Incompatibility(Rule.FIXED_SIZE_MISMATCH, path, str(size), str(written), message, fix)


def missing_enum_symbols(path: str, reader: Enum, missing: list[str], change: Changeable) -> Incompatibility:
    """Say which symbols only the writer has, where the reader has no default symbol."""
    words = ", ".join(missing)
    message = f"the reader's {reader.label} lacks the writer's symbols {words}"
    fix = (
        f"add {words} to the symbols, or give {reader.label} a default symbol"
        if change == "reader"
        else f"do not add {words} while readers without a default symbol are in use"
    )
    return Incompatibility(Rule.MISSING_ENUM_SYMBOLS, path, ", ".join(reader.symbols), words, message, fix)


def missing_default(path: str, field: Field, writer: Named, change: Changeable) -> Incompatibility:
    """Say which field only the reader has, and without a default."""
    here, there = f"field {field.name} of type {field.type.label}", f"no field {field.name} in {writer.label}"
    message = f"the reader's field {field.name} has no default and the writer has no such field"
    fix = (
        f"give field {field.name} a default; if it is a renamed field, add its old name to its aliases"
        if change == "reader"
        else f"keep field {field.name}: a version that is in use needs it"
    )
    return Incompatibility(Rule.READER_FIELD_MISSING_DEFAULT_VALUE, path, here, there, message, fix)


def type_mismatch(path: str, reader: Node, writer: Node, change: Changeable) -> Incompatibility:
    """Say that the reader's kind of type does not take the writer's."""
    kept = writer if change == "reader" else reader
    wider = [kind for kind, takes in READS.items() if writer.kind in takes]
    message = f"the reader's {reader.label} cannot take the writer's {writer.label}"
    fix = f"keep the type {kept.label}"
    if change == "reader" and wider:
        fix += f" or widen it to {' or '.join(wider)}"
    fix += "; a value of another type needs a new field with a default"
    return Incompatibility(Rule.TYPE_MISMATCH, path, reader.label, writer.label, message, fix)


def missing_union_branch(path: str, reader: Node, writer: Node, change: Changeable) -> Incompatibility:
    """Say which type of the writer no branch of the reader's union takes."""
    message = f"no branch of the reader's {reader.label} takes the writer's {writer.label}"
    fix = (
        f"add {writer.label} to the union"
        if change == "reader"
        else f"write only what the {reader.label} takes, without {writer.label}"
    )
    return Incompatibility(Rule.MISSING_UNION_BRANCH, path, reader.label, writer.label, message, fix)


def ambiguous_alias(path: str, field: Field, writer: Named, found: list[str]) -> Incompatibility:
    """Say which field of the reader matches several fields of the writer by name and aliases; Java throws."""
    words = ", ".join(found)
    here, there = f"field {field.name} with aliases {', '.join(field.aliases)}", f"fields {words} of {writer.label}"
    message = f"the reader's field {field.name} matches several fields of the writer: {words}"
    fix = f"leave of {field.name}'s aliases only those that name one field of the writer"
    return Incompatibility(Rule.AMBIGUOUS_FIELD_ALIAS, path, here, there, message, fix)
