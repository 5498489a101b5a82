"""Where schemas are: in a tree of files or in a registry. Looking one up, and parsing it with what it refers to."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from gridctl.avro import Level, Schema, SchemaInvalid, parse
from gridctl.avro.fingerprint import fingerprint
from gridctl.avro.positions import Positions
from gridctl.contracts.registry import SchemaReference, SchemaRegistry
from gridctl.errors import Unavailable, UsageProblem


@dataclass(frozen=True)
class StoredSchema:
    """One version of a subject; `text` is the schema as it stands there.

    In a tree `place` is the file as a person would name it, and `references` come from `vN.references.json` beside it,
    in the form of Confluent's API. In a registry `place` is the registry's address. Only a registry gives ids.
    """

    subject: str
    version: int
    place: str
    text: str
    references: tuple[SchemaReference, ...] = ()
    schema_id: int | None = None

    @cached_property
    def fingerprint(self) -> str:
        """The fingerprint of the schema; of a text that is not JSON its SHA-256 (hex)."""
        try:
            return fingerprint(self.text)
        except (SchemaInvalid, RecursionError):
            return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def identity(self) -> tuple[object, ...]:
        """What two of these share when they are one schema: layout and ways to spell a name are free."""
        return (self.fingerprint, *sorted(self.references))

    def is_same_as(self, other: "StoredSchema") -> bool:
        """Say whether both are one schema."""
        return (self.text, self.references) == (other.text, other.references) or self.identity == other.identity

    @cached_property
    def positions(self) -> Positions:
        """Where the values stand in the text."""
        return Positions(self.text)


class SchemaStore(Protocol):
    """A tree or a registry, as what holds the versions of subjects. A registry raises Unavailable."""

    @property
    def name(self) -> str:
        """The tree's directory or the registry's address."""
        ...

    @property
    def subjects(self) -> Iterable[str]:
        """All subjects, sorted."""
        ...

    def versions(self, subject: str) -> Sequence[StoredSchema]:
        """Return all versions of a subject, oldest first; empty when there is none."""
        ...

    def level(self, subject: str, /) -> str | None:
        """Return the subject's compatibility level; None where it is the registry's own."""
        ...


@dataclass(frozen=True)
class SchemaTree:
    """A tree of files, `<subject>/vN.avsc`; `strays` are files in it that are not a version of a subject."""

    name: str
    files: tuple[StoredSchema, ...]
    strays: tuple[str, ...] = ()

    @cached_property
    def subjects(self) -> Mapping[str, tuple[StoredSchema, ...]]:
        """The versions of each subject, oldest first; subjects in the order of their names."""
        found: dict[str, list[StoredSchema]] = {}
        for file in sorted(self.files, key=lambda file: (file.subject, file.version)):
            found.setdefault(file.subject, []).append(file)
        return {subject: tuple(files) for subject, files in found.items()}

    def versions(self, subject: str) -> Sequence[StoredSchema]:
        """Return all versions of a subject, oldest first; empty when there is none."""
        return self.subjects.get(subject, ())

    def newest(self, subject: str) -> StoredSchema | None:
        """Return the newest version of a subject, or None."""
        files = self.versions(subject)
        return files[-1] if files else None

    def level(self, _: str, /) -> str:
        """Return the level that registering gives to every subject."""
        return Level.BACKWARD_TRANSITIVE.value


class RegistryStore:
    """A registry under its name, at one moment: subjects and versions are asked for once."""

    def __init__(self, name: str, registry: SchemaRegistry) -> None:
        self.name = name
        self._registry = registry
        self._known: dict[str, list[StoredSchema]] = {}

    @cached_property
    def subjects(self) -> Sequence[str]:
        """All subjects, sorted."""
        return self._registry.subjects()

    def versions(self, subject: str) -> Sequence[StoredSchema]:
        """Return all versions of a subject, oldest first; empty when there is none."""
        if subject not in self._known:
            self._known[subject] = [
                StoredSchema(subject, each.version, self.name, each.schema, each.references, each.schema_id)
                for each in self._registry.versions(subject)
            ]
        return self._known[subject]

    def level(self, subject: str, /) -> str | None:
        """Return the subject's own level, or None."""
        return self._registry.level(subject)


def nothing_to_check(where: object) -> Unavailable:
    """Return the error of a gate that finds no schema in a tree: that is not a pass."""
    return Unavailable(f"{where}: no schema <subject>/vN.avsc to check", next_step="name the tree with --schemas DIR")


def find(stores: Iterable[SchemaStore], subject: str, version: int) -> StoredSchema | None:
    """Return a version from the first store that has it, or None."""
    return next((held for store in stores for held in store.versions(subject) if held.version == version), None)


def parse_stored(stored: StoredSchema, *stores: SchemaStore) -> Schema:
    """Parse a schema with what it refers to, which the first of the stores gives that has it.

    Raise SchemaInvalid, also where a reference leads nowhere.
    """
    if not stored.references:
        return parse(stored.text)
    definitions: dict[tuple[str, int], str] = {}
    _collect(stored.references, stores, definitions, ())
    try:
        return parse(stored.text, list(definitions.values()))
    except SchemaInvalid as error:
        if error.message.startswith("reference "):  # its place is one in the other document
            raise SchemaInvalid(error.message) from None
        raise


def _collect(
    references: Sequence[SchemaReference],
    stores: Sequence[SchemaStore],
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
        stored = find(stores, *key)
        if stored is None:
            raise SchemaInvalid(f"refers to {name} for {reference.name}, which is not there")
        _collect(stored.references, stores, found, (*above, key))
        found[key] = stored.text


def schema_of(stored: StoredSchema, *stores: SchemaStore) -> Schema:
    """Return the schema; where it is not one, UsageProblem with the file's place, Unavailable for a registry's."""
    try:
        return parse_stored(stored, *stores)
    except SchemaInvalid as error:
        if stored.schema_id is not None:
            words = f"{stored.place}: {stored.subject} version {stored.version} is not an Avro schema: {error.message}"
            raise Unavailable(words, next_step="`gridctl audit verify` says what was registered around it") from error
        line, column = place_of(error, stored)
        words = f"{stored.place}:{line}:{column}: is not an Avro schema: {error.message}"
        raise UsageProblem(words, next_step="fix the schema") from error


def place_of(error: SchemaInvalid, stored: StoredSchema) -> tuple[int | None, int | None]:
    """Return line and column of what makes a text not a schema."""
    return stored.positions.find(error.path) if error.line is None else (error.line, error.column)


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
