"""Reading: versions of subjects, schemas with what they reference, parsed schemas (they never change), and verdicts."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from gridctl.avro import Break, Level, Schema, SchemaInvalid, check
from gridctl.avro.jsontext import load_json
from gridctl.contracts.registry import SchemaReference
from gridctl.local.registry import documents
from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.store import Store, StoredSchema, StoredVersion

VERSION_MAX = 2**31 - 1
LATEST = -1
_CACHED_SCHEMAS = 2048


class Candidate(NamedTuple):
    """A schema that a request brought: its canonical text, its references with their versions, and its graph."""

    text: str
    references: tuple[SchemaReference, ...]
    parsed: Schema

    @property
    def digest(self) -> str:
        """What identifies the content."""
        return documents.digest(self.text, self.references)


class Lookup:
    """Questions that change nothing. Raises ApiError with Confluent's codes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        # The graphs of stored schemas by id.
        self.parsed = lru_cache(_CACHED_SCHEMAS)(self._parse_stored)

    # Versions

    def versions(self, subject: str, *, deleted: bool = False) -> list[StoredVersion]:
        """Return the versions, oldest first; the soft-deleted ones only where `deleted` asks for them."""
        return [version for version in self.store.versions(subject) if deleted or not version.deleted]

    def version(self, subject: str, number: int, *, deleted: bool = False) -> StoredVersion:
        """Return one version (LATEST: the newest); 40401 or 40402 when it is not there."""
        seen = self.versions(subject, deleted=deleted)
        if number == LATEST:
            # The newest live version; a deleted one only where nothing else is left and it was asked for.
            found = [version for version in seen if not version.deleted] or seen
        else:
            found = [version for version in seen if version.version == number]
        if found:
            return found[-1]
        if not seen:
            raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=subject)
        raise ApiError(Problem.VERSION_NOT_FOUND, version=number)

    def schema(self, schema_id: int) -> StoredSchema:
        """Return a schema by its id; 40403 when no version has it."""
        found = self.store.schema(schema_id)
        if found is None:
            raise ApiError(Problem.SCHEMA_ID_NOT_FOUND, schema_id=schema_id)
        return found

    # Candidates and parsed schemas

    def candidate(self, text: str | None, references: Sequence[SchemaReference], *, normalize: bool) -> Candidate:
        """Parse what a request brought; 42201 when it is empty or not a valid schema."""
        if text is None or not text.strip():
            raise ApiError(Problem.EMPTY_SCHEMA)
        try:
            resolved = [self._resolved(reference) for reference in references]
            document = load_json(text)
            parsed = documents.parse_document(document, self._definitions(resolved))
            canonical = documents.canonical_text(document, normalize=normalize)
        except SchemaInvalid as error:
            raise ApiError(
                Problem.INVALID_SCHEMA,
                schema=text,
                references=json.dumps([reference._asdict() for reference in references]),
                details=_located(error),
            ) from None
        return Candidate(canonical, tuple(resolved), parsed)

    def _parse_stored(self, schema_id: int) -> Schema:
        stored = self.schema(schema_id)
        return documents.parse_document(json.loads(stored.text), self._definitions(stored.references))

    def _resolved(self, reference: SchemaReference) -> SchemaReference:
        try:
            version = self.version(reference.subject, reference.version, deleted=True).version
        except ApiError:
            raise SchemaInvalid(
                f'No schema reference found for subject "{reference.subject}" and version {reference.version}'
            ) from None
        return reference._replace(version=version)

    def _definitions(self, references: Iterable[SchemaReference]) -> list[Any]:
        """Return the referenced documents, and what they reference, each once and after those that it needs."""
        found: dict[tuple[str, int], Any] = {}
        entered: set[tuple[str, int]] = set()

        def visit(reference: SchemaReference) -> None:
            key = (reference.subject, reference.version)
            if key in entered:
                return
            entered.add(key)
            resolved = self._resolved(reference)
            stored = self.schema(self.version(resolved.subject, resolved.version, deleted=True).schema_id)
            for inner in stored.references:
                visit(inner)
            found[key] = json.loads(stored.text)

        for reference in references:
            visit(reference)
        return list(found.values())


def _located(error: SchemaInvalid) -> str:
    if error.line is not None:
        return f"{error.message}: line {error.line} column {error.column}"
    return f"{error.message} (at {error.path})" if error.path else error.message


def objections(lookup: Lookup, level: Level, candidate: Candidate, history: Sequence[StoredVersion]) -> list[str]:
    """Return what is incompatible, in the words that Confluent's clients print, oldest broken version first."""
    parsed = [(version.version, lookup.parsed(version.schema_id)) for version in history]
    breaks = check(level, candidate.parsed, parsed)
    messages: list[str] = []
    for version in history:
        found = [entry for entry in breaks if entry.version == version.version]
        if found:
            messages += [_message(entry) for entry in found]
            messages.append(f"{{oldSchemaVersion: {version.version}}}")
            messages.append(f"{{oldSchema: '{lookup.schema(version.schema_id).text}'}}")
    if messages:
        messages.append(f"{{validateFields: 'false', compatibility: '{level}'}}")
    return messages


def _message(entry: Break) -> str:
    problem = entry.incompatibility
    return (
        f"{{errorType:'{problem.rule.upper()}', description:'{problem.message} (path '{problem.path or '/'}', "
        f"version {entry.version}, {entry.direction})', additionalInfo:'{problem.fix}'}}"
    )
