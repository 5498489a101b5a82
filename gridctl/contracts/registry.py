"""What every room may ask a schema registry, and what it answers; `adapters/registry.py` implements it over HTTP."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class SchemaReference(NamedTuple):
    """A named type that a schema uses and another subject defines."""

    name: str
    subject: str
    version: int


class SchemaVersion(NamedTuple):
    """One version of a subject. `schema` is the Avro schema as JSON text."""

    subject: str
    version: int
    schema_id: int
    schema: str
    references: tuple[SchemaReference, ...] = ()


class SchemaLookup(Protocol):
    """What producers and consumers need: ids for schemas, schemas for ids. They never register."""

    def find(self, subject: str, schema: str) -> SchemaVersion | None:
        """Return the version of the subject that holds this schema, or None; raise Unavailable."""
        ...

    def schema_by_id(self, schema_id: int) -> str | None:
        """Return the schema text of an id, or None when the registry does not know it; raise Unavailable."""
        ...


class SchemaRegistry(SchemaLookup, Protocol):
    """What governance needs beyond look-ups."""

    def subjects(self) -> list[str]:
        """Return all subjects, sorted."""
        ...

    def versions(self, subject: str) -> list[SchemaVersion]:
        """Return all versions of a subject, oldest first; empty when there is none."""
        ...

    def register(self, subject: str, schema: str, references: Sequence[SchemaReference] = ()) -> SchemaVersion:
        """Register, or return the version that holds the schema; ViolationFound when incompatible."""
        ...

    def level(self, subject: str) -> str | None:
        """Return the subject's own compatibility level, or None when it has none."""
        ...

    def set_level(self, subject: str, level: str) -> None:
        """Set the subject's own compatibility level."""
        ...
