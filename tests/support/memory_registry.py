"""The registry port in memory, for unit tests: the same promises, no server, no soft deletes, no global level."""

import json
from collections.abc import Sequence
from typing import Any

from gridctl.avro import Level, Schema, SchemaInvalid, check, parse
from gridctl.contracts.registry import SchemaReference, SchemaVersion
from gridctl.errors import UsageProblem, ViolationFound

DEFAULT_LEVEL = Level.BACKWARD_TRANSITIVE


class MemoryRegistry:
    """Implements SchemaRegistry. Schemas are the same when their JSON is, whatever the order and the blanks."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, tuple[SchemaReference, ...]], int] = {}
        self._subjects: dict[str, list[SchemaVersion]] = {}
        self._levels: dict[str, Level] = {}

    def find(self, subject: str, schema: str) -> SchemaVersion | None:
        """Return the version of the subject that holds this schema, or None."""
        try:
            wanted = _key(schema)
        except ValueError:
            return None
        versions = self._subjects.get(subject, [])
        return next((version for version in versions if _key(version.schema) == wanted), None)

    def schema_by_id(self, schema_id: int) -> str | None:
        """Return the schema text of an id, or None."""
        versions = (version for versions in self._subjects.values() for version in versions)
        return next((version.schema for version in versions if version.schema_id == schema_id), None)

    def subjects(self) -> list[str]:
        """Return all subjects, sorted."""
        return sorted(self._subjects)

    def versions(self, subject: str) -> list[SchemaVersion]:
        """Return all versions of a subject, oldest first."""
        return list(self._subjects.get(subject, ()))

    def register(self, subject: str, schema: str, references: Sequence[SchemaReference] = ()) -> SchemaVersion:
        """Register, or return the version that holds the schema; ViolationFound when incompatible."""
        try:
            candidate = parse(schema, self._definitions(references))
        except SchemaInvalid as error:
            raise _invalid(subject, error.message) from error
        known = self.find(subject, schema)
        if known is not None:
            return known
        versions = self._subjects.get(subject, [])
        self._require_compatible(subject, candidate, versions)
        schema_id = self._ids.setdefault((_key(schema), tuple(references)), len(self._ids) + 1)
        added = SchemaVersion(subject, len(versions) + 1, schema_id, schema, tuple(references))
        self._subjects.setdefault(subject, []).append(added)
        return added

    def level(self, subject: str) -> str | None:
        """Return the subject's own compatibility level, or None when it has none."""
        return self._levels.get(subject)

    def set_level(self, subject: str, level: str) -> None:
        """Set the subject's own compatibility level; UsageProblem when there is no such level."""
        if level not in Level.__members__:
            raise UsageProblem(f"{level} is not a compatibility level", next_step=f"use one of {', '.join(Level)}")
        self._levels[subject] = Level(level)

    def _require_compatible(self, subject: str, candidate: Schema, versions: Sequence[SchemaVersion]) -> None:
        history = [
            (version.version, parse(version.schema, self._definitions(version.references))) for version in versions
        ]
        breaks = check(self._levels.get(subject, DEFAULT_LEVEL), candidate, history)
        if breaks:
            words = "; ".join(f"version {entry.version}: {entry.incompatibility.message}" for entry in breaks)
            raise ViolationFound(
                f"the schema is incompatible with earlier versions of {subject}: {words}",
                next_step=f"change the schema: {breaks[0].incompatibility.fix}",
            )

    def _definitions(self, references: Sequence[SchemaReference]) -> list[Any]:
        """Return the documents that the references define, each after those that it needs and each once."""
        found: dict[tuple[str, int], Any] = {}
        self._collect(references, found)
        return list(found.values())

    def _collect(self, references: Sequence[SchemaReference], found: dict[tuple[str, int], Any]) -> None:
        for reference in references:
            versions = self._subjects.get(reference.subject, ())
            version = next((known for known in versions if known.version == reference.version), None)
            if version is None:
                raise _invalid(reference.subject, f"version {reference.version} is referenced and not there")
            self._collect(version.references, found)
            found.setdefault((reference.subject, reference.version), json.loads(version.schema))


def _key(schema: str) -> str:
    return json.dumps(json.loads(schema), sort_keys=True)


def _invalid(subject: str, words: str) -> UsageProblem:
    return UsageProblem(f"the schema for {subject} is not valid: {words}", next_step="fix the schema")
