"""Schemas parsed with what they reference: from the tree, or from the registry where the tree does not hold it."""

from collections.abc import Iterator, Sequence

from gridctl.contracts.compat import Schema, parse
from gridctl.contracts.registry import SchemaReference, SchemaRegistry
from gridctl.contracts.schema_tree import SchemaTree
from gridctl.errors import UsageProblem


class Texts:
    """Finds what references define."""

    def __init__(self, tree: SchemaTree, registry: SchemaRegistry) -> None:
        self._tree = tree
        self._registry = registry

    def parse(self, text: str, references: Sequence[SchemaReference]) -> Schema:
        """Return the schema; raise SchemaInvalid, or UsageProblem where a reference leads nowhere."""
        found: dict[tuple[str, int], str] = {}
        for subject, version, definition in self._walk(references):
            found.setdefault((subject, version), definition)
        return parse(text, list(found.values()))

    def _walk(self, references: Sequence[SchemaReference]) -> Iterator[tuple[str, int, str]]:
        """Yield what is referenced, each after those that it needs."""
        for reference in references:
            known = self._lookup(reference.subject, reference.version)
            if known is None:
                raise UsageProblem(f"{reference.subject} version {reference.version} is referenced and not there")
            text, inner = known
            yield from self._walk(inner)
            yield reference.subject, reference.version, text

    def _lookup(self, subject: str, version: int) -> tuple[str, Sequence[SchemaReference]] | None:
        for file in self._tree.subjects.get(subject, ()):
            if file.version == version:
                return file.text, file.references
        for held in self._registry.versions(subject):
            if held.version == version:
                return held.schema, held.references
        return None
