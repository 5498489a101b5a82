"""Compatibility, in the words that Confluent's clients print."""

from collections.abc import Sequence

from gridctl.avro import Break, Level, check
from gridctl.local.registry.lookup import Candidate, Lookup
from gridctl.local.registry.store import StoredVersion


def objections(lookup: Lookup, level: Level, candidate: Candidate, history: Sequence[StoredVersion]) -> list[str]:
    """Return what speaks against a candidate, oldest broken version first; empty when it is compatible."""
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
