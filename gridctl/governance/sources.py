"""Where schemas are looked up: in a tree of files or in a registry; and parsing one with what it refers to."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from gridctl.avro import Level, Schema, SchemaInvalid, parse
from gridctl.avro.positions import Positions
from gridctl.contracts.registry import SchemaReference, SchemaRegistry, SchemaVersion
from gridctl.errors import UsageProblem
from gridctl.governance.tree import SchemaFile, SchemaTree

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


class StoredSchema(NamedTuple):
    """One version of a subject. `place` is a file or a registry; only a registry gives ids."""

    subject: str
    version: int
    schema_id: int | None
    place: str
    text: str
    references: tuple[SchemaReference, ...] = ()


class SchemaStore(Protocol):
    """A tree or a registry, as what lists the versions of subjects."""

    @property
    def name(self) -> str:
        """The tree's directory or the registry's address."""
        ...

    def subjects(self) -> Sequence[str]:
        """Return all subjects, sorted."""
        ...

    def versions(self, subject: str) -> Sequence[StoredSchema]:
        """Return all versions of a subject, oldest first; empty when there is none."""
        ...

    def level(self, subject: str) -> str | None:
        """Return the subject's compatibility level; None where it is the registry's own."""
        ...


class TreeStore:
    """A tree of files. Its level is the one that registering sets."""

    def __init__(self, tree: SchemaTree) -> None:
        self._tree = tree
        self.name = tree.root

    def subjects(self) -> Sequence[str]:
        """Return all subjects, sorted."""
        return list(self._tree.subjects)

    def versions(self, subject: str) -> Sequence[StoredSchema]:
        """Return all versions of a subject, oldest first; empty when there is none."""
        files = self._tree.subjects.get(subject, ())
        return [StoredSchema(file.subject, file.version, None, file.path, file.text, file.references) for file in files]

    def level(self, subject: str) -> str | None:  # noqa: ARG002 -- one level for all
        """Return the level of every subject of the platform."""
        return Level.BACKWARD_TRANSITIVE.value


class RegistryStore:
    """A registry. The versions of a subject are asked for once."""

    def __init__(self, name: str, registry: SchemaRegistry) -> None:
        self.name = name
        self._registry = registry
        self._known: dict[str, list[StoredSchema]] = {}

    def subjects(self) -> Sequence[str]:
        """Return all subjects, sorted."""
        return self._registry.subjects()

    def versions(self, subject: str) -> Sequence[StoredSchema]:
        """Return all versions of a subject, oldest first; empty when there is none."""
        if subject not in self._known:
            self._known[subject] = [
                StoredSchema(each.subject, each.version, each.schema_id, self.name, each.schema, each.references)
                for each in self._registry.versions(subject)
            ]
        return self._known[subject]

    def level(self, subject: str) -> str | None:
        """Return the subject's own level, or None."""
        return self._registry.level(subject)


def lookup_in(store: SchemaStore) -> Lookup:
    """Return the look-up of references in a store."""

    def find(subject: str, version: int) -> Source | None:
        found = store.versions(subject)
        return next(((stored.text, stored.references) for stored in found if stored.version == version), None)

    return find


def parsed(stored: StoredSchema, lookup: Lookup) -> Schema:
    """Return the schema; UsageProblem naming the place where it is none."""
    try:
        return parse_source((stored.text, stored.references), lookup)
    except SchemaInvalid as error:
        line, column = error.line, error.column
        if line is None:
            line, column = Positions(stored.text).find(error.path)
        raise UsageProblem(
            f"{stored.place}:{line}:{column}: not an Avro schema: {error.message}", next_step="fix the schema"
        ) from error


def versions_of(store: SchemaStore, subject: str) -> Sequence[StoredSchema]:
    """Return the versions of a subject; UsageProblem where there is none."""
    found = store.versions(subject)
    if not found:
        raise UsageProblem(f"{store.name} has no subject {subject}", next_step="`gridctl schema list` names them")
    return found


def one_of(found: Sequence[StoredSchema], version: int | None) -> StoredSchema:
    """Return that version, or the newest one; UsageProblem where it is not there."""
    wanted = found[-1].version if version is None else version
    match = next((stored for stored in found if stored.version == wanted), None)
    if match is None:
        there = ", ".join(str(stored.version) for stored in found)
        raise UsageProblem(f"{found[0].subject} has no version {wanted}", next_step=f"its versions are {there}")
    return match
