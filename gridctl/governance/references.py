"""Parsing schemas that use types of other subjects, wherever those are kept."""

from collections.abc import Callable, Sequence

from gridctl.avro import Schema, SchemaInvalid, parse
from gridctl.contracts.registry import SchemaReference
from gridctl.governance.tree import SchemaTree

Source = tuple[str, tuple[SchemaReference, ...]]
"""A schema's text, and what it refers to."""

Lookup = Callable[[str, int], Source | None]
"""From subject and version to a source."""


def tree_lookup(tree: SchemaTree) -> Lookup:
    """Return the look-up in a tree of files."""

    def find(subject: str, version: int) -> Source | None:
        files = tree.subjects.get(subject, ())
        return next(((file.text, file.references) for file in files if file.version == version), None)

    return find


def either(first: Lookup, second: Lookup) -> Lookup:
    """Return the look-up that asks a second one for what the first does not know."""
    return lambda subject, version: first(subject, version) or second(subject, version)


def parse_source(source: Source, lookup: Lookup) -> Schema:
    """Parse a schema with what it refers to; SchemaInvalid, also where a reference leads nowhere."""
    text, references = source
    if not references:
        return parse(text)
    definitions: dict[tuple[str, int], str] = {}
    _collect(references, lookup, definitions, ())
    try:
        return parse(text, list(definitions.values()))
    except SchemaInvalid as error:
        if error.message.startswith("reference "):  # its place is one in the other document
            raise SchemaInvalid(error.message) from None
        raise


def _collect(
    references: Sequence[SchemaReference],
    lookup: Lookup,
    found: dict[tuple[str, int], str],
    above: tuple[tuple[str, int], ...],
) -> None:
    """Add the texts that references define, each after those that it needs and each once."""
    for reference in references:
        key = (reference.subject, reference.version)
        name = f"{reference.subject} v{reference.version}"
        if key in above:
            raise SchemaInvalid(f"the references go in a circle through {name}")
        if key in found:
            continue
        source = lookup(*key)
        if source is None:
            raise SchemaInvalid(f"refers to {name} for {reference.name}, which is not there")
        _collect(source[1], lookup, found, (*above, key))
        found[key] = source[0]
