"""What the schema gates ask of a registry."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gridctl.contracts.registry import SchemaReference, SchemaVersion


class Versions(Protocol):
    """Any registry: it lists what is published."""

    def versions(self, subject: str) -> list[SchemaVersion]:
        """Return all versions of a subject, oldest first; empty when there is none; raise Unavailable."""
        ...


class Opinion(NamedTuple):
    """What a registry says about a schema beside one version, and its reasons as far as it gives any."""

    compatible: bool
    reasons: tuple[str, ...] = ()


class Judge(Protocol):
    """A registry that can be asked without writing."""

    def effective_level(self, subject: str) -> str:
        """Return the level that holds for a subject, its own or the global one; raise Unavailable."""
        ...

    def opinion(
        self, subject: str, version: int, schema: str, references: Sequence[SchemaReference] = ()
    ) -> Opinion | None:
        """Return whether the schema is compatible with that version under the effective level; raise Unavailable.

        None where the registry cannot judge a schema that refers to others.
        """
        ...
