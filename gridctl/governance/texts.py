"""Schemas parsed with what they reference: from the tree, or from the registry where the tree does not hold it."""

from gridctl.avro import Schema
from gridctl.contracts.registry import SchemaRegistry, SchemaVersion
from gridctl.governance.references import Lookup, Source, either, parse_source, tree_lookup
from gridctl.governance.tree import SchemaFile, SchemaTree


class Texts:
    """Finds what references define."""

    def __init__(self, tree: SchemaTree, registry: SchemaRegistry) -> None:
        self._lookup: Lookup = either(tree_lookup(tree), registry_lookup(registry))

    def of_file(self, file: SchemaFile) -> Schema:
        """Return a schema of the tree; raise SchemaInvalid, also where a reference leads nowhere."""
        return parse_source((file.text, file.references), self._lookup)

    def of_version(self, version: SchemaVersion) -> Schema:
        """Return a schema of the registry; raise SchemaInvalid."""
        return parse_source((version.schema, version.references), self._lookup)


def registry_lookup(registry: SchemaRegistry) -> Lookup:
    """Return the look-up in a registry."""

    def find(subject: str, version: int) -> Source | None:
        held = registry.versions(subject)
        return next(((each.schema, each.references) for each in held if each.version == version), None)

    return find
