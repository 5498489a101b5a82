"""Compatibility levels: which earlier versions a candidate is compared with, and in which direction."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from gridctl.avro.compat.engine import can_read
from gridctl.avro.compat.findings import Incompatibility
from gridctl.avro.model import Json, Schema
from gridctl.avro.parse import as_schema


class Direction(StrEnum):
    """Which of both is the reader: BACKWARD the candidate, FORWARD the earlier version."""

    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"


class Level(StrEnum):
    """What a subject promises; with TRANSITIVE to all its versions, without to the latest alone."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def is_transitive(self) -> bool:
        """Whether every earlier version counts."""
        return self.value.endswith("_TRANSITIVE")

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions in which two versions must be compatible."""
        kind = self.value.removesuffix("_TRANSITIVE")
        if kind == "FULL":
            return (Direction.BACKWARD, Direction.FORWARD)
        return () if kind == "NONE" else (Direction(kind),)


class Break(NamedTuple):
    """One incompatibility of a candidate with an earlier version. Its fix is about the candidate."""

    version: int
    direction: Direction
    incompatibility: Incompatibility


def check(level: Level, candidate: Schema | Json, history: Sequence[tuple[int, Schema | Json]]) -> list[Break]:
    """Return everything in which a candidate breaks the level; at least one Break for each pair that breaks.

    `history` holds versions and their schemas, oldest first. Schemas are parsed ones, JSON text, or JSON: parse
    those once that are asked about often. Raise SchemaInvalid for the candidate, and for a version that counts.
    """
    new = as_schema(candidate)
    directions = level.directions
    if not directions:
        return []
    breaks: list[Break] = []
    for version, schema in history if level.is_transitive else history[-1:]:
        old = as_schema(schema)
        for direction in directions:
            found = can_read(new, old) if direction is Direction.BACKWARD else can_read(old, new, change="writer")
            breaks.extend(Break(version, direction, finding) for finding in found)
    return breaks
